package workspace

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// setRoots is the remedy for everything that a buf.yaml has and a workspace not.
const setRoots = "set roots in " + FileName + ", and buf.yaml is not read for them"

// bufModule is an entry of modules in a buf.yaml v2.
type bufModule struct {
	path, name text
	excludes   []text
}

// bufRoots returns the roots that a buf.yaml v2 in the workspace sets, and nil
// where there is none. It fills the workspace's Excludes and, if it may name the
// modules and there are several, its BufModules.
func (r *reader) bufRoots(w *Workspace, modules bool) ([]text, error) {
	if w.BufYAML == "" {
		return nil, nil
	}
	data, size, err := readFile(filepath.Join(w.Dir, w.BufYAML))
	if err != nil {
		return nil, err
	}
	b := newReader(w.BufYAML, data)
	list := b.bufModules(size)
	var roots []text
	for _, m := range list {
		roots = append(roots, m.path)
		w.Excludes = append(w.Excludes, values(m.excludes)...)
	}
	if modules && len(list) > 1 {
		w.BufModules = b.bufNames(list, w.Name)
	}
	for i, d := range b.faults {
		switch {
		case d.Help == "":
			b.faults[i].Help = setRoots
		case !strings.Contains(d.Help, FileName):
			b.faults[i].Help += ", or " + setRoots
		}
	}
	r.faults = append(r.faults, b.faults...)
	if roots == nil && len(b.faults) > 0 {
		// Not nil: the default would be a second fault for one mistake.
		roots = []text{}
	}
	return roots, nil
}

// bufModules returns the modules of a buf.yaml v2, nil for another version's. All
// that they do not need is buf's own to check.
func (r *reader) bufModules(size int64) []bufModule {
	root := r.document(size)
	if root == nil {
		return nil
	}
	entries, ok := r.entries(root, "the file")
	if !ok {
		return nil
	}
	version := text{}
	var list ast.Node
	for _, e := range entries {
		switch e.key.value {
		case "version":
			version, _ = r.text(e.value, "version")
		case "modules":
			list = e.value
		}
	}
	switch version.value {
	case "v2":
	case "", "v1", "v1beta1":
		return nil
	default:
		r.fault(version.pos, setRoots, "version %q is not known: want %q, %q or %q", version.value, "v1beta1", "v1", "v2")
		return nil
	}
	whole := bufModule{path: text{".", r.at(root)}}
	if list == nil || list.Type() == ast.NullType {
		return []bufModule{whole}
	}
	var modules []bufModule
	seen := map[string]bool{}
	items := r.items(list, "modules", "a list of modules")
	for _, item := range items {
		m, ok := r.bufModule(item)
		if !ok {
			continue
		}
		if seen[m.path.value] {
			r.fault(m.path.pos, "set roots and modules in "+FileName, "the path %q is listed twice: a root is one module", m.path.value)
			continue
		}
		seen[m.path.value] = true
		modules = append(modules, m)
	}
	if len(items) == 0 && len(r.faults) == 0 {
		return []bufModule{whole}
	}
	return modules
}

// bufModule reads an entry of modules. The path's place is the entry's where it
// has no path of its own.
func (r *reader) bufModule(n ast.Node) (bufModule, bool) {
	m := bufModule{path: text{".", r.at(n)}}
	entries, ok := r.entries(n, "an entry of modules")
	for _, e := range entries {
		if e.value.Type() == ast.NullType {
			continue
		}
		switch e.key.value {
		case "path":
			t, valid := r.text(e.value, "path")
			if !valid {
				ok = false
				continue
			}
			folder, err := cleanFolder(t.value)
			if err != nil {
				r.fault(t.pos, "", "path %q %v", t.value, err)
				ok = false
			}
			m.path = text{folder, t.pos}
		case "name":
			m.name, _ = r.text(e.value, "name")
		case "excludes":
			m.excludes = r.folders(e.value, "excludes")
		case "includes":
			r.fault(e.key.pos, setRoots, "productinfo does not know includes")
		}
	}
	return m, ok
}

// bufNames names modules, the one in the workspace's folder like the workspace.
func (r *reader) bufNames(list []bufModule, workspace string) []BufModule {
	var modules []BufModule
	roots := map[string]string{}
	for _, m := range list {
		name, pos := workspace, m.path.pos
		switch {
		case m.name.value != "":
			name, pos = path.Base(m.name.value), m.name.pos
		case m.path.value != ".":
			name = DefaultName(m.path.value)
		}
		if !r.validName(text{name, pos}, "module name") {
			continue
		}
		if root, taken := roots[name]; taken {
			r.fault(pos, "give the entry a name, or set roots and modules in "+FileName,
				"module %q is named like that of %q", name, root)
			continue
		}
		roots[name] = m.path.value
		modules = append(modules, BufModule{Root: m.path.value, Name: name, Pos: m.path.pos})
	}
	return modules
}

package workspace

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/productinfo/productinfo/internal/diag"
)

// workspace fills w from the file's mapping. Faults go to the reader; the error
// is one of reading folders or buf.yaml.
func (r *reader) workspace(w *Workspace, root ast.Node) error {
	var roots, vendor []text
	var target goTarget
	readTargets := false
	// A key that is there with a faulty value must not be taken for absent.
	hasRoots, hasModules := false, false
	tools := defaultTools()
	w.Name = DefaultName(w.Dir)
	w.Check = Check{Lint: []string{"STANDARD"}, Breaking: []string{"PACKAGE"}}

	found := r.mapping(root, "",
		field{"version", r.version},
		field{"name", func(n ast.Node, path string) {
			if t, ok := r.text(n, path); ok && r.validName(t, path) {
				w.Name = t.value
			}
		}},
		field{"roots", func(n ast.Node, path string) {
			hasRoots = true
			r.some(n, path, "list a folder or remove the key")
			roots = r.folders(n, path)
		}},
		field{"vendor", func(n ast.Node, path string) { vendor = r.folders(n, path) }},
		field{"modules", func(n ast.Node, path string) {
			hasModules = true
			r.some(n, path, "remove the key to have one module of all roots")
			w.Modules = r.patterns(n, path)
			for _, p := range w.Modules {
				r.moduleName(p)
			}
		}},
		field{"unstable", func(n ast.Node, path string) { w.Unstable = r.patterns(n, path) }},
		field{"targets", func(n ast.Node, path string) {
			readTargets = true
			target.read(r, n, path)
		}},
		field{"check", func(n ast.Node, path string) { r.check(&w.Check, n, path) }},
		field{"tools", func(n ast.Node, path string) { r.tools(tools, n, path) }},
	)
	if found == nil {
		return nil
	}
	if _, ok := found["version"]; !ok {
		r.fault(r.at(root), "add `version: 1`", "version is missing")
	}
	if _, ok := found["targets"]; ok && !readTargets {
		target.hasModule = true
	}
	w.Go = target.finish(r, tools, firstKnown(target.pos, found["targets"], r.at(root)))
	w.Tools = tools.sorted()

	missing := "root %q does not exist"
	if !hasRoots {
		var err error
		if roots, err = r.bufRoots(w, !hasModules); err != nil {
			return err
		}
		if roots == nil {
			roots = []text{{"proto", r.at(root)}}
			missing = "root %q, the default, does not exist"
		}
	}
	if err := r.exist(w.Dir, roots, missing, "make the folder or set roots to those that hold the protos"); err != nil {
		return err
	}
	if err := r.exist(w.Dir, vendor, "vendor folder %q does not exist", "make the folder or correct vendor"); err != nil {
		return err
	}
	if err := r.files(w.Dir, target.inputs); err != nil {
		return err
	}
	r.apart(roots, vendor, w.Excludes)
	w.Roots, w.Vendor = values(roots), values(vendor)
	return nil
}

// version accepts the number 1.
func (r *reader) version(n ast.Node, path string) {
	number, ok := n.(*ast.IntegerNode)
	if !ok {
		r.wrong(n, path, "the number 1")
		return
	}
	if number.Value != uint64(1) {
		r.fault(r.at(n), "", "version %s is not known: this productinfo reads version 1", number.Token.Value)
	}
}

// check reads the section that names buf's rules.
func (r *reader) check(c *Check, n ast.Node, path string) {
	const help = "remove the key for the default"
	r.mapping(n, path,
		field{"lint", func(n ast.Node, path string) { r.some(n, path, help); c.Lint = r.rules(n, path) }},
		field{"except", func(n ast.Node, path string) { c.Except = r.rules(n, path) }},
		field{"breaking", func(n ast.Node, path string) { r.some(n, path, help); c.Breaking = r.rules(n, path) }},
	)
}

// rules reads names of buf's categories and rules. Which of them there are is for
// buf to say: it depends on its version.
func (r *reader) rules(n ast.Node, path string) []string {
	list := r.textOrTexts(n, path)
	for i, t := range list {
		upper := strings.ToUpper(strings.ReplaceAll(t.value, "-", "_"))
		switch {
		case !isRule(t.value) && isRule(upper):
			r.fault(t.pos, "", "%q is no category or rule of buf: did you mean %q?", t.value, upper)
		case !isRule(t.value):
			r.fault(t.pos, "write a name such as STANDARD or ENUM_ZERO_VALUE_SUFFIX", "%q is no category or rule of buf", t.value)
		case slices.ContainsFunc(list[:i], func(u text) bool { return u.value == t.value }):
			r.fault(t.pos, "", "%s lists %q twice", path, t.value)
		}
	}
	return values(list)
}

// isRule reports whether s has the form of buf's rules.
func isRule(s string) bool {
	for i := range len(s) {
		letter := 'A' <= s[i] && s[i] <= 'Z'
		further := s[i] == '_' || '0' <= s[i] && s[i] <= '9'
		if !letter && (i == 0 || !further) {
			return false
		}
	}
	return s != ""
}

// values returns the strings without their places; nil for none.
func values(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.value)
	}
	return out
}

// firstKnown returns the first position that is known.
func firstKnown(positions ...diag.Position) diag.Position {
	for _, p := range positions {
		if p.Line > 0 {
			return p
		}
	}
	return diag.Position{}
}

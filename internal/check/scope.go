package check

import (
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The sections of a buf.yaml.
const (
	sectionLint     = "lint"
	sectionBreaking = "breaking"
)

const (
	// ownConfig is where the configuration is when there is no buf.yaml.
	ownConfig = "productinfo.yaml"
	// ruleConfig is the rule of a ConfigError.
	ruleConfig = "check-config"
)

// scope is a set of files that one configuration applies to: the unit of a run.
type scope struct {
	// section is sectionLint or sectionBreaking.
	section string
	// config is the content of the buf.yaml to run by.
	config []byte
	// source is the user's file that the configuration comes from, relative to the
	// workspace, for errors.
	source string
	// overlay is the folder whose files buf must find beside its configuration,
	// absolute, or "".
	overlay string
	names   map[string]bool
}

func (s scope) contains(importPath string) bool { return s.names[importPath] }

// placed is a file to check and where it stands.
type placed struct {
	name string
	// file and root are the file's path and that of its import root, relative to
	// the folder of buf.yaml.
	file, root string
}

// scopes sorts the files of an image, and of the baseline it is compared with,
// into scopes.
func (r *Runner) scopes(cfg Config, section string, now, before imageFiles) ([]scope, error) {
	var unstable []string
	if section == sectionBreaking {
		var err error
		if unstable, err = cfg.unstableFiles(now, before); err != nil {
			return nil, err
		}
	}
	if cfg.BufYAML != "" {
		return r.userScopes(cfg, section, now, before, unstable)
	}
	body := map[string]any{}
	switch section {
	case sectionLint:
		body["use"], body["except"] = cfg.Lint, cfg.Except
	case sectionBreaking:
		body["use"], body["ignore"] = cfg.Breaking, unstable
		body["ignore_unstable_packages"] = cfg.IgnoreUnstable
	}
	config, err := json.Marshal(map[string]any{"version": "v2", section: body})
	if err != nil {
		return nil, err
	}
	s := scope{section: section, config: config, source: ownConfig, names: map[string]bool{}}
	for _, f := range slices.Concat(now, before) {
		if !f.imported {
			s.names[f.name] = true
		}
	}
	if len(s.names) == 0 {
		return nil, nil
	}
	return []scope{s}, nil
}

// userScopes derives the scopes from the user's buf.yaml.
func (r *Runner) userScopes(cfg Config, section string, now, before imageFiles, unstable []string) ([]scope, error) {
	user, err := r.readBufYAML(cfg.BufYAML)
	if err != nil {
		return nil, err
	}
	type key struct {
		module int
		root   string
	}
	groups := map[key][]placed{}
	for _, f := range r.place(user.dir, now, before) {
		module, excluded := user.module(f.file)
		if !excluded {
			k := key{module, f.root}
			groups[k] = append(groups[k], f)
		}
	}
	var scopes []scope
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.module, b.module), cmp.Compare(a.root, b.root))
	})
	for _, k := range keys {
		group := groups[k]
		config, err := user.derive(section, k.module, k.root, group, cfg.IgnoreUnstable, unstable)
		if err != nil {
			return nil, err
		}
		if config == nil {
			continue
		}
		s := scope{section: section, config: config, source: user.name, names: map[string]bool{}}
		if user.extended() {
			s.overlay = user.folder
		}
		for _, f := range group {
			s.names[f.name] = true
		}
		scopes = append(scopes, s)
	}
	return scopes, nil
}

// place finds out where the files to check stand. A file of the baseline that is
// no longer in the workspace is placed beside one that was near it.
func (r *Runner) place(bufDir string, now, before imageFiles) []placed {
	var found []placed
	roots := map[string]string{}
	var lost []string
	seen := map[string]bool{}
	for _, f := range slices.Concat(now, before) {
		if f.imported || seen[f.name] {
			continue
		}
		seen[f.name] = true
		located := r.locate(f.name)
		if located == "" && r.LocateBaseline != nil {
			located = r.LocateBaseline(f.name)
		}
		if located == "" {
			lost = append(lost, f.name)
			continue
		}
		file := relative(bufDir, located)
		root := "."
		if rest, ok := strings.CutSuffix(file, f.name); ok && (rest == "" || strings.HasSuffix(rest, "/")) {
			root = path.Clean(rest)
		}
		found = append(found, placed{f.name, file, root})
		for dir := path.Dir(f.name); ; dir = path.Dir(dir) {
			if _, ok := roots[dir]; !ok {
				roots[dir] = root
			}
			if dir == "." || dir == "/" {
				break
			}
		}
	}
	for _, name := range lost {
		root := "."
		for dir := path.Dir(name); ; dir = path.Dir(dir) {
			if near, ok := roots[dir]; ok {
				root = near
				break
			}
			if dir == "." || dir == "/" {
				break
			}
		}
		found = append(found, placed{name, path.Join(root, name), root})
	}
	return found
}

// relative returns a workspace path relative to a folder of the workspace.
func relative(dir, file string) string {
	rel, err := filepath.Rel(filepath.FromSlash(dir), filepath.FromSlash(file))
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}

// within reports whether a path is dir or below it.
func within(dir, file string) bool {
	return dir == "." || dir == file || strings.HasPrefix(file, dir+"/")
}

// module returns the index of the module that a file belongs to, by the longest
// path that fits: -1 when it is in none. A file that its only modules exclude is
// excluded.
func (u *bufYAML) module(file string) (index int, excluded bool) {
	index = -1
	length := -1
	for i, m := range u.Modules {
		if !within(m.Path, file) {
			continue
		}
		holds := func(dir string) bool { return within(path.Clean(dir), file) }
		if len(m.Includes) > 0 && !slices.ContainsFunc(m.Includes, holds) || slices.ContainsFunc(m.Excludes, holds) {
			excluded = true
			continue
		}
		if len(m.Path) > length {
			index, length = i, len(m.Path)
		}
	}
	if index >= 0 {
		excluded = false
	} else if !excluded {
		excluded = slices.ContainsFunc(u.Build.Excludes, func(dir string) bool { return within(path.Clean(dir), file) })
	}
	return index, excluded
}

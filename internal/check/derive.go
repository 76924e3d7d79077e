package check

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/productinfo/productinfo/internal/diag"
)

// derive returns the content of a buf.yaml that means for an image's files what
// the user's means for one module's, below one import root. It is nil when the
// user's ignores all of them.
func (u *bufYAML) derive(section string, module int, root string, group []placed, ignoreUnstable bool, unstable []string) ([]byte, error) {
	config := map[string]any{"version": u.Version}
	if u.Plugins != nil {
		config["plugins"] = u.Plugins
	}
	if u.Policies != nil {
		config["policies"] = u.Policies
	}
	for _, name := range []string{sectionLint, sectionBreaking} {
		body, own := u.section(name, module)
		moduleDir := "."
		if module >= 0 {
			moduleDir = u.Modules[module].Path
		}
		paths := pathMap{
			file: u.name, section: name, module: moduleDir, root: root, own: own,
			verbatim: u.Version == "v1beta1" && len(u.Build.Roots) > 0,
		}
		derived, ignored, err := paths.derive(body, group)
		if err != nil {
			return nil, err
		}
		if ignored && name == section {
			return nil, nil
		}
		if name == sectionBreaking {
			if _, said := derived["ignore_unstable_packages"]; !said && ignoreUnstable {
				derived["ignore_unstable_packages"] = true
			}
			if len(unstable) > 0 {
				ignore, _ := derived["ignore"].([]string)
				derived["ignore"] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(ignore, unstable))))
			}
		}
		if len(derived) > 0 {
			config[name] = derived
		}
	}
	return json.Marshal(config)
}

// pathMap turns the paths of a section, which are relative to buf.yaml, into
// import paths.
type pathMap struct {
	// file and section name the section in errors.
	file, section string
	// module and root are the folders of the module and of the import root.
	module, root string
	// own tells that the section is the module's own, so that its paths must be
	// inside the module.
	own bool
	// verbatim tells that the paths are import paths already.
	verbatim bool
}

// derive returns a copy of a section with its paths changed. ignored tells that
// the section ignores everything.
func (p pathMap) derive(body map[string]any, group []placed) (derived map[string]any, ignored bool, err error) {
	derived = map[string]any{}
	for key, value := range body {
		switch key {
		case "ignore":
			paths, all, err := p.paths("ignore", value)
			if err != nil {
				return nil, false, err
			}
			ignored = all
			derived[key] = paths
		case "ignore_only":
			rules, ok := value.(map[string]any)
			if !ok {
				derived[key] = value // buf says what is wrong with it.
				continue
			}
			only := map[string][]string{}
			for rule, value := range rules {
				paths, all, err := p.paths("ignore_only."+rule, value)
				if err != nil {
					return nil, false, err
				}
				if all {
					for _, f := range group {
						paths = append(paths, f.name)
					}
				}
				if len(paths) > 0 {
					only[rule] = slices.Compact(slices.Sorted(slices.Values(paths)))
				}
			}
			derived[key] = only
		default:
			derived[key] = value
		}
	}
	return derived, ignored, nil
}

// paths turns one list of paths into import paths, and tells whether it covers
// the whole root. Paths elsewhere are dropped.
func (p pathMap) paths(field string, value any) (paths []string, all bool, err error) {
	list, ok := value.([]any)
	if !ok && value != nil {
		return nil, false, p.fault("%s: want a list of paths", field)
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || path.IsAbs(text) {
			return nil, false, p.fault("%s: %v is not a path relative to the file", field, item)
		}
		file := path.Clean(text)
		switch {
		case p.verbatim:
			paths = append(paths, file)
		case !within(p.module, file):
			if p.own {
				return nil, false, p.fault("%s: path %q is not inside the module's folder %q", field, text, p.module)
			}
		case within(file, p.root):
			all = true
		case within(p.root, file):
			paths = append(paths, relative(p.root, file))
		}
	}
	return paths, all, nil
}

func (p pathMap) fault(format string, args ...any) error {
	return &ConfigError{diag.Diagnostic{
		Rule: ruleConfig, Position: diag.Position{File: p.file}, Message: p.section + "." + fmt.Sprintf(format, args...),
	}}
}

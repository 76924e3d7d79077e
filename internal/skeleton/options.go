package skeleton

import (
	"fmt"
	"strings"
)

// Options are the plugin's own parameters. The zero value is ready for use, and
// Set is fit for protogen.Options.ParamFunc.
type Options struct {
	// ModulePaths are the Go modules that generated packages may belong to. A
	// package belongs to the one with the longest path that its import path
	// equals or lies below. Without any, the module is the one that protogen's
	// parameter module names, else the package's import path itself.
	ModulePaths []string
}

// Set sets the parameter called name, as given with --productinfo_opt. The
// parameter module_path may be given many times.
func (o *Options) Set(name, value string) error {
	switch name {
	case "module_path":
		if value == "" || strings.Trim(value, "/") != value || strings.ContainsAny(value, " \t\\\"") {
			return fmt.Errorf("parameter module_path: %q is no Go module path: want one such as %q", value, "example.com/apis/shop")
		}
		o.ModulePaths = append(o.ModulePaths, value)
		return nil
	default:
		return fmt.Errorf("unknown parameter %q: want %q, or one of all Go plugins (%q, %q, %q or %q)",
			name, "module_path", "paths", "module", "M<file>", "annotate_code")
	}
}

// modulePath returns the path of the module that holds the package importPath.
// parameter is the request's, for protogen keeps its own parameters to itself.
func (o Options) modulePath(parameter, importPath string) (string, error) {
	paths := o.ModulePaths
	if len(paths) == 0 {
		for param := range strings.SplitSeq(parameter, ",") {
			if module, ok := strings.CutPrefix(param, "module="); ok && module != "" {
				paths = append(paths, module)
			}
		}
	}
	if len(paths) == 0 {
		return importPath, nil
	}
	best := ""
	for _, path := range paths {
		if (importPath == path || strings.HasPrefix(importPath, path+"/")) && len(path) > len(best) {
			best = path
		}
	}
	if best == "" {
		return "", fmt.Errorf("the Go package %q lies below none of the modules %q: correct go_package or the parameter module_path", importPath, paths)
	}
	return best, nil
}

package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
)

// packages holds the go_package that each file is generated with.
type packages struct {
	image    *schema.Image
	assigned map[string]string
}

// assign gives each file of the modules, and each that these import, its Go
// package. A file that cannot have one is a fault, as are files of one Go package
// that would call it by different names.
func assign(image *schema.Image, modules []module.Module) (*packages, error) {
	p := &packages{image: image, assigned: make(map[string]string)}
	var faults diag.List
	var roots []string
	for i := range modules {
		m := &modules[i]
		named := make(map[string]*schema.File)
		for _, file := range m.Files {
			f := image.File(file)
			folder := path.Dir(file)
			if m.Folder != "" {
				folder = strings.TrimPrefix(strings.TrimPrefix(folder, m.Folder), "/")
			}
			assigned := generate.GoPackage(m.GoPath, folder, f.Package, f.GoPackage)
			p.assigned[file] = assigned
			goImport := generate.GoImportPath(assigned)
			if other, ok := named[goImport]; ok && p.assigned[other.Path] != assigned {
				faults = append(faults, diag.Diagnostic{
					Rule:     "go-package",
					Position: diag.Position{File: f.Name},
					Message: fmt.Sprintf("go_package %q and that of %s, %q, name one Go package differently",
						assigned, other.Name, p.assigned[other.Path]),
					Help: "files of one folder belong into one proto package: move the file",
				})
			}
			named[goImport] = f
		}
		roots = append(roots, m.Files...)
	}
	for _, f := range image.Closure(roots) {
		if _, ok := p.assigned[f.Path]; ok {
			continue
		}
		if f.GoPackage == "" {
			faults = append(faults, diag.Diagnostic{
				Rule:     "go-package",
				Position: diag.Position{File: f.Name},
				Message:  fmt.Sprintf("%q is imported but has no go_package, and belongs to no module that could give it one", f.Path),
				Help:     `add option go_package = "the Go package that its messages are in" to the file, or move it below a root`,
			})
			continue
		}
		p.assigned[f.Path] = f.GoPackage
	}
	if len(faults) > 0 {
		faults.Sort()
		return nil, slices.Clip(faults)
	}
	return p, nil
}

// Package module divides a workspace's files into modules.
//
// A module is the unit of versioning and publishing: the files below one folder,
// or, where the configuration names no folders, all of a workspace's. The package
// is pure: it reads no file and knows no clock.
package module

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/workspace"
)

// Module is a set of files that is versioned together.
type Module struct {
	// Name is unique in the workspace and the last element of its Go path.
	Name string
	// Folder is the folder that holds the module, as an import path. It is empty
	// when the module is all of one root or of all roots.
	Folder string
	// Root is the import root that is the module, where the modules are those of
	// a buf.yaml, and empty otherwise.
	Root string
	// GoPath is the path of the Go module that it is generated into.
	GoPath string
	// Files are the import paths of its files, sorted.
	Files []string
}

// File is one of the workspace's own files.
type File struct {
	// Path is the import path, Name the path relative to the workspace.
	Path string
	Name string
}

// Contains reports whether a file belongs to the module, which need not know it.
func (m Module) Contains(file File) bool {
	switch {
	case m.Folder != "":
		return strings.HasPrefix(file.Path, m.Folder+"/")
	case m.Root != "" && m.Root != ".":
		return strings.HasPrefix(file.Name, m.Root+"/")
	default:
		return true
	}
}

// Split divides files, sorted by path, into modules, sorted by name. Patterns
// that match nothing, modules that overlap or share a name, and files that are in
// no module are a *workspace.Error.
func Split(ws *workspace.Workspace, files []File) ([]Module, error) {
	var modules []Module
	var faults diag.List
	switch {
	case len(ws.BufModules) > 0:
		modules = byRoot(ws.BufModules, files)
	case len(ws.Modules) > 0:
		modules, faults = byPattern(ws.Modules, files)
	default:
		whole := Module{Name: ws.Name}
		for _, file := range files {
			whole.Files = append(whole.Files, file.Path)
		}
		modules = []Module{whole}
	}
	faults = append(faults, names(modules)...)
	if len(faults) > 0 {
		faults.Sort()
		return nil, &workspace.Error{List: faults}
	}
	slices.SortFunc(modules, func(a, b Module) int { return cmp.Compare(a.Name, b.Name) })
	for i := range modules {
		modules[i].GoPath = ws.Go.Module + "/" + modules[i].Name
	}
	return modules, nil
}

func byRoot(roots []workspace.BufModule, files []File) []Module {
	var modules []Module
	for _, root := range roots {
		m := Module{Name: root.Name, Root: root.Root}
		for _, file := range files {
			if m.Contains(file) {
				m.Files = append(m.Files, file.Path)
			}
		}
		if len(m.Files) > 0 {
			modules = append(modules, m)
		}
	}
	return modules
}

func byPattern(patterns []workspace.Pattern, files []File) ([]Module, diag.List) {
	var faults diag.List
	folders := foldersOf(files)
	chosen := make(map[string]workspace.Pattern)
	for _, pattern := range patterns {
		matched := false
		for _, folder := range folders {
			if pattern.Match(folder) {
				matched = true
				if _, ok := chosen[folder]; !ok {
					chosen[folder] = pattern
				}
			}
		}
		if !matched {
			faults = append(faults, diag.Diagnostic{
				Position: pattern.Pos,
				Message:  fmt.Sprintf("module pattern %q matches no folder that holds protos", pattern.Glob),
				Help:     "patterns are matched against folders below a root; these hold protos: " + some(folders),
			})
		}
	}
	var modules []Module
	for _, folder := range folders {
		pattern, ok := chosen[folder]
		if !ok {
			continue
		}
		for outer := path.Dir(folder); outer != "."; outer = path.Dir(outer) {
			if other, ok := chosen[outer]; ok {
				faults = append(faults, diag.Diagnostic{
					Position: pattern.Pos,
					Message:  fmt.Sprintf("modules %q and %q overlap (patterns %q and %q)", outer, folder, other.Glob, pattern.Glob),
					Help:     "a file belongs to one module: change one of the patterns",
				})
			}
		}
		modules = append(modules, Module{Name: path.Base(folder), Folder: folder})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	var homeless []File
	for _, file := range files {
		i := slices.IndexFunc(modules, func(m Module) bool { return m.Contains(file) })
		if i < 0 {
			homeless = append(homeless, file)
			continue
		}
		modules[i].Files = append(modules[i].Files, file.Path)
	}
	for _, file := range homeless {
		faults = append(faults, diag.Diagnostic{
			Position: diag.Position{File: file.Name},
			Message:  "file is in no module",
			Help:     "add a pattern that matches its folder to modules, or, if it is only to be imported, move it below a folder of vendor",
		})
	}
	return modules, faults
}

// names checks what modules are called: names come from folders, which nobody
// has checked before.
func names(modules []Module) diag.List {
	var faults diag.List
	seen := make(map[string]Module)
	for _, m := range modules {
		if err := workspace.CheckName(m.Name); err != nil {
			faults = append(faults, diag.Diagnostic{
				Position: diag.Position{File: workspace.FileName},
				Message:  fmt.Sprintf("module %q: %v", m.Name, err),
				Help:     "rename the folder " + m.Folder,
			})
		}
		if other, ok := seen[m.Name]; ok {
			faults = append(faults, diag.Diagnostic{
				Position: diag.Position{File: workspace.FileName},
				Message:  fmt.Sprintf("two modules are called %q: %s and %s", m.Name, other.Folder, m.Folder),
				Help:     "a module is called by its folder's last element: rename one of the folders",
			})
		}
		seen[m.Name] = m
	}
	return faults
}

// foldersOf returns each folder that holds a file, and the folders that hold
// these, sorted.
func foldersOf(files []File) []string {
	seen := make(map[string]bool)
	var folders []string
	for _, file := range files {
		for folder := path.Dir(file.Path); folder != "." && !seen[folder]; folder = path.Dir(folder) {
			seen[folder] = true
			folders = append(folders, folder)
		}
	}
	slices.Sort(folders)
	return folders
}

// some joins the first few of a list.
func some(list []string) string {
	const few = 8
	if len(list) > few {
		return strings.Join(list[:few], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

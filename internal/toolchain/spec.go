package toolchain

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Spec is what the workspace wants a tool to be: a Go package at a version, or a
// program by its path.
type Spec struct {
	// Name is what the workspace calls the tool.
	Name string
	// Package and Version are a Go package path and a full version, "v1.2.3".
	Package, Version string
	// Path is the program's path: absolute, or relative to the workspace.
	Path string
}

var (
	specName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	majorElement = regexp.MustCompile(`^v[0-9]+$`)
)

// ParseSpec reads a tool's pin: "go/package/path@v1.2.3", or a program's path that
// starts with "./", "../" or "/". A version must be a full one, since what a branch
// or "latest" means changes. The configuration's reader accepts the same.
func ParseSpec(name, text string) (Spec, error) {
	spec := Spec{Name: name}
	if !specName.MatchString(name) {
		return spec, fmt.Errorf("tool name %q: want letters, digits, dots, dashes and underscores", name)
	}
	if strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../") || strings.HasPrefix(text, "/") {
		if base := path.Base(text); base == "." || base == ".." || strings.HasSuffix(text, "/") {
			return spec, fmt.Errorf("tool %q: %q is a folder, not a program", name, text)
		}
		spec.Path = text
		return spec, nil
	}
	pkg, version, ok := strings.Cut(text, "@")
	if !ok {
		return spec, fmt.Errorf("tool %q: %q has no version: want a Go package with its version (\"example.com/cmd/%s@v1.2.3\") or a path that starts with \"./\", \"../\" or \"/\"",
			name, text, name)
	}
	if err := module.CheckImportPath(pkg); err != nil {
		return spec, fmt.Errorf("tool %q: %w", name, err)
	}
	if first, _, _ := strings.Cut(pkg, "/"); !strings.Contains(first, ".") {
		return spec, fmt.Errorf("tool %q: %q is no package that can be downloaded: missing dot in first path element", name, pkg)
	}
	if !semver.IsValid(version) || module.CanonicalVersion(version) != version {
		return spec, fmt.Errorf("tool %q: version %q is not a full version such as \"v1.2.3\"; `go list -m module@%s` tells which one it is now",
			name, version, version)
	}
	spec.Package, spec.Version = pkg, version
	return spec, nil
}

// String returns the pin as ParseSpec reads it.
func (s Spec) String() string {
	if s.Path != "" {
		return s.Path
	}
	return s.Package + "@" + s.Version
}

// label names the tool in progress and errors.
func (s Spec) label() string {
	if s.Path != "" {
		return s.Name
	}
	return s.Name + " " + s.Version
}

// programName is the file name that `go install` gives the program.
func (s Spec) programName() string {
	base := path.Base(s.Package)
	// A major version's element is not a name: example.com/tool/v2 is "tool".
	if dir := path.Dir(s.Package); majorElement.MatchString(base) && dir != "." {
		base = path.Base(dir)
	}
	if runtime.GOOS == "windows" {
		base += ".exe"
	}
	return base
}

package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/mod/module"

	"github.com/productinfo/productinfo/internal/diag"
)

// toolSet is the tools by name.
type toolSet map[string]Tool

// defaultTools returns the programs that a workspace has without asking.
func defaultTools() toolSet {
	pos := diag.Position{File: FileName}
	return toolSet{
		"buf": {"buf", "github.com/bufbuild/buf/cmd/buf@v1.73.0", pos},
		"protoc-gen-go-grpc": {
			"protoc-gen-go-grpc", "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2", pos,
		},
	}
}

// sorted returns the tools by name.
func (s toolSet) sorted() []Tool {
	return slices.SortedFunc(maps.Values(s), func(a, b Tool) int { return cmp.Compare(a.Name, b.Name) })
}

// tools adds the entries of the section to set.
func (r *reader) tools(set toolSet, n ast.Node, where string) {
	entries, _ := r.entries(n, where)
	for _, e := range entries {
		if !r.programName(e.key, where) {
			continue
		}
		// Set it even when its value is faulty: a generator that uses it is not.
		set[e.key.value] = Tool{Name: e.key.value, Pos: e.key.pos}
		spec, ok := r.text(e.value, where+"."+e.key.value)
		if !ok {
			continue
		}
		if err := checkSpec(spec.value); err != nil {
			r.fault(spec.pos, "write a Go package with its version, such as example.com/cmd/tool@v1.2.3, or a path that begins with ./",
				"tool %q: %q %v", e.key.value, spec.value, err)
		}
		set[e.key.value] = Tool{Name: e.key.value, Spec: spec.value, Pos: e.key.pos}
	}
}

// checkSpec reports what is wrong with a tool's spec. The error continues a
// sentence that begins with the spec.
func checkSpec(spec string) error {
	if strings.HasPrefix(spec, "./") || strings.HasPrefix(spec, "../") || strings.HasPrefix(spec, "/") {
		if base := path.Base(spec); base == "." || base == ".." || base == "/" || strings.HasSuffix(spec, "/") {
			return errors.New("is a folder, not a program")
		}
		return nil
	}
	pkg, version, _ := strings.Cut(spec, "@")
	if err := module.CheckImportPath(pkg); err != nil {
		return fmt.Errorf("is no Go package: %w", reason(err))
	}
	if first, _, _ := strings.Cut(pkg, "/"); !strings.Contains(first, ".") {
		return errors.New("is no Go package: missing dot in first path element")
	}
	return checkVersion(version)
}

// programName reports whether t can name a program or a generator, and its fault
// if not.
func (r *reader) programName(t text, where string) bool {
	valid := len(t.value) <= maxNameLength
	for i := range len(t.value) {
		c := t.value[i]
		valid = valid && (isLowerAlnum(c) || 'A' <= c && c <= 'Z' || i > 0 && (c == '-' || c == '_' || c == '.'))
	}
	if !valid {
		r.fault(t.pos, "", "%s: %q cannot name a program: want letters, digits, \"-\", \"_\" and \".\"", where, t.value)
	}
	return valid
}

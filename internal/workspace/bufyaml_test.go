package workspace_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/workspace"
)

func bufPos(line, column int) diag.Position {
	return diag.Position{File: "buf.yaml", Line: line, Column: column}
}

func TestLoadBufYAML(t *testing.T) {
	t.Parallel()
	const several = `version: v2
modules:
  - path: proto/shop
    name: buf.build/acme/webshop
    excludes: [proto/shop/old]
    lint: {use: [BASIC]}
  - path: Common-Protos/
`
	tests := []struct {
		name, config, buf string
		roots, excludes   []string
		modules           []workspace.BufModule
	}{
		{name: "several modules", buf: several,
			roots: []string{"proto/shop", "Common-Protos"}, excludes: []string{"proto/shop/old"},
			modules: []workspace.BufModule{
				{Root: "proto/shop", Name: "webshop", Pos: bufPos(3, 11)},
				{Root: "Common-Protos", Name: "common-protos", Pos: bufPos(7, 11)},
			}},
		{name: "several modules, patterns of our own", config: "modules: [\"*\"]\n", buf: several,
			roots: []string{"proto/shop", "Common-Protos"}, excludes: []string{"proto/shop/old"}},
		{name: "roots of our own", config: "roots: [proto]\n", buf: several, roots: []string{"proto"}},
		{name: "one module", buf: "version: v2\nmodules: [{path: proto, name: buf.build/a/b}]\n", roots: []string{"proto"}},
		{name: "no modules", buf: "version: v2\nlint: {use: &x [STANDARD]}\n", roots: nil},
		{name: "no modules but a section", buf: "version: v2\nmodules:\ndeps: []\n", roots: []string{"."}},
		{name: "empty list", buf: "version: v2\nmodules: []\n", roots: []string{"."}},
		{name: "nested, but excluded", buf: "version: v2\nmodules:\n  - excludes: [proto]\n  - path: proto/shop\n    name:\n",
			roots: []string{".", "proto/shop"}, excludes: []string{"proto"},
			modules: []workspace.BufModule{{Root: ".", Name: "acme", Pos: bufPos(3, 5)}, {Root: "proto/shop", Name: "shop", Pos: bufPos(4, 11)}}},
		{name: "version 1", buf: "version: v1\nbuild: {excludes: [x]}\n", roots: []string{"proto"}},
		{name: "no version", buf: "lint: {}\n", roots: []string{"proto"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				workspace.FileName: head + test.config, "buf.yaml": test.buf, "proto/shop/": "", "Common-Protos/": "",
			}
			if test.roots == nil {
				if list := faults(t, files); len(list) != 1 || list[0].Line != 2 || list[0].File != "buf.yaml" || !strings.Contains(list[0].Help, "set roots") {
					t.Errorf("faults %+v", list)
				}
				return
			}
			w, err := workspace.Load(write(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if w.BufYAML != "buf.yaml" || !slices.Equal(w.Roots, test.roots) || !slices.Equal(w.Excludes, test.excludes) {
				t.Errorf("BufYAML %q, roots %q, excludes %q", w.BufYAML, w.Roots, w.Excludes)
			}
			if !reflect.DeepEqual(w.BufModules, test.modules) {
				t.Errorf("modules %+v, want %+v", w.BufModules, test.modules)
			}
		})
	}
}

func TestLoadBufYAMLFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, buf string
		want      []string
	}{
		{"syntax", "version: v2\nmodules: [\n", []string{
			"buf.yaml:2:10: invalid YAML: sequence end token ']' not found",
		}},
		{"version", "version: v3\n", []string{
			`buf.yaml:1:10: version "v3" is not known: want "v1beta1", "v1" or "v2"`,
		}},
		{"types", "version: v2\nmodules: [a, {path: 1}, {path: ../x}, {path: a, excludes: [/b], name: []}]\n", []string{
			"buf.yaml:2:11: an entry of modules wants a mapping, not a string",
			"buf.yaml:2:21: path wants a string, not the number 1",
			`buf.yaml:2:32: path "../x" leads out of the workspace`,
			`buf.yaml:2:60: excludes: "/b" is absolute: paths are relative to the workspace`,
			"buf.yaml:2:71: name wants a string, not a list",
		}},
		{"repeated path", "version: v2\nmodules:\n  - path: a\n  - path: a/\n    includes: [a/b]\n", []string{
			`buf.yaml:4:11: the path "a" is listed twice: a root is one module`,
			"buf.yaml:5:5: productinfo does not know includes",
		}},
		{"nested", "version: v2\nmodules: [{path: a}, {path: a/b}]\n", []string{
			`buf.yaml:2:29: root "a/b" lies in root "a"`,
		}},
		{"missing", "version: v2\nmodules: [{path: none}]\n", []string{
			`buf.yaml:2:18: root "none" does not exist`,
		}},
		{"equal names", "version: v2\nmodules:\n  - path: a\n  - path: c\n    name: buf.build/acme/a\n", []string{
			`buf.yaml:5:11: module "a" is named like that of "a"`,
		}},
		{"invalid name", "version: v2\nmodules:\n  - path: a\n    name: buf.build/acme/v2\n  - path: c\n", []string{
			`buf.yaml:4:11: module name "v2" is not valid: in a Go path it would be a major version`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list := faults(t, map[string]string{workspace.FileName: head, "buf.yaml": test.buf, "a/b/": "", "c/": ""})
			checkFaults(t, list)
			if got := lines(list); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			for _, d := range list {
				if d.Help == "" {
					t.Errorf("no help: %v", d)
				}
			}
		})
	}
}

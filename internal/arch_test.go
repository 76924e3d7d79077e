// Package internal_test holds the packages of this module to the direction in
// which they may import each other.
package internal_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// layers are the packages from the top to the bottom. A package may import those
// of the layers below its own, never a sibling; a subpackage stands where its
// parent does and may import it. Tests may import siblings too. A package in no layer fails the test, so
// that a new one is given its place.
var layers = [][]string{
	{"cmd", "protoc-gen-productinfo"},
	{"internal/cli"},
	{"internal/engine", "internal/publish", "internal/service"},
	{"internal/generate", "internal/check", "internal/pack", "internal/registry", "internal/module"},
	{
		"internal/schema", "internal/apidiff", "internal/skeleton", "internal/toolchain", "internal/store", "internal/gitrepo",
		"internal/cache", "internal/workspace", "templates",
	},
	{"internal/digest"}, // at the bottom like those below, but its index is a file
	{"internal/diag", "internal/atomicfile", "internal/filelock"},
}

// outside is measuring and comparing: nothing but tests may import it.
const outside = "internal/bench"

// pure packages know neither the clock nor the machine: values in, values out.
var pure = []string{"internal/apidiff", "internal/module", "internal/pack", "internal/registry"}

// impure are the packages, with those below them, that would let them know.
var impure = []string{"io/ioutil", "log", "net", "os", "runtime", "syscall", "time"}

// ban is an import that only some packages may have.
type ban struct {
	path string // and below
	why  string
	// except are the imports that a package may have all the same, by package.
	except map[string]string
	// tests says that tests may have it.
	tests bool
}

var bans = []ban{
	{
		path: "github.com/bufbuild/buf",
		why:  "buf's packages are closed and panic in other programs: run the program",
	},
	{
		path: "github.com/bufbuild/protocompile",
		why:  "its experimental packages change without notice: internal/schema wraps them",
		except: map[string]string{
			"internal/schema": "github.com/bufbuild/protocompile",
		},
		tests: true,
	},
}

// source is a Go file of the module.
type source struct {
	name    string // relative to the module
	pkg     string // its folder
	test    bool
	imports []string
}

func TestImports(t *testing.T) {
	t.Parallel()
	root := ".."
	module := modulePath(t, root)
	files := sources(t, root)
	if len(files) < 50 {
		t.Fatalf("only %d Go files were found", len(files))
	}
	for _, file := range files {
		for _, imported := range file.imports {
			if fault := check(module, file, imported); fault != "" {
				t.Errorf("%s imports %q: %s", file.name, imported, fault)
			}
		}
		if _, ok := layer(file.pkg); !ok && !below(file.pkg, outside) && file.pkg != "internal" {
			t.Errorf("%s: package %s is in no layer: give it its place in this test and in docs/architecture.md", file.name, file.pkg)
		}
	}
}

// TestImportsFindsFaults holds that the checks above find what they are for.
func TestImportsFindsFaults(t *testing.T) {
	t.Parallel()
	const m = "example.com/m"
	tests := []struct {
		pkg, imported string
		test          bool
		want          string // part of the fault; none if it is allowed
	}{
		{"cmd/productinfo", m + "/internal/cli", false, ""},
		{"internal/cli", m + "/internal/diag", false, ""},
		{"internal/cli", m + "/cmd/productinfo", false, "does not lie below"},
		{"internal/engine", m + "/internal/schema", false, ""},
		{"internal/engine", m + "/internal/cli", false, "does not lie below"},
		{"internal/cache", m + "/internal/digest", false, ""},
		{"internal/cache", m + "/internal/schema", false, "does not lie below"},
		{"internal/cache", m + "/internal/schema", true, ""},
		{"internal/cache", m + "/internal/cli", true, "does not lie below"},
		{"internal/store/s3", m + "/internal/store", false, ""},
		{"internal/store", m + "/internal/store/s3", false, "does not lie below"},
		{"internal/store/s3", m + "/internal/store/folder", false, "does not lie below"},
		{"internal/store/s3", m + "/internal/diag", false, ""},
		{"internal/engine", m + "/internal/new", false, "in no layer"},
		{"internal/engine", m + "/internal/bench/reference", false, "tests"},
		{"internal/engine", m + "/internal/bench/reference", true, ""},
		{"internal/bench", m + "/internal/bench/reference", false, ""},
		{"internal/bench", m + "/internal/cli", false, ""},
		{"internal/engine", m + "/core/health", false, "core"},
		{"internal/module", "os", false, "pure"},
		{"internal/module", "os/exec", false, "pure"},
		{"internal/module", "os", true, ""},
		{"internal/registry/layout", "net/http", false, "pure"},
		{"internal/registry", "netip.example.com/x", false, ""},
		{"internal/engine", "os", false, ""},
		{"internal/check", "github.com/bufbuild/buf/private/bufpkg", true, "closed"},
		{"internal/check", "github.com/bufbuild/buffer", false, ""},
		{"internal/schema", "github.com/bufbuild/protocompile/experimental/ir", false, ""},
		{"internal/generate", "github.com/bufbuild/protocompile/options", false, "wraps"},
		{"internal/generate", "github.com/bufbuild/protocompile/experimental/ir", false, "wraps"},
		{"internal/check", "github.com/bufbuild/protocompile", false, "wraps"},
		{"internal/check", "github.com/bufbuild/protocompile", true, ""},
	}
	for _, test := range tests {
		got := check(m, source{pkg: test.pkg, test: test.test}, test.imported)
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s (test: %v) imports %s: %q, want %q in it", test.pkg, test.test, test.imported, got, test.want)
		}
	}
}

// check says why a file must not have an import, or nothing.
func check(module string, file source, imported string) string {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return checkOwn(file, own)
	}
	if !file.test && slices.ContainsFunc(pure, func(p string) bool { return below(file.pkg, p) }) &&
		slices.ContainsFunc(impure, func(p string) bool { return below(imported, p) }) {
		return "the package is pure: values in, values out, no clock, no network, no os"
	}
	for _, b := range bans {
		if !below(imported, b.path) || b.tests && file.test {
			continue
		}
		if allowed, ok := b.except[file.pkg]; ok && below(imported, allowed) {
			continue
		}
		return b.why
	}
	return ""
}

func checkOwn(file source, own string) string {
	switch {
	case below(own, "core"):
		return "the tool and core/ never import each other"
	case below(own, "dist"):
		return "" // modules of their own
	case below(file.pkg, outside):
		return "" // it may look at everything
	case below(own, outside):
		if file.test {
			return ""
		}
		return "it is for tests and the benchmark alone"
	case file.pkg == own || below(file.pkg, own):
		return "" // a package's external test, or a subpackage
	}
	from, _ := layer(file.pkg)
	to, ok := layer(own)
	switch {
	case !ok:
		return own + " is in no layer"
	case from > to || from == to && !file.test:
		return fmt.Sprintf("it does not lie below %s, see layers in internal/arch_test.go", file.pkg)
	}
	return ""
}

// layer returns the number of a package's layer, from the top.
func layer(pkg string) (int, bool) {
	for i, layer := range layers {
		if slices.ContainsFunc(layer, func(p string) bool { return below(pkg, p) }) {
			return i, true
		}
	}
	return 0, false
}

// below reports whether a path is another or lies below it.
func below(p, other string) bool {
	return p == other || strings.HasPrefix(p, other+"/")
}

func modulePath(t *testing.T, root string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	return modfile.ModulePath(content)
}

// sources returns the Go files of the module, for whatever system they are.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var files []source
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "." {
				return nil
			}
			_, err := os.Stat(filepath.Join(root, name, "go.mod"))
			hidden := strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_")
			if err == nil || hidden || entry.Name() == "testdata" || name == "dist" || name == "bin" {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file := source{name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			file.imports = append(file.imports, imported)
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

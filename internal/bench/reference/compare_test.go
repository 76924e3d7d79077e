package reference_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

func TestCompareTrees(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		got, want map[string]string
		wantErr   []string // substrings; none means equal
	}{
		{"equal", map[string]string{"a/x.go": "one\n"}, map[string]string{"a/x.go": "one\n"}, nil},
		{"left out", map[string]string{"x.go": "1", "go.mod": "2"}, map[string]string{"x.go": "1"}, nil},
		{
			"a line differs", map[string]string{"x.go": "one\ntwo\n"}, map[string]string{"x.go": "one\n2\n"},
			[]string{"1 of 1 files differ", `x.go: line 2 is "two", want "2"`},
		},
		{
			"shorter", map[string]string{"x.go": "one"}, map[string]string{"x.go": "one\ntwo"},
			[]string{"x.go: 1 lines, want 2"},
		},
		{
			"missing and surplus", map[string]string{"a.go": ""}, map[string]string{"b.go": ""},
			[]string{"2 of 2 files differ", "a.go: not written by buf", "b.go: written by buf alone"},
		},
		{"nothing to compare with", map[string]string{"a.go": ""}, nil, []string{"no files to compare with"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, want := writeTree(t, test.got), writeTree(t, test.want)
			err := reference.CompareTrees(got, want, func(path string) bool { return strings.HasSuffix(path, ".go") })
			if len(test.wantErr) == 0 {
				if err != nil {
					t.Fatalf("CompareTrees = %v, want nil", err)
				}
				return
			}
			if err == nil {
				t.Fatal("CompareTrees = nil, want an error")
			}
			for _, want := range test.wantErr {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestCompareTreesListsTen(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, name := range strings.Split("abcdefghijkl", "") {
		files[name+".go"] = ""
	}
	err := reference.CompareTrees(filepath.Join(t.TempDir(), "missing"), writeTree(t, files), func(string) bool { return true })
	if err == nil || !strings.HasSuffix(err.Error(), "j.go: written by buf alone\n  and 2 more") {
		t.Errorf("CompareTrees = %v, want ten files and the number of the others", err)
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tools := reference.Tools{Dir: "/tools"}
	err := tools.Configure(dir, reference.Config{
		Modules:         []string{"proto", "vendor"},
		Inputs:          []string{"proto", "vendor/acme"},
		GoPackagePrefix: "example.com/gen",
		GoPackages:      map[string]string{"b.proto": "example.com/b", "a.proto": "example.com/a;av1"},
		Keep:            []string{"google/api"},
		PluginOption:    "paths=source_relative",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := readFile(t, dir, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n  - path: vendor\n"; got != want {
		t.Errorf("buf.yaml is\n%s\nwant\n%s", got, want)
	}
	gen := readFile(t, dir, "buf.gen.yaml")
	for _, want := range []string{
		"    - file_option: java_package\n",
		"    - file_option: go_package\n      path: google/api\n",
		"  override:\n    - file_option: go_package_prefix\n      value: example.com/gen\n" +
			"    - file_option: go_package\n      path: a.proto\n      value: example.com/a;av1\n" +
			"    - file_option: go_package\n      path: b.proto\n      value: example.com/b\n",
		"  - local: /tools/protoc-gen-go-grpc\n    out: buf-out\n    opt: paths=source_relative\n",
		"inputs:\n  - directory: proto\n  - directory: .\n    paths:\n      - vendor/acme\n",
	} {
		if !strings.Contains(gen, want) {
			t.Errorf("buf.gen.yaml lacks\n%s\nit is\n%s", want, gen)
		}
	}
}

func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/workspace"
)

// write makes a workspace of folders ("proto/") and files in a new folder called
// acme, and returns its path.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "acme")
	for name, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		folder := filepath.Dir(full)
		if strings.HasSuffix(name, "/") {
			folder = full
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// faults returns what Load says about a workspace that is faulty.
func faults(t *testing.T, files map[string]string) diag.List {
	t.Helper()
	w, err := workspace.Load(write(t, files))
	var faulty *workspace.Error
	if !errors.As(err, &faulty) {
		t.Fatalf("Load = %+v, %v, want an *Error", w, err)
	}
	return faulty.List
}

// lines returns findings as people read them, without the file they are all in.
func lines(list diag.List) []string {
	var out []string
	for _, d := range list {
		out = append(out, strings.TrimPrefix(d.String(), workspace.FileName+":"))
	}
	return out
}

// head makes a file valid but for what a test adds.
const head = "version: 1\ntargets: {go: {module: example.com/apis}}\n"

func pos(line, column int) diag.Position {
	return diag.Position{File: workspace.FileName, Line: line, Column: column}
}

func defaultTools() []workspace.Tool {
	file := diag.Position{File: workspace.FileName}
	return []workspace.Tool{
		{Name: "buf", Spec: "github.com/bufbuild/buf/cmd/buf@v1.73.0", Pos: file},
		{Name: "protoc-gen-go-grpc", Spec: "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2", Pos: file},
	}
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{workspace.FileName: head, "proto/": ""})
	got, err := workspace.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &workspace.Workspace{
		Dir:   dir,
		Name:  "acme",
		Roots: []string{"proto"},
		Go: workspace.GoTarget{
			Module: "example.com/apis",
			Generators: []workspace.Generator{
				{Name: "go", Strategy: "unit", Timeout: time.Minute, Pos: pos(2, 11)},
				{Name: "go-grpc", Tool: "protoc-gen-go-grpc", Strategy: "batch", Timeout: time.Minute, Pos: pos(2, 11)},
				{Name: "productinfo", Strategy: "unit", Timeout: time.Minute, Pos: pos(2, 11)},
			},
		},
		Check: workspace.Check{Lint: []string{"STANDARD"}, Breaking: []string{"PACKAGE"}},
		Tools: defaultTools(),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestLoadEverything(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		workspace.FileName: "\ufeff" + strings.ReplaceAll(`# A comment.
version: 1
name: our-apis_2
roots: [./proto/, "more//protos"]
vendor:
  - proto/third_party
  - third party
modules: ["acme/*", shop]
unstable: ["acme/*/plugin[0-9]"]
targets:
  go:
    module: github.com/acme/apis/dist/go
    generators:
      - go
      - name: go-grpc
        options: [require_unimplemented_servers=false]
        strategy: unit
      - {timeout: 1m30s, name: mine, tool: my-plugin}
    require: [example.com/runtime/v2@v2.1.0, "example.com/x@v0.0.0-20260102150405-abcdefabcdef"]
check:
  lint: [BASIC, COMMENTS]
  except: FIELD_LOWER_SNAKE_CASE
  breaking: WIRE_JSON
tools:
  my-plugin: ./bin/my-plugin
  buf: github.com/bufbuild/buf/cmd/buf@v1.70.0
  a: /usr/bin/a
`, "\n", "\r\n"),
		"buf.yaml": "not: [read", "proto/third_party/": "", "more/protos/": "", "third party/": "",
	})
	got, err := workspace.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &workspace.Workspace{
		Dir:      dir,
		Name:     "our-apis_2",
		Roots:    []string{"proto", "more/protos"},
		Vendor:   []string{"proto/third_party", "third party"},
		Modules:  []workspace.Pattern{{Glob: "acme/*", Pos: pos(8, 11)}, {Glob: "shop", Pos: pos(8, 21)}},
		BufYAML:  "buf.yaml",
		Unstable: []workspace.Pattern{{Glob: "acme/*/plugin[0-9]", Pos: pos(9, 12)}},
		Go: workspace.GoTarget{
			Module: "github.com/acme/apis/dist/go",
			Generators: []workspace.Generator{
				{Name: "go", Strategy: "unit", Timeout: time.Minute, Pos: pos(14, 9)},
				{
					Name: "go-grpc", Tool: "protoc-gen-go-grpc", Options: []string{"require_unimplemented_servers=false"},
					Strategy: "unit", Timeout: time.Minute, Pos: pos(15, 9),
				},
				{Name: "mine", Tool: "my-plugin", Strategy: "unit", Timeout: 90 * time.Second, Pos: pos(18, 9)},
			},
			Require: []string{"example.com/runtime/v2@v2.1.0", "example.com/x@v0.0.0-20260102150405-abcdefabcdef"},
		},
		Check: workspace.Check{
			Lint: []string{"BASIC", "COMMENTS"}, Except: []string{"FIELD_LOWER_SNAKE_CASE"}, Breaking: []string{"WIRE_JSON"},
		},
		Tools: []workspace.Tool{
			{Name: "a", Spec: "/usr/bin/a", Pos: pos(27, 3)},
			{Name: "buf", Spec: "github.com/bufbuild/buf/cmd/buf@v1.70.0", Pos: pos(26, 3)},
			{Name: "my-plugin", Spec: "./bin/my-plugin", Pos: pos(25, 3)},
			defaultTools()[1],
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	// A folder of the file's name is not the file.
	dir := write(t, map[string]string{workspace.FileName: head, "a/b/productinfo.yaml/": "", "a/file": ""})
	for _, from := range []string{"", "a", "a/b"} {
		got, err := workspace.Find(filepath.Join(dir, from))
		if err != nil || got != dir {
			t.Errorf("from %q: %q, %v, want %q", from, got, err, dir)
		}
	}

	empty := t.TempDir()
	for _, test := range []struct{ dir, want string }{
		{empty, "no productinfo.yaml in \"" + empty + "\" or a folder above it; run `productinfo init` to make a workspace"},
		{filepath.Join(dir, "none"), `folder "` + filepath.Join(dir, "none") + `" does not exist`},
		{filepath.Join(dir, "a", "file"), `"` + filepath.Join(dir, "a", "file") + `" is a file, not a folder`},
	} {
		_, err := workspace.Find(test.dir)
		var faulty *workspace.Error
		if !errors.As(err, &faulty) || err.Error() != test.want {
			t.Errorf("Find(%q): %v, want the *Error %s", test.dir, err, test.want)
		}
	}
}

func TestLoadNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := workspace.Load(dir)
	var faulty *workspace.Error
	want := "no productinfo.yaml in \"" + dir + "\"; run `productinfo init` to make a workspace"
	if !errors.As(err, &faulty) || err.Error() != want {
		t.Errorf("%v, want the *Error %s", err, want)
	}
	_, err = workspace.Load(write(t, map[string]string{"productinfo.yaml/": ""}))
	if err == nil || errors.As(err, &faulty) {
		t.Errorf("a folder as file: %v, want a plain error", err)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	var err error = &workspace.Error{List: diag.List{{Position: pos(1, 2), Message: "m", Help: "h"}, {Message: "n"}}}
	if want := "productinfo.yaml:1:2: m; h\nn"; err.Error() != want {
		t.Errorf("%q, want %q", err.Error(), want)
	}
	var list diag.List
	if !errors.As(err, &list) || len(list) != 2 || !list.Failed() {
		t.Errorf("no list in the error: %v", list)
	}
}

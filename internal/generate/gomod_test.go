package generate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestRequires holds the versions that generated modules require to those of this
// module's own go.mod.
func TestRequires(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		t.Fatal(err)
	}
	versions := make(map[string]string)
	for _, r := range mod.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range requires {
		path, version, _ := strings.Cut(r, "@")
		if versions[path] != version {
			t.Errorf("generated modules require %s, this one %s", r, versions[path])
		}
	}
}

// requirements returns those of a go.mod, each as "path version", with
// " // indirect" where it is so marked.
func requirements(t *testing.T, files []File) []string {
	t.Helper()
	mod, err := modfile.Parse("go.mod", []byte(byName(files)["go.mod"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range mod.Require {
		line := r.Mod.String()
		if r.Indirect {
			line += " // indirect"
		}
		list = append(list, line)
	}
	return list
}

func TestGoModTidy(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"messages":    {"google.golang.org/protobuf/proto", "google.golang.org/protobuf/types/known/anypb"},
		"stubs":       {"google.golang.org/grpc", "google.golang.org/grpc/codes", "google.golang.org/protobuf/reflect/protoreflect"},
		"annotations": {"google.golang.org/genproto/googleapis/api/annotations", "google.golang.org/protobuf/runtime/protoimpl"},
		"all built-ins": {
			"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate", "cloud.google.com/go/longrunning/autogen/longrunningpb",
			"google.golang.org/genproto/googleapis/api/httpbody", "google.golang.org/genproto/googleapis/rpc/status",
			"google.golang.org/genproto/googleapis/type/money", "google.golang.org/grpc/health/grpc_health_v1",
		},
		"nothing": nil,
	}
	for name, imports := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// An environment that would spoil it.
			env := append(os.Environ(), "GOFLAGS=-mod=vendor", "GOWORK=/nonexistent/go.work", "GO111MODULE=off")
			g := &GoModTidy{Env: env}
			files, err := g.Make(t.Context(), GoDeps{Module: "example.com/gen/shop", Imports: imports})
			if err != nil {
				t.Fatal(err)
			}
			again, err := (&GoModTidy{Env: os.Environ()}).Make(t.Context(), GoDeps{Module: "example.com/gen/shop", Imports: imports})
			if err != nil {
				t.Fatal(err)
			}
			sameFiles(t, again, files)
			if _, ok := byName(files)["go.sum"]; ok != (len(imports) > 0) {
				t.Errorf("there is a go.sum: %v", ok)
			}
			// The go command finds nothing to add, and what it needs is there.
			dir := t.TempDir()
			source := "package shop\n"
			for _, imported := range imports {
				source += "import _ \"" + imported + "\"\n"
			}
			write(t, dir, byName(files))
			write(t, dir, map[string]string{"shop.go": source})
			clean := []string{"GOWORK=off", "GOFLAGS="}
			run(t, dir, clean, nil, "go", "mod", "tidy", "-diff")
			run(t, dir, append(clean, "GOFLAGS=-mod=readonly"), nil, "go", "list", "-deps", "./...")
		})
	}
}

func TestGoModSiblings(t *testing.T) {
	t.Parallel()
	g := &GoModTidy{Env: os.Environ()}
	files, err := g.Make(t.Context(), GoDeps{
		Module:    "example.com/gen/shop",
		Imports:   []string{"example.com/gen/items/v1", "google.golang.org/protobuf/proto"},
		Siblings:  []string{"example.com/gen/items", "example.com/gen/types"},
		Inherited: []string{"example.com/gen/types/money", "google.golang.org/grpc/codes"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := requirements(t, files)
	for _, want := range []string{
		"example.com/gen/items@v0.0.0", "example.com/gen/types@v0.0.0 // indirect",
		"google.golang.org/grpc@v1.85.0 // indirect", "google.golang.org/protobuf@v1.36.12",
	} {
		path, _, _ := strings.Cut(want, "@")
		i := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, path+"@") })
		if i < 0 || !strings.HasPrefix(path, "google.golang.org") && got[i] != want {
			t.Errorf("the requirements are %q, want %q", got, want)
		} else if strings.HasSuffix(got[i], "// indirect") != strings.HasSuffix(want, "// indirect") {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
	if strings.Contains(byName(files)["go.sum"], "example.com") {
		t.Error("a sibling is in go.sum")
	}
}

func TestGoModFaults(t *testing.T) {
	t.Parallel()
	g := &GoModTidy{Env: os.Environ()}
	_, err := g.Make(t.Context(), GoDeps{Module: "example.com/gen/shop", Imports: []string{"example.com/unknown/pkg"}})
	want := `generated code imports "example.com/unknown/pkg", and nothing says which module and version that is: add its module@version to targets.go.require`
	if err == nil || err.Error() != want {
		t.Errorf("an unknown import: %v", err)
	}
	_, err = g.Make(t.Context(), GoDeps{Module: "example.com/gen/shop", Imports: []string{"google.golang.org/protobuf/none"}})
	if err == nil || !strings.HasPrefix(err.Error(), "go.mod of example.com/gen/shop: go mod tidy: exit status 1\n") || !strings.Contains(err.Error(), "google.golang.org/protobuf/none") {
		t.Errorf("a package that there is not: %v", err)
	}
	for _, env := range [][]string{nil, {"PATH=" + t.TempDir()}, {"PATH=bin"}} {
		_, err = (&GoModTidy{Env: env}).Make(t.Context(), GoDeps{Module: "example.com/gen/shop"})
		if err == nil || !strings.Contains(err.Error(), "there is no go command in PATH") {
			t.Errorf("the environment %q: %v", env, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if _, err = g.Make(ctx, GoDeps{Module: "example.com/gen/shop"}); !errors.Is(err, cause) {
		t.Errorf("an interruption: %v", err)
	}
}

func TestGoModVersions(t *testing.T) {
	t.Parallel()
	g := &GoModTidy{Require: []string{"google.golang.org/grpc@v1.80.0", "example.com/more@v1.2.3"}}
	versions := g.versions()
	if versions["google.golang.org/grpc"] != "v1.80.0" || versions["example.com/more"] != "v1.2.3" || versions["google.golang.org/protobuf"] == "" {
		t.Errorf("versions are %v", versions)
	}
	if g.Identity() == (&GoModTidy{}).Identity() || (&GoModTidy{Env: []string{"A=b"}}).Identity() != (&GoModTidy{}).Identity() {
		t.Error("the identity covers the environment, or not the versions")
	}
	for imported, want := range map[string]string{
		"google.golang.org/genproto/googleapis/api/annotations": "google.golang.org/genproto/googleapis/api",
		"google.golang.org/genproto/googleapis/type/date":       "google.golang.org/genproto",
		"example.com/more":   "example.com/more",
		"example.com/moreso": "",
		"example.com":        "",
	} {
		if got := longest(imported, versions); got != want {
			t.Errorf("%s is of %q, want %q", imported, got, want)
		}
	}
}

package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/bench/reference"
	"github.com/productinfo/productinfo/internal/cli"
)

// wildGoModule is targets.go.module of every workspace below testdata/wild.
const wildGoModule = "example.com/wild/gen/go"

// wildModule is a module of a workspace: its name, and its directory below an
// import root.
type wildModule struct {
	name string
	root string
	dir  string // "." is the whole root
}

// wildCase is a workspace as found in the wild: a folder below testdata/wild,
// whose productinfo.yaml says what it stands for, or one that is made in code.
type wildCase struct {
	name    string
	modules []wildModule
	vendor  []string
	// generate makes the workspace in dir; nil: it is the folder of this name.
	generate func(t *testing.T, dir string)
	// clashes says that the Go of this case cannot compile, whoever makes it.
	clashes bool
}

func wildCases() []wildCase {
	whole := func(name string) []wildModule { return []wildModule{{name, "proto", "."}} }
	return []wildCase{
		{name: "no-go-package", modules: whole("catalog")},
		{name: "camel-rpcs", modules: whole("shop")},
		{name: "snake-rpcs", modules: whole("greeting")},
		{name: "hyphen-dir", modules: whole("accounts")},
		{name: "package-mismatch", modules: whole("billing")},
		{name: "proto2", modules: whole("legacy")},
		{name: "edition-2023", modules: whole("modern")},
		{name: "edition-2024", modules: whole("next")},
		{name: "same-name", modules: []wildModule{{"invoices", "proto", "acme/invoices"}, {"orders", "proto", "acme/orders"}}},
		{name: "module-imports", modules: []wildModule{{"common", "proto", "acme/common"}, {"orders", "proto", "acme/orders"}}},
		{name: "vendored", modules: whole("library"), vendor: []string{"third_party"}},
		{name: "buf-workspace", modules: []wildModule{{"pets", "apis/pets", "pets"}, {"shared", "apis/shared", "shared"}}},
		{name: "go-names", modules: whole("names")},
		{name: "colliding-go-names", modules: whole("collide"), clashes: true},
		{name: "service-type-names", modules: whole("greeter")},
		{name: "service-type-clash", modules: whole("clash"), clashes: true},
		{name: "kept-go-package", modules: whole("kept")},
		{name: "500-files-in-a-package", modules: whole("wide"), generate: generateWide},
		{name: "imported-by-every-other", modules: whole("hub"), generate: generateHub},
	}
}

// TestWild builds each workspace, compares the Go messages and stubs with what
// buf generate writes for it, and compiles and vets all that was generated.
//
// It is not parallel itself, so that the environment is its own while it runs.
func TestWild(t *testing.T) {
	binDir, err := reference.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := reference.Install(t.Context(), binDir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	// With the pinned programs on the path none is built anew for the test, and
	// one cache for all cases is also a test of sharing it.
	setEnv(t, "PATH", tools.Dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	setEnv(t, "PRODUCTINFO_CACHE", t.TempDir())

	t.Run("cases", func(t *testing.T) {
		for _, test := range wildCases() {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				testWild(t, tools, test)
			})
		}
	})
}

func testWild(t *testing.T, tools reference.Tools, test wildCase) {
	dir := newWildWorkspace(t, test)
	var stdout, stderr bytes.Buffer
	if got := cli.Run(t.Context(), []string{"build", "-C", dir}, strings.NewReader(""), &stdout, &stderr); got != 0 {
		t.Fatalf("build: exit status %d, want 0\nstdout:\n%s\nstderr:\n%s", got, &stdout, &stderr)
	}
	distGo := filepath.Join(dir, "dist", "go")
	if err := reference.CompareTrees(distGo, bufOutput(t, tools, test), isMessageOrStub); err != nil {
		t.Errorf("compared with buf generate: %v", err)
	}
	if !test.clashes {
		compileWild(t, distGo, test.modules)
	}
}

// isMessageOrStub tells the output of protoc-gen-go and protoc-gen-go-grpc.
func isMessageOrStub(path string) bool {
	return strings.HasSuffix(path, ".pb.go") && !strings.HasSuffix(path, "_productinfo.pb.go")
}

// newWildWorkspace returns a new folder with the case's workspace.
func newWildWorkspace(t *testing.T, test wildCase) string {
	t.Helper()
	dir := t.TempDir()
	if test.generate != nil {
		test.generate(t, dir)
		return dir
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "wild", test.name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// compileWild compiles and vets the generated Go modules. They are published
// nowhere, so each finds the others beside it.
func compileWild(t *testing.T, distGo string, modules []wildModule) {
	t.Helper()
	for _, m := range modules {
		moduleDir := filepath.Join(distGo, m.name)
		for _, other := range modules {
			if other != m {
				runGo(t, moduleDir, "mod", "edit", "-replace="+wildGoModule+"/"+other.name+"=../"+other.name)
			}
		}
		runGo(t, moduleDir, "build", "./...")
		runGo(t, moduleDir, "vet", "./...")
	}
}

func runGo(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(args, " "), filepath.Base(dir), err, out)
	}
}

// setEnv is t.Setenv for a test that has parallel subtests: these end before the
// test does, and the tests that run beside others start when it is over.
func setEnv(t *testing.T, key, value string) {
	t.Helper()
	old, was := os.LookupEnv(key)
	if err := os.Setenv(key, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		restore := func() error { return os.Unsetenv(key) }
		if was {
			restore = func() error { return os.Setenv(key, old) }
		}
		if err := restore(); err != nil {
			t.Error(err)
		}
	})
}

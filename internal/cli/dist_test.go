package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// distGo is the folder of the project's own Go modules, and wantModules are
// these.
const distGo = "../../dist/go"

var wantModules = []string{"ecommerce", "helloworld", "inventory", "productinfo", "routeguide"}

// distModule is a Go module of dist/go.
type distModule struct {
	dir string // absolute
	mod *modfile.File
	sum []byte // its go.sum
}

// readDist returns the modules of dist/go by their names.
func readDist(t *testing.T) map[string]distModule {
	t.Helper()
	root, err := filepath.Abs(distGo)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]distModule{}
	var names []string
	for _, entry := range entries {
		dir := filepath.Join(root, entry.Name())
		files := readAll(t, dir)
		mod, err := modfile.Parse("go.mod", files["go.mod"], nil)
		if err != nil {
			t.Fatal(err)
		}
		modules[entry.Name()] = distModule{dir: dir, mod: mod, sum: files["go.sum"]}
		names = append(names, entry.Name())
	}
	if !slices.Equal(names, wantModules) {
		t.Fatalf("dist/go has the modules %q, want %q", names, wantModules)
	}
	return modules
}

// readAll returns the files below dir by their slash-separated paths. That this
// process and not only the go command reads them all tells `go test` that it
// cannot use an old result once one has changed.
func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDist holds that each module of dist/go is one that people can install.
func TestDist(t *testing.T) {
	t.Parallel()
	for name, m := range readDist(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const prefix = "github.com/productinfo/productinfo/dist/go/"
			if got := m.mod.Module.Mod.Path; got != prefix+name {
				t.Errorf("the module's path is %s, want %s", got, prefix+name)
			}
			if len(m.mod.Replace) > 0 {
				t.Errorf("go.mod has a replace, which has no effect in those who install it")
			}
			for _, args := range [][]string{{"build", "./..."}, {"vet", "./..."}, {"mod", "tidy", "-diff"}} {
				if out, err := goCommand(t.Context(), m.dir, args...).CombinedOutput(); err != nil {
					t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
		})
	}
}

// TestConsumer makes a Go module that requires those of dist/go, with the tests of
// testdata/consumer, which serve and call every kind of RPC, and runs these.
func TestConsumer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := readAll(t, filepath.Join("testdata", "consumer"))
	var tests []string
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(content, -1) {
			tests = append(tests, string(match[1]))
		}
	}
	if len(tests) == 0 {
		t.Fatal("testdata/consumer has no tests")
	}
	writeConsumerModule(t, dir, readDist(t))

	args := []string{"test", "-v", "-timeout=5m"}
	if canRace(t) {
		args = append(args, "-race")
	}
	out, err := goCommand(t.Context(), dir, append(args, "./...")...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	for _, name := range tests {
		if !bytes.Contains(out, []byte("--- PASS: "+name+" (")) {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
}

// writeConsumerModule writes a go.mod and a go.sum for a module that uses what the
// modules use, and these from where they are.
func writeConsumerModule(t *testing.T, dir string, modules map[string]distModule) {
	t.Helper()
	consumer := new(modfile.File)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(consumer.AddModuleStmt("example.com/consumer"))
	var sum []byte
	for _, name := range wantModules {
		m := modules[name]
		const version = "v0.0.0"
		path := m.mod.Module.Mod.Path
		check(consumer.AddGoStmt(m.mod.Go.Version))
		check(consumer.AddRequire(path, version))
		check(consumer.AddReplace(path, version, m.dir, ""))
		for _, require := range m.mod.Require {
			check(consumer.AddRequire(require.Mod.Path, require.Mod.Version))
		}
		sum = append(sum, m.sum...)
	}
	mod, err := consumer.Format()
	check(err)
	check(os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644))
	check(os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
}

// goCommand returns a go command for dir alone, which changes no go.mod.
func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "PWD="+dir)
	return cmd
}

// canRace tells whether the race detector can be had here: it needs cgo, and so a
// C compiler.
func canRace(t *testing.T) bool {
	t.Helper()
	out, err := goCommand(t.Context(), ".", "env", "-json", "CGO_ENABLED", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	var env struct{ CGO_ENABLED, CC string }
	if err := json.Unmarshal(out, &env); err != nil {
		t.Fatal(err)
	}
	compiler, _, _ := strings.Cut(cmp.Or(env.CC, "cc"), " ")
	_, err = exec.LookPath(compiler)
	return env.CGO_ENABLED == "1" && err == nil
}

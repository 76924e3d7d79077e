package toolchain_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"github.com/productinfo/productinfo/internal/toolchain"
)

const (
	testModule  = "example.com/tools"
	testPackage = testModule + "/cmd/greet"
)

// world is a machine: a module proxy in a folder, a go command, a tool cache and
// a workspace.
type world struct {
	t     *testing.T
	proxy string
	root  string
	cache string
	env   []string
}

// newWorld returns a world whose proxy has testModule at v1.0.0 and v1.1.0.
func newWorld(t *testing.T) *world {
	t.Helper()
	goProgram, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, proxy: t.TempDir(), root: t.TempDir(), cache: filepath.Join(t.TempDir(), "tools")}
	w.publish("v1.0.0", "one")
	w.publish("v1.1.0", "two")
	w.env = append(os.Environ(),
		"PATH="+filepath.Dir(goProgram),
		"GOPROXY=file://"+filepath.ToSlash(w.proxy),
		"GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=none", "GOTOOLCHAIN=local",
		"GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw",
	)
	return w
}

// publish puts a version of testModule into the proxy, replacing what is there.
func (w *world) publish(version, word string) {
	w.t.Helper()
	source := w.t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(source, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	gomod := "module " + testModule + "\n\ngo 1.21\n"
	write("go.mod", gomod)
	write("cmd/greet/main.go", fmt.Sprintf("package main\n\nfunc main() { println(%q) }\n", word))
	write("library/library.go", "package library\n")

	dir := filepath.Join(w.proxy, filepath.FromSlash(testModule), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer archive.Close()
	if err := modzip.CreateFromDir(archive, module.Version{Path: testModule, Version: version}, source); err != nil {
		w.t.Fatal(err)
	}
	for name, content := range map[string]string{
		version + ".info": fmt.Sprintf("{\"Version\":%q}\n", version),
		version + ".mod":  gomod,
		"list":            "v1.0.0\nv1.1.0\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

// sum is the h1 checksum of a version in the proxy.
func (w *world) sum(version string) string {
	w.t.Helper()
	path := filepath.Join(w.proxy, filepath.FromSlash(testModule), "@v", version+".zip")
	sum, err := dirhash.HashZip(path, dirhash.Hash1)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

func (w *world) lockFile() string { return filepath.Join(w.root, "productinfo.lock") }

func (w *world) lock() string {
	w.t.Helper()
	content, err := os.ReadFile(w.lockFile())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// toolchain returns a toolchain in this world, and the progress it reports.
func (w *world) toolchain() (*toolchain.Toolchain, *[]string) {
	lines := &[]string{}
	return &toolchain.Toolchain{
		Dir: w.cache, Root: w.root, LockFile: w.lockFile(), Env: w.env,
		Progress: func(line string) { *lines = append(*lines, line) },
	}, lines
}

// resolve resolves the tool and returns what was reported.
func (w *world) resolve(version string) (toolchain.Tool, []string) {
	w.t.Helper()
	chain, lines := w.toolchain()
	tool, err := chain.Resolve(w.t.Context(), spec(w.t, version))
	if err != nil {
		w.t.Fatal(err)
	}
	return tool, *lines
}

func spec(t *testing.T, version string) toolchain.Spec {
	t.Helper()
	s, err := toolchain.ParseSpec("greet", testPackage+"@"+version)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// says runs a program and returns what it prints.
func says(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// wantError asserts that an error says all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q:\n%v", word, err)
		}
	}
}

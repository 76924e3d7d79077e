package skeleton

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The programs that the tests run the plugin with, and compile its output with.
const (
	grpcPlugin = "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2"
	bufProgram = "github.com/bufbuild/buf/cmd/buf@v1.73.0"
	protocName = "grpcio-tools-1.85.1" // as testdata/requirements.txt pins it
)

// install returns the folder "name" of the cache of test tools, and fills it with
// fill if it is not there. It is filled elsewhere and renamed, so that test programs
// that run at once, or are killed, leave no half of it.
func install(t testing.TB, name string, fill func(dir string)) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache = filepath.Join(cache, "productinfo-test")
	dir := filepath.Join(cache, name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	temp, err := os.MkdirTemp(cache, name+"-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	fill(temp)
	if err := os.Rename(temp, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil { // else another process was faster
			t.Fatal(err)
		}
	}
	return dir
}

// installing keeps the tests of this package from building one tool twice.
var installing sync.Mutex

// goTool returns the path of a program, given as package@version.
func goTool(t testing.TB, spec string) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	pkg, version, _ := strings.Cut(spec, "@")
	name := pkg[strings.LastIndex(pkg, "/")+1:]
	dir := install(t, fmt.Sprintf("%s-%s-%s-%s", name, version, runtime.GOOS, runtime.GOARCH), func(dir string) {
		command(t, dir, []string{"GOBIN=" + dir, "GOFLAGS=", "GOWORK=off"}, nil, "go", "install", spec)
	})
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

// buf returns the path of buf, which may be on the PATH.
func buf(t testing.TB) string {
	t.Helper()
	_, version, _ := strings.Cut(bufProgram, "@v")
	if found, err := exec.LookPath("buf"); err == nil {
		if out, err := exec.CommandContext(t.Context(), found, "--version").CombinedOutput(); err == nil && strings.TrimSpace(string(out)) == version {
			return found
		}
	}
	return goTool(t, bufProgram)
}

// protoc returns the command line of a protoc that is a Python package, which is
// how it can be had in one version, checked by digest, on every system.
func protoc(t testing.TB) []string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	requirements, err := filepath.Abs(filepath.Join("testdata", "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := install(t, fmt.Sprintf("%s-%s-%s", protocName, runtime.GOOS, runtime.GOARCH), func(dir string) {
		command(t, dir, nil, nil, "python3", "-m", "venv", dir)
		// A plugin of protoc needs none of the Python packages that it depends on.
		command(t, dir, nil, nil, python(dir), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
			"--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", requirements)
	})
	return []string{python(dir), "-m", "grpc_tools.protoc"}
}

func python(venv string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv, "Scripts", "python.exe")
	}
	return filepath.Join(venv, "bin", "python")
}

// plugin builds protoc-gen-productinfo.
func plugin(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	command(t, ".", nil, nil, "go", "build", "-o", path, "github.com/productinfo/productinfo/protoc-gen-productinfo")
	return path
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// firstDifference returns the first line in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, g[i], strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
	return fmt.Sprintf("line %d is missing: %s", len(g)+1, w[len(g)])
}

package toolchain_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/toolchain"
)

func TestLockFollowsThePin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.resolve("v1.0.0")

	chain, _ := w.toolchain()
	chain.Frozen = true
	_, err := chain.Resolve(t.Context(), spec(t, "v1.1.0"))
	wantLockError(t, err, 4, testPackage+"@v1.0.0", testPackage+"@v1.1.0", "run `productinfo tools install`")

	w.resolve("v1.1.0")
	if lock := w.lock(); strings.Contains(lock, "v1.0.0") || !strings.Contains(lock, w.sum("v1.1.0")) {
		t.Errorf("the lock was not updated:\n%s", lock)
	}
	if _, err := chain.Resolve(t.Context(), spec(t, "v1.1.0")); err != nil {
		t.Errorf("frozen and locked: %v", err)
	}
}

func TestLockFrozenWithoutEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chain, _ := w.toolchain()
	chain.Frozen = true
	_, err := chain.Resolve(t.Context(), spec(t, "v1.0.0"))
	wantLockError(t, err, 0, "is not locked", "run `productinfo tools install`")
	if _, err := os.Stat(w.lockFile()); err == nil {
		t.Error("a lock file was written")
	}
}

func TestLockMismatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool, _ := w.resolve("v1.0.0")
	wrong := "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	tampered := strings.ReplaceAll(w.lock(), tool.ModuleSum, wrong)
	if err := os.WriteFile(w.lockFile(), []byte(tampered), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // The second time is no different: nothing bad was cached.
		chain, _ := w.toolchain()
		_, err := chain.Resolve(t.Context(), spec(t, "v1.0.0"))
		wantLockError(t, err, 4, wrong, tool.ModuleSum, "remove this line")
	}
	if w.lock() != tampered {
		t.Error("the lock file was changed")
	}
}

func TestResolveAllForgetsOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := spec(t, "v1.0.0")
	old.Name = "old"
	chain, _ := w.toolchain()
	if _, err := chain.ResolveAll(t.Context(), []toolchain.Spec{spec(t, "v1.0.0"), old}); err != nil {
		t.Fatal(err)
	}
	chain.Frozen = true
	_, err := chain.ResolveAll(t.Context(), []toolchain.Spec{spec(t, "v1.0.0")})
	wantLockError(t, err, 5, `tool "old" is locked and the workspace does not pin it`)
	chain.Frozen = false
	tools, err := chain.ResolveAll(t.Context(), []toolchain.Spec{spec(t, "v1.0.0")})
	if err != nil || len(tools) != 1 {
		t.Fatalf("%v, %v", tools, err)
	}
	if lock := w.lock(); strings.Contains(lock, "go old ") || !strings.Contains(lock, "go greet ") {
		t.Errorf("lock:\n%s", lock)
	}
}

func TestDamagedLock(t *testing.T) {
	t.Parallel()
	const good = "go greet example.com/tools/cmd/greet v1.0.0 example.com/tools h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	tests := []struct {
		name, content string
		line          int
		says          []string
	}{
		{"empty", "", 0, []string{`"version 1" is missing`}},
		{"no version", good, 1, []string{`where "version 1" belongs`}},
		{"newer", "version 2\n", 1, []string{`version "2" is not known`, "update productinfo"}},
		{"fields", "version 1\ngo greet\n", 2, []string{"2 fields, want 6"}},
		{"kind", "version 1\n\nnpm a b c d e\n", 3, []string{`unknown kind of tool "npm"`}},
		{"checksum", "version 1\n" + strings.Replace(good, "h1:A", "h1:", 1), 2, []string{"is not a checksum"}},
		{"kind of checksum", "version 1\n" + strings.Replace(good, "h1:", "h2:", 1), 2, []string{"is not a checksum"}},
		{"version", "version 1\n" + strings.Replace(good, "v1.0.0", "latest", 1), 2, []string{`"latest" is not a version`}},
		{"module", "version 1\n" + strings.Replace(good, " example.com/tools ", " example.com/to ", 1), 2, []string{"is not in module"}},
		{"twice", "version 1\n" + good + good, 3, []string{"locked twice, first in line 2"}},
		{"conflict", "version 1\n<<<<<<< HEAD\n" + good + "=======\n" + good + ">>>>>>> other\n", 2, []string{"merge conflict", "remove the markers"}},
	}
	for _, test := range tests {
		w := &world{t: t, root: t.TempDir(), cache: t.TempDir()}
		if err := os.WriteFile(w.lockFile(), []byte(test.content), 0o644); err != nil {
			t.Fatal(err)
		}
		chain, _ := w.toolchain()
		_, err := chain.Resolve(t.Context(), spec(t, "v1.0.0"))
		t.Run(test.name, func(t *testing.T) { wantLockError(t, err, test.line, test.says...) })
		if w.lock() != test.content {
			t.Errorf("%s: the lock file was changed", test.name)
		}
	}
}

func TestLockWithCarriageReturns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.resolve("v1.0.0")
	dos := strings.ReplaceAll(w.lock(), "\n", "\r\n")
	if err := os.WriteFile(w.lockFile(), []byte(dos), 0o644); err != nil {
		t.Fatal(err)
	}
	chain, _ := w.toolchain()
	chain.Frozen = true
	if _, err := chain.Resolve(t.Context(), spec(t, "v1.0.0")); err != nil {
		t.Error(err)
	}
}

// wantLockError asserts that an error is of the lock file, at the line and with
// the words.
func wantLockError(t *testing.T, err error, line int, words ...string) {
	t.Helper()
	var fault *toolchain.LockError
	if !errors.As(err, &fault) {
		t.Fatalf("error = %v, want a LockError", err)
	}
	if fault.File != "productinfo.lock" || fault.Line != line {
		t.Errorf("position = %v, want line %d of %s", fault.Position, line, filepath.Base("productinfo.lock"))
	}
	wantError(t, err, append(words, "productinfo.lock")...)
}

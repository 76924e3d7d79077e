package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/workspace"
)

func TestPatternMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		glob, dir string
		want      bool
	}{
		{"acme/*", "acme/shop", true},
		{"acme/*", "acme/shop/v1", false},
		{"acme/*", "acme", false},
		{"[", "[", false},
	} {
		if got := (workspace.Pattern{Glob: test.glob}).Match(test.dir); got != test.want {
			t.Errorf("%q matches %q: %v", test.glob, test.dir, got)
		}
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "acme", "route-guide", "a_b2", "v", "v2x", strings.Repeat("a", 100)} {
		if err := workspace.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"", "A", "1a", "-a", "_a", "a-", "a_", "a.b", "a/b", "é", "..", "v1", "v22", "con", "nul", "com1",
		"internal", "vendor", "testdata", strings.Repeat("a", 101),
	} {
		if err := workspace.CheckName(name); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestDefaultName(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"acme": "acme", "Acme APIs": "acme-apis", "2024_é-x_": "x", "___": "api", "internal": "internal-api", "v2": "v2-api",
		strings.Repeat("x", 99) + "--y": strings.Repeat("x", 99),
	} {
		dir := filepath.Join(t.TempDir(), base)
		if err := os.MkdirAll(filepath.Join(dir, "proto"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, workspace.FileName), []byte(head), 0o644); err != nil {
			t.Fatal(err)
		}
		w, err := workspace.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if w.Name != want {
			t.Errorf("%q is named %q, want %q", base, w.Name, want)
		}
	}
}

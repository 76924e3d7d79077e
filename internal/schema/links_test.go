//go:build unix

package schema

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// linkedRoot returns a workspace whose root is a link to a folder with one proto.
func linkedRoot(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	folder := filepath.Join(dir, "elsewhere", "a")
	if err := errors.Join(
		os.MkdirAll(folder, 0o755),
		os.WriteFile(filepath.Join(folder, "a.proto"), []byte("syntax = \"proto3\";\npackage a;\n"), 0o644),
		os.Symlink("elsewhere", filepath.Join(dir, "proto")),
	); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRootIsALink(t *testing.T) {
	t.Parallel()
	dir := linkedRoot(t)
	s, err := Scan(Layout{Dir: dir, Roots: []string{"proto"}}, digest.OpenIndex("", dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	if own := s.Own(); len(own) != 1 || own[0].Path != "a/a.proto" || own[0].Name != "proto/a/a.proto" {
		t.Errorf("a root that is a link has %+v", own)
	}
}

func TestLinkedFolderIsAFault(t *testing.T) {
	t.Parallel()
	dir := linkedRoot(t)
	if err := os.Symlink("a", filepath.Join(dir, "elsewhere", "b")); err != nil {
		t.Fatal(err)
	}
	_, err := Scan(Layout{Dir: dir, Roots: []string{"proto"}}, digest.OpenIndex("", dir, time.Now))
	var list diag.List
	if !errors.As(err, &list) || len(list) != 1 || list[0].File != "proto/b" || !strings.Contains(list[0].Message, "symbolic link to a folder") {
		t.Errorf("error is %v, want a finding at proto/b", err)
	}
}

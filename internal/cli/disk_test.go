//go:build unix

package cli_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

// nobody is the user that programs are run as where the test is run by root, whom
// permission bits do not stop.
const nobody = 65534

// unprivileged makes a command be run by somebody to whom permission bits apply,
// and who owns the site.
func (s *site) unprivileged(cmd *exec.Cmd) *exec.Cmd {
	s.t.Helper()
	if os.Getuid() != 0 {
		return cmd
	}
	base := filepath.Dir(s.dir)
	s.ownProgram()
	err := filepath.WalkDir(base, func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(file, nobody, nobody)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	// Test folders are closed to others.
	for dir := base; dir != filepath.Dir(dir) && dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Env = append(cmd.Env, "HOME="+base)
	return cmd
}

// ownProgram makes the program a copy of the test binary, which may lie where only
// its user may look.
func (s *site) ownProgram() {
	s.t.Helper()
	content, err := os.ReadFile(s.program)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.Remove(s.program); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.program, content, 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// protect changes the permission bits of a folder and of all folders in it.
func protect(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	var folders []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadOnly builds where it may not write: the message names the file, what was
// there stays, and the next build finishes the work.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	builds := clean(t, 2)
	for _, name := range []string{"workspace/dist", "workspace/dist/go/acme/acme/part0", "workspace/.productinfo", "cache"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.edit(0)
			s.run(s.command("build"), 0)
			s.edit(1)
			folder := filepath.Join(filepath.Dir(s.dir), filepath.FromSlash(name))
			build := s.unprivileged(s.command("build"))
			protect(t, folder, 0o555)
			t.Cleanup(func() { protect(t, folder, 0o755) })
			out := s.run(build, 3)
			want := regexp.MustCompile(`(?m)^productinfo: .*(write|remove|mkdir|open) ` + regexp.QuoteMeta(folder) + `/.*: permission denied$`)
			if !want.MatchString(out) {
				t.Errorf("%s\nwant %s", out, want)
			}
			if strings.Contains(out, "productinfo-tmp") {
				t.Errorf("names a temporary file:\n%s", out)
			}
			s.whole(builds)
			s.noTemporaryFiles()
			protect(t, folder, 0o755)
			s.run(s.unprivileged(s.command("build")), 0)
			s.want(builds[1])
		})
	}
}

// TestUnreadable has a proto that may not be read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(0)
	s.run(s.command("build"), 0)
	before := s.tree("dist")
	s.put("proto/acme/part0/v1/secret.proto", "syntax = \"proto3\";\npackage acme.part0.v1;\n")
	secret := filepath.Join(s.dir, "proto/acme/part0/v1/secret.proto")
	build := s.unprivileged(s.command("build"))
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	out := s.run(build, 3)
	if want := "productinfo: open " + secret + ": permission denied\n"; !strings.HasSuffix(out, want) {
		t.Errorf("%swant %s", out, want)
	}
	if differ := before.differences(s.tree("dist")); len(differ) > 0 {
		t.Errorf("dist/ has changed: %v", differ)
	}
}

// TestFileSizeLimit builds where no file may be longer than a small one, which is
// one way to run out of space in mid-write.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(0)
	s.run(s.command("build"), 0)
	before := s.tree("dist")
	if err := os.RemoveAll(filepath.Join(s.dir, "dist", "go", "acme", "acme", "part1")); err != nil {
		t.Fatal(err)
	}
	// ulimit counts in blocks of 512 or 1024 bytes.
	build := s.command("build")
	limited := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -f 2 && exec "$0" "$@"`, build.Path, "build")
	limited.Dir, limited.Env = build.Dir, build.Env
	out := s.run(limited, 3)
	want := regexp.MustCompile(`(?m)^productinfo: write .*/dist/go/acme/acme/part1/v1/file\d+\.pb\.go: file too large$`)
	if !want.MatchString(out) {
		t.Errorf("%s\nwant %s", out, want)
	}
	s.whole([]tree{before})
	s.noTemporaryFiles()
	s.run(s.command("build"), 0)
	s.want(before)
}

// noTemporaryFiles fails the test if a build that was not killed left any.
func (s *site) noTemporaryFiles() {
	s.t.Helper()
	for _, dir := range []string{s.dir, s.cache} {
		for _, file := range filesBelow(s.t, dir) {
			if atomicfile.IsTemp(filepath.Base(file)) {
				s.t.Errorf("%s was left behind", file)
			}
		}
	}
}

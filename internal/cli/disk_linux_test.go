package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk builds on a disk that is full after so many more kilobytes: in the
// workspace's folder of state, in the middle of dist/, or in the cache. What is in
// dist/ is whole, and with more space the next build finishes the work.
//
// The disk is a tmpfs, mounted where no other process sees it. Where the system
// lets nobody but its administrator do that, a limit on the length of files is all
// there is to run into: that is [TestFileSizeLimit].
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(0)
	s.run(s.command("build"), 0)
	want := s.tree("dist")
	for _, part := range []string{"part1", "part2"} { // half of dist/
		if err := os.RemoveAll(filepath.Join(s.dir, "dist", "go", "acme", "acme", part)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		kilobytes int
		cache     bool // the cache is on the disk, too, and empty
	}{{0, false}, {40, false}, {100, false}, {100, true}, {300, true}} {
		disk := t.TempDir()
		// The shell runs in the new namespace. It leaves behind how the disk was
		// after the build that failed, and after the one that did not.
		script := fmt.Sprintf(`set -e
mkdir mnt full end
mount -t tmpfs -o size=64m tmpfs mnt
cp -a %[1]q mnt/workspace
used=$(du -sk mnt | cut -f 1)
cd mnt/workspace
%[3]s
mount -o remount,size=$((used + %[2]d))k tmpfs ..
status=0
%[4]q build > ../../out 2>&1 || status=$?
echo $status > ../../status
mount -o remount,size=64m tmpfs ..
cp -a . ../../full/workspace
%[4]q build >> ../../out 2>&1
cp -a . ../../end/workspace
`, s.dir, test.kilobytes, map[bool]string{true: "export PRODUCTINFO_CACHE=$PWD/../cache"}[test.cache], s.program)
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
		cmd.Dir = disk
		cmd.Env = append(os.Environ(), "PRODUCTINFO_CACHE="+s.cache)
		cmd.SysProcAttr = ownMounts()
		if out, err := cmd.CombinedOutput(); err != nil {
			if _, began := os.Stat(filepath.Join(disk, "out")); began == nil {
				t.Fatalf("%v\n%s%s", err, out, readFile(t, disk, "out"))
			}
			t.Skipf("no disk of its own for the test: %v\n%s", err, out)
		}
		out := readFile(t, disk, "out")
		if got := readFile(t, disk, "status"); got != "3\n" || !strings.Contains(out, "no space left on device") {
			t.Errorf("with %d kB: exit status %swant 3 and: no space left on device\n%s", test.kilobytes, got, out)
		}
		full := &site{t: t, dir: filepath.Join(disk, "full", "workspace"), cache: filepath.Join(disk, "full")}
		full.whole([]tree{want})
		full.noTemporaryFiles()
		end := &site{t: t, dir: filepath.Join(disk, "end", "workspace")}
		end.want(want)
	}
}

// ownMounts makes a process see mounts of its own, and be allowed to make them.
func ownMounts() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	return attr
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

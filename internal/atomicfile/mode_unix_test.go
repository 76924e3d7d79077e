//go:build unix

package atomicfile_test

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

// TestMode is not parallel: a process has one umask.
func TestMode(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		t.Run(strconv.FormatInt(int64(umask), 8), func(t *testing.T) {
			dir := t.TempDir()
			old := syscall.Umask(umask)
			defer syscall.Umask(old)
			for name, write := range map[string]func(string, []byte, ...atomicfile.Option) error{
				"written": atomicfile.Write,
				"created": atomicfile.Create,
			} {
				file := filepath.Join(dir, name)
				if err := write(file, []byte("x")); err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(file)
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != 0o644 {
					t.Errorf("%s: mode is %o, want 644", name, info.Mode().Perm())
				}
			}
		})
	}
}

//go:build unix

package atomicfile_test

import (
	"io/fs"
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
			for name, test := range map[string]struct {
				options []atomicfile.Option
				want    fs.FileMode
			}{
				"default": {nil, 0o644},
				"program": {[]atomicfile.Option{atomicfile.Mode(0o755)}, 0o755},
				"private": {[]atomicfile.Option{atomicfile.Mode(0o600), atomicfile.Sync()}, 0o600},
			} {
				file := filepath.Join(dir, name)
				if err := atomicfile.Write(file, []byte("x"), test.options...); err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(file)
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != test.want {
					t.Errorf("%s: mode is %o, want %o", name, info.Mode().Perm(), test.want)
				}
			}
		})
	}
}

//go:build unix

package digest

import (
	"io/fs"
	"syscall"
)

// inode returns the number that tells a replaced file from one that was left.
func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Ino)
	}
	return 0
}

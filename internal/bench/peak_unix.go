//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the highest resident set of an ended process, in bytes. It
// is what wait4 says, which counts processes that it waited for too, each on its
// own: the greatest of them, not their sum.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}

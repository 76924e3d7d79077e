package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
)

// machine describes the size of the machine, and nothing that would identify it.
func machine() string {
	memory := "memory unknown"
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		if gib, ok := memoryGiB(string(info)); ok {
			memory = fmt.Sprintf("%d GiB of memory", gib)
		}
	}
	return fmt.Sprintf("%d cores, %s, %s/%s", runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH)
}

var memTotal = regexp.MustCompile(`(?m)^MemTotal:\s+(\d+) kB$`)

// memoryGiB returns the size of the memory, rounded, from Linux's /proc/meminfo.
func memoryGiB(meminfo string) (int, bool) {
	match := memTotal.FindStringSubmatch(meminfo)
	if match == nil {
		return 0, false
	}
	kib, err := strconv.Atoi(match[1])
	return (kib + 1<<19) >> 20, err == nil
}

//go:build !unix

package toolchain

import "os/exec"

// killGroup does nothing: without process groups the program alone is killed.
func killGroup(*exec.Cmd) {}

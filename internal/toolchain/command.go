package toolchain

import (
	"context"
	"os/exec"
	"time"
)

// killDelay is how long after a command was killed its output pipes are waited
// for: some process that it started may hold them open.
const killDelay = 2 * time.Second

// Command is exec.CommandContext for tools: when ctx ends, the program is killed
// together with all processes that it started, where the system has process
// groups.
func Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = killDelay
	killGroup(cmd)
	return cmd
}

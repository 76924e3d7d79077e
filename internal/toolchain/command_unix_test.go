//go:build unix

package toolchain_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"testing"

	"github.com/productinfo/productinfo/internal/toolchain"
)

func TestCommandKillsWhatItStarted(t *testing.T) {
	t.Parallel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The shell's child inherits the pipe, which therefore ends when both are dead.
	cmd := toolchain.Command(ctx, "/bin/sh", "-c", "sleep 1000 & echo ready; wait")
	cmd.Stdout = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	reader := bufio.NewReader(out)
	if line, err := reader.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("a killed command ended without an error")
	}
	if rest, err := io.ReadAll(reader); err != nil || len(rest) != 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

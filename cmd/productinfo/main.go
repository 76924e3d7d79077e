// Command productinfo turns a repo of .proto files into versioned modules that
// people install.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/productinfo/productinfo/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), cli.Signals()...)
	// Once the first signal has begun an orderly end, a second ends at once.
	context.AfterFunc(ctx, stop)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

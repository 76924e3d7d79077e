package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/check"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/toolchain"
	"github.com/productinfo/productinfo/internal/workspace"
)

// The exit statuses.
const (
	exitOK          = 0
	exitFindings    = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitInterrupted = 130
)

// Signals are those that end a command in an orderly way: the context that [Run]
// is given is to end with them. A hang-up is none where it is ignored, as under
// nohup. Without them the plugins at work, which a signal to the terminal's group
// of processes does not reach, would live on.
func Signals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// printed is an error about which everything has been said already.
type printed struct{ error }

func (e printed) Unwrap() error { return e.error }

// exit prints what is left to be said of err and returns the exit status.
func (a *app) exit(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	status := a.status(ctx, err)
	var said printed
	if errors.As(err, &said) {
		return status
	}
	list := diagnostics(err)
	switch {
	case status == exitInterrupted:
		fmt.Fprintln(a.stderr, "productinfo: interrupted; no file is half-written, run the command again to finish")
	case list != nil:
		if err := a.print(a.stderr, list); err != nil {
			return exitEnvironment
		}
	default:
		fmt.Fprintf(a.stderr, "productinfo: %s\n", diag.Harmless(err.Error()))
		if help := remedy(err); help != "" {
			fmt.Fprintf(a.stderr, "  help: %s\n", help)
		}
		if status == exitUsage && !a.started {
			fmt.Fprintln(a.stderr, "run productinfo --help to see the commands, and productinfo COMMAND --help for one of them")
		}
	}
	return status
}

// remedy says what to do about an error that does not say so itself.
func remedy(err error) string {
	var unwritable *cache.Error
	if errors.As(err, &unwritable) {
		return "make it writable, name another folder in $PRODUCTINFO_CACHE, or work with --no-cache"
	}
	return ""
}

// diagnostics returns what err has of diagnostics, or nil.
func diagnostics(err error) diag.List {
	var (
		list    diag.List
		bufYAML *check.ConfigError
		lock    *toolchain.LockError
	)
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &bufYAML):
		return diag.List{bufYAML.Diagnostic}
	case errors.As(err, &lock):
		return diag.List{lock.Diagnostic}
	default:
		return nil
	}
}

func (a *app) status(ctx context.Context, err error) int {
	var (
		config  *workspace.Error
		bufYAML *check.ConfigError
		lock    *toolchain.LockError
		usage   usageError
		list    diag.List
	)
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case !a.started, errors.As(err, &usage):
		return exitUsage
	// A workspace's error is a list of diagnostics too, so it comes first.
	case errors.As(err, &config), errors.As(err, &bufYAML), errors.As(err, &lock):
		return exitUsage
	case errors.As(err, &list):
		return exitFindings
	default:
		return exitEnvironment
	}
}

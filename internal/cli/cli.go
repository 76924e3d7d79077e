// Package cli is the command line: one file a command, with its flags and what it
// prints. It is the only place that wires concrete parts together.
//
// Standard output carries the result, standard error progress and diagnostics.
// Exit statuses are decided in exit.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/diag"
)

// app is one run of the command.
type app struct {
	stdout, stderr io.Writer
	env            []string

	// The flags that all commands have.
	dir     string
	format  string
	jobs    int
	noCache bool
	quiet   bool
	verbose bool

	// started is set once a command's own code runs: errors before that are of
	// usage.
	started bool
	// base is the workspace's folder relative to the working directory, for
	// positions that people and editors can follow.
	base string
}

// Run runs the command with args, which do not include the program's name, and
// returns its exit status. It changes nothing of the process but reads its
// environment and working directory.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, env: os.Environ()}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exit(ctx, root.ExecuteContext(ctx))
}

// root returns the command with all its subcommands.
func (a *app) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "productinfo",
		Short: "From .proto files to versioned modules that people install",
		Long: `productinfo turns a repo of .proto files into Go modules under dist/: checked,
generated, and only as far as something has changed.

A repo becomes a workspace by a productinfo.yaml. Commands look for it in the
folder they are run in, or that -C names, and in the folders above.

The result of a command goes to standard output; progress, and what keeps the
command from its work, to standard error.

Exit status: 0 nothing to report, 1 findings, 2 bad usage or configuration,
3 the environment failed (a tool, the network, the disk), 130 interrupted.`,
		Example: `  productinfo init acme          a new API repo in acme/
  productinfo check              what is wrong with the protos
  productinfo build              bring dist/ up to date`,
		Version:       readVersions().Productinfo,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			a.started = true
			_, err := diag.ParseFormat(a.format)
			if err != nil {
				return usageError{err}
			}
			if a.quiet && a.verbose {
				return usageError{errors.New("--quiet and --verbose contradict each other: want one of them")}
			}
			if a.jobs < 1 {
				return usageError{fmt.Errorf("--jobs %d: want at least 1", a.jobs)}
			}
			return nil
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVarP(&a.dir, "directory", "C", ".", "work in `DIR`")
	flags.StringVar(&a.format, "format", string(diag.Text), "print findings and results as `FORMAT`: text, json or github")
	flags.IntVar(&a.jobs, "jobs", runtime.GOMAXPROCS(0), "do at most `N` things at once (default: one for each processor)")
	flags.Lookup("jobs").DefValue = "0" // so that help is the same on every machine
	flags.BoolVar(&a.noCache, "no-cache", false, "neither read nor write the cache")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print findings and results, but no progress")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "print more of what is done")
	cmd.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	complete(cmd, "directory", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	complete(cmd, "format", fixed(string(diag.Text), string(diag.JSON), string(diag.GitHub)))
	noCompletion(cmd, "jobs")
	cmd.AddCommand(a.initCommand(), a.checkCommand(), a.buildCommand(), a.toolsCommand(), a.cacheCommand(), a.versionCommand())
	cmd.InitDefaultHelpCmd()
	if help, _, err := cmd.Find([]string{"help"}); err == nil {
		help.Args = knownCommand // cobra's own answers any topic with success
	}
	return cmd
}

// knownCommand wants args to be the name of a command.
func knownCommand(help *cobra.Command, args []string) error {
	if _, rest, err := help.Root().Find(args); err != nil || len(rest) > 0 {
		return fmt.Errorf("no command %q to help with", strings.Join(args, " "))
	}
	return nil
}

// print writes findings in the chosen format.
func (a *app) print(w io.Writer, list diag.List) error {
	p := diag.Printer{Format: diag.Format(a.format), Base: a.base, Color: a.colored(w)}
	return p.Print(w, list)
}

// colored reports whether colour would be seen on w and is welcome there.
func (a *app) colored(w io.Writer) bool {
	return isTerminal(w) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// getenv returns the value of a variable of the environment.
func (a *app) getenv(name string) string {
	for i := len(a.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(a.env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// relativeBase returns dir as seen from the working directory, slash-separated.
func relativeBase(dir string) string {
	wd, err := os.Getwd()
	if err != nil {
		return filepath.ToSlash(dir)
	}
	rel, err := filepath.Rel(wd, dir)
	if err != nil {
		return filepath.ToSlash(dir)
	}
	return filepath.ToSlash(rel)
}

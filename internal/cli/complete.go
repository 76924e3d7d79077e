package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/schema"
	"github.com/productinfo/productinfo/internal/workspace"
)

// group makes cmd one that only holds others. It prints its help, and names them
// to whoever asks for one that does not exist.
func group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(commands...)
	cmd.Use += " COMMAND"
	cmd.DisableFlagsInUseLine = true
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var names []string
		for _, c := range commands {
			names = append(names, c.Name())
		}
		return usageError{fmt.Errorf("no command %q in %s: want %s", args[0], cmd.CommandPath(), strings.Join(names, " or "))}
	}
	return cmd
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, and there is %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// printJSON prints a result as one line of JSON.
func (a *app) printJSON(result any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}

// complete registers what a shell offers as a flag's value. The flag exists: it
// is a mistake in the program if not.
func complete(cmd *cobra.Command, flag string, values cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, values); err != nil {
		panic("cli.complete: " + err.Error())
	}
}

// noCompletion says that files are no values of these flags.
func noCompletion(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		complete(cmd, flag, cobra.NoFileCompletions)
	}
}

// fixed offers these values.
func fixed(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// completeModules offers the workspace's modules that args do not name yet.
func (a *app) completeModules(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, err := a.moduleNames()
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(args, name) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// moduleNames reads the workspace and writes nothing: pressing a key should not.
func (a *app) moduleNames() ([]string, error) {
	dir, err := workspace.Find(a.dir)
	if err != nil {
		return nil, err
	}
	ws, err := workspace.Load(dir)
	if err != nil {
		return nil, err
	}
	s := &session{app: a, ws: ws}
	index := digest.OpenIndex(filepath.Join(ws.Dir, stateName, "index"), ws.Dir, time.Now)
	if s.sources, err = schema.Scan(s.layout(ws.Dir), index); err != nil {
		return nil, err
	}
	modules, err := s.modules()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(modules))
	for i, m := range modules {
		names[i] = m.Name
	}
	return names, nil
}

// completeRef offers files, and the start of a git ref.
func completeRef(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	const git = "git:"
	switch {
	case strings.HasPrefix(typed, git):
		return nil, cobra.ShellCompDirectiveNoFileComp
	case typed != "" && strings.HasPrefix(git, typed):
		return []string{git}, cobra.ShellCompDirectiveNoSpace
	}
	return nil, cobra.ShellCompDirectiveDefault
}

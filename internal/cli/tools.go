package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/toolchain"
)

func (a *app) toolsCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "tools",
		Short: "The external programs that the workspace pins",
		Long: `Tools are the programs that productinfo runs besides itself: buf, and protoc
plugins such as protoc-gen-go-grpc. productinfo.yaml pins each as a Go package at
a version, or names it by its path; productinfo.lock, which is committed, has the
checksum of each package's module.

A tool is taken from the PATH when the program there is exactly the pinned one,
else from the tool cache, else it is built by the go command into the tool cache,
once. Build and check do so by themselves: these commands are for doing it ahead
of time, and for looking.`,
		Example: `  productinfo tools install            get all of them now
  productinfo tools install --locked   or fail where the lock would change (for CI)
  productinfo tools list               where each comes from`,
	}, a.toolsInstallCommand(), a.toolsListCommand())
}

func (a *app) toolsInstallCommand() *cobra.Command {
	var locked bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Get every pinned tool, and lock it",
		Long: `Install makes every tool of the workspace ready to run, building what is nowhere
to be found, and brings productinfo.lock up to date: tools that are new get their
checksum, those that the workspace has no more lose theirs.

A module whose checksum is not the locked one is always refused.`,
		Example: `  productinfo tools install
  productinfo tools install --locked   change nothing in productinfo.lock, or fail`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.toolsInstall(cmd.Context(), locked)
		},
	}
	cmd.Flags().BoolVar(&locked, "locked", false, "exit 2 where productinfo.lock would have to change")
	return cmd
}

func (a *app) toolsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show where each pinned tool comes from",
		Long: `List shows each tool of the workspace, how it is pinned, and where it would be
taken from: path (it is on the PATH), cache (the tool cache), file (the workspace
names it by its path) or build (it is nowhere yet, and built when it is needed).
It builds and writes nothing.`,
		Example: `  productinfo tools list
  productinfo tools list --format json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.toolsList() },
	}
}

// listedTool is what the tools commands print of a tool as JSON.
type listedTool struct {
	Name    string `json:"name"`
	Spec    string `json:"spec"`
	Source  string `json:"source"`
	Program string `json:"program,omitempty"`
	Sum     string `json:"sum,omitempty"`
	Problem string `json:"problem,omitempty"`
}

func (a *app) toolsInstall(ctx context.Context, locked bool) error {
	s, err := a.configured()
	if err != nil {
		return err
	}
	defer s.close()
	specs, err := s.specs()
	if err != nil {
		return err
	}
	tools := s.toolchain()
	tools.Frozen = locked
	resolved, err := tools.ResolveAll(ctx, specs)
	s.progress.Close()
	if err != nil {
		return err
	}
	list := make([]listedTool, len(resolved))
	for i, t := range resolved {
		list[i] = listedTool{Name: t.Name, Spec: t.Spec.String(), Source: string(t.Source), Program: t.Program, Sum: t.ModuleSum}
	}
	return a.printTools(list)
}

func (a *app) toolsList() error {
	s, err := a.configured()
	if err != nil {
		return err
	}
	defer s.close()
	specs, err := s.specs()
	if err != nil {
		return err
	}
	statuses, err := s.toolchain().List(specs)
	if err != nil {
		return err
	}
	list := make([]listedTool, len(statuses))
	for i, t := range statuses {
		list[i] = listedTool{
			Name: t.Name, Spec: t.Spec.String(), Source: string(t.Source),
			Program: t.Program, Sum: t.ModuleSum, Problem: t.Problem,
		}
	}
	return a.printTools(list)
}

// specs returns how the workspace pins each of its tools.
func (s *session) specs() ([]toolchain.Spec, error) {
	specs := make([]toolchain.Spec, len(s.ws.Tools))
	for i, tool := range s.ws.Tools {
		var err error
		if specs[i], err = toolchain.ParseSpec(tool.Name, tool.Spec); err != nil {
			return nil, usageError{err}
		}
	}
	return specs, nil
}

func (a *app) printTools(list []listedTool) error {
	if a.format == string(diag.JSON) {
		return a.printJSON(list)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TOOL\tPINNED AS\tFROM\tPROGRAM")
	for _, t := range list {
		program := t.Program
		if t.Problem != "" {
			program = strings.TrimSpace(program + " (" + t.Problem + ")")
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join([]string{t.Name, t.Spec, t.Source, program}, "\t"), "\t"))
	}
	return w.Flush()
}

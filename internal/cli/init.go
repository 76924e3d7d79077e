package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/workspace"
	"github.com/productinfo/productinfo/templates"
)

func (a *app) initCommand() *cobra.Command {
	var name, goModule string
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a new API repo",
		Long: `Init makes a folder an API repo: a productinfo.yaml with a comment on every key,
a first API below proto/ to be replaced by your own, a Makefile, a workflow for
GitHub, and a README that tells others how to change the API. DIR is made if need
be; without it the repo is made in the working directory.

Nothing is overwritten: where one of the files is there already, nothing is
written and all such files are named.

The Go modules that build makes get paths below --go-module. Without it that is
the place of dist/go in the git repo's remote "origin", or example.com/NAME where
there is no such remote.`,
		Example: `  productinfo init acme                                        a new repo in acme/
  productinfo init                                             here
  productinfo init acme --go-module github.com/acme/apis/dist/go`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("init makes one repo, not %d: want at most one folder", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := a.dir
			if len(args) == 1 && filepath.IsAbs(args[0]) {
				dir = args[0]
			} else if len(args) == 1 {
				dir = filepath.Join(a.dir, args[0])
			}
			return a.init(cmd.Context(), dir, name, goModule)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "call the workspace `NAME` (default: the folder's name)")
	cmd.Flags().StringVar(&goModule, "go-module", "", "make Go modules below `PATH`, such as github.com/acme/apis/dist/go")
	noCompletion(cmd, "name", "go-module")
	return cmd
}

func (a *app) init(ctx context.Context, dir, name, goModule string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if name == "" {
		name = workspace.DefaultName(abs)
	} else if err := workspace.CheckName(name); err != nil {
		return usageError{fmt.Errorf("--name: %w", err)}
	}
	placeholder := false
	if goModule == "" {
		var ok bool
		if goModule, ok = remoteGoModule(ctx, abs, a.env); !ok {
			goModule, placeholder = "example.com/"+name+"/"+distName+"/go", true
		}
	} else if err := module.CheckPath(goModule); err != nil {
		return usageError{fmt.Errorf("--go-module: %w; want a path such as %q", err, "github.com/acme/apis/dist/go")}
	}
	files, err := templates.Init(templates.InitData{Name: name, GoModule: goModule, ToolVersion: readVersions().Productinfo})
	if err != nil {
		return usageError{err}
	}
	if err := refuseExisting(dir, files); err != nil {
		return err
	}
	if err := writeNew(dir, files); err != nil {
		return err
	}
	return a.printInit(dir, name, goModule, placeholder, files)
}

// refuseExisting is an error where one of the files, or something else by its
// name, is in dir already.
func refuseExisting(dir string, files []templates.File) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return usageError{fmt.Errorf("%s is a file: want a folder, or the name of one that is to be made", dir)}
	}
	var there []string
	for _, f := range files {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path)))
		switch {
		case err == nil:
			there = append(there, "  "+f.Path)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if len(there) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("init overwrites nothing, and %s has already\n%s\nmove what is there away, or run init in another folder and copy from it what you want", filepath.ToSlash(dir), strings.Join(there, "\n"))}
}

// writeNew writes the files, all or none of them, and in nobody's place: one that
// has come since it was looked for stays.
func writeNew(dir string, files []templates.File) error {
	for i, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = atomicfile.Create(path, f.Content)
		}
		if err == nil {
			continue
		}
		for _, written := range files[:i] {
			os.Remove(filepath.Join(dir, filepath.FromSlash(written.Path)))
		}
		return err
	}
	return nil
}

// initialized is what init prints as JSON.
type initialized struct {
	Dir      string   `json:"dir"`
	Name     string   `json:"name"`
	GoModule string   `json:"go_module"`
	Files    []string `json:"files"`
}

func (a *app) printInit(dir, name, goModule string, placeholder bool, files []templates.File) error {
	made := initialized{Dir: filepath.ToSlash(dir), Name: name, GoModule: goModule}
	first := ""
	for _, f := range files {
		made.Files = append(made.Files, f.Path)
		if strings.HasSuffix(f.Path, ".proto") {
			first = f.Path
		}
	}
	if a.format == string(diag.JSON) {
		return a.printJSON(made)
	}
	if a.quiet {
		return nil
	}
	in := ""
	if made.Dir != "." {
		in = " -C " + made.Dir
	}
	var out strings.Builder
	fmt.Fprintf(&out, "made the API repo %s in %s:\n  %s\n\nnext:\n", name, made.Dir, strings.Join(made.Files, "\n  "))
	fmt.Fprintf(&out, "  productinfo%s check   tells what is wrong with the protos: nothing so far\n", in)
	fmt.Fprintf(&out, "  productinfo%s build   makes Go modules of them in dist/go/\n", in)
	fmt.Fprintf(&out, "  then replace %s by an API of your own\n", first)
	if placeholder {
		fmt.Fprintf(&out, "\nthere is no git remote to name the Go modules after, so they are below %s:\n"+
			"set targets.go.module in productinfo.yaml before anyone imports them\n", goModule)
	}
	_, err := io.WriteString(a.stdout, out.String())
	return err
}

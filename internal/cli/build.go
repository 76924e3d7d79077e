package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/engine"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/workspace"
)

func (a *app) buildCommand() *cobra.Command {
	var check bool
	var targets []string
	cmd := &cobra.Command{
		Use:   "build [MODULE…]",
		Short: "Bring dist/ up to date with the protos",
		Long: `Build compiles the protos and generates what has changed into dist/: for the
target go, a Go module in dist/go/MODULE with messages, stubs, fakes, go.mod and
LICENSE. With modules named, the others stay as they are in dist/.

What was generated before, here or by anyone who shares the cache, is taken from
there. Only files that differ are written, each at once; files that are no longer
made are removed; a file in dist/ that the tool did not write is an error, and
then nothing is written. Builds of one workspace take turns.

With --check nothing is written: each file that is missing, outdated or left over
is a finding, and with any the exit status is 1. A tool that productinfo.lock does
not have is an error then, with exit status 2.`,
		Example: `  productinfo build                          all modules
  productinfo build ecommerce                one of them
  productinfo build --check                  is dist/ what the protos give? (for CI)
  productinfo build --check --format github  the same, as annotations
  productinfo build --format json            what was done, for a program`,
		ValidArgsFunction: a.completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, target := range targets {
				if target != "go" {
					return usageError{fmt.Errorf("no target %q: want go", target)}
				}
			}
			return a.build(cmd.Context(), args, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 1 where dist/ is stale")
	cmd.Flags().StringArrayVar(&targets, "target", nil, "build `TARGET` only: go (may be repeated; default: all of them)")
	complete(cmd, "target", fixed("go"))
	return cmd
}

func (a *app) build(ctx context.Context, names []string, check bool) error {
	s, err := a.openLocked(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	generators, err := s.generators(ctx, check)
	if err != nil {
		return err
	}
	license, err := s.license()
	if err != nil {
		return err
	}
	goMod := &generate.GoModTidy{Require: s.ws.Go.Require, Env: a.env}
	e := &engine.Engine{Cache: s.cache, Index: s.index, Jobs: a.jobs, Progress: s.progress, GoModFile: goMod}
	dist := &engine.Dist{
		Dir:     filepath.Join(s.ws.Dir, distName),
		Name:    distName,
		Journal: filepath.Join(s.state, "pending.json"),
		Jobs:    a.jobs,
	}
	modules, err := s.modules()
	if err != nil {
		return err
	}
	if _, err := only(modules, names); err != nil {
		return err
	}
	sum, err := e.Build(ctx, dist, engine.Request{
		Key:      func() digest.Digest { return s.buildKey(generators, goMod, license) },
		Imported: s.sources.Digest,
		Plan: func(ctx context.Context) (*engine.Plan, error) {
			image, err := s.compile(ctx, modules)
			if err != nil {
				return nil, err
			}
			return &engine.Plan{
				Image: image, Modules: modules, GoModule: s.ws.Go.Module,
				Generators: generators, License: license,
			}, nil
		},
		Only:  names,
		Check: check,
	})
	s.progress.Close()
	if err == nil {
		s.index.Trim()
	}
	s.save()
	var list diag.List
	if check && errors.As(err, &list) {
		if err := a.print(a.stdout, list); err != nil {
			return err
		}
		return printed{list}
	}
	if err != nil {
		return err
	}
	return a.printSummary(sum, len(modules), check)
}

// generators returns the target's generators, resolving the programs that some
// of them are. When these are frozen, those that are not in the lock file are an
// error.
func (s *session) generators(ctx context.Context, frozen bool) ([]generate.Generator, error) {
	var generators []generate.Generator
	tools := s.toolchain()
	tools.Frozen = frozen
	s.progress.Stage("tools", 0)
	for _, g := range s.ws.Go.Generators {
		switch g.Name {
		case "go":
			generators = append(generators, generate.GoMessages(s.build, g.Options))
			continue
		case "productinfo":
			generators = append(generators, generate.OwnPlugin(s.build, g.Options))
			continue
		}
		spec, err := s.spec(g.Tool)
		if err != nil {
			return nil, err
		}
		tool, err := tools.Resolve(ctx, spec)
		if err != nil {
			return nil, err
		}
		inputs, err := s.inputs(g)
		if err != nil {
			return nil, err
		}
		generators = append(generators, &generate.Program{
			Generator: g.Name,
			Path:      tool.Program,
			Digest:    digest.Digest(tool.Digest),
			Options:   g.Options,
			Inputs:    inputs,
			Calls:     generate.Traits{Batch: g.Strategy == workspace.StrategyBatch, ServicesOnly: g.Name == "go-grpc", Inserts: g.Inserts},
			Timeout:   g.Timeout,
			Env:       s.app.env,
		})
	}
	return generators, nil
}

// inputs reads the files that a generator's program needs, which may lie nowhere
// but in the workspace, links or not.
func (s *session) inputs(g workspace.Generator) ([]generate.InputFile, error) {
	if len(g.Inputs) == 0 {
		return nil, nil
	}
	root, err := os.OpenRoot(s.ws.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	inputs := make([]generate.InputFile, len(g.Inputs))
	for i, path := range g.Inputs {
		content, err := root.ReadFile(filepath.FromSlash(path))
		if err != nil {
			return nil, fmt.Errorf("generator %q: %w", g.Name, err)
		}
		inputs[i] = generate.InputFile{Path: path, Content: content}
	}
	return inputs, nil
}

// license returns the text that each module carries: the workspace's own.
func (s *session) license() ([]byte, error) {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		content, err := os.ReadFile(filepath.Join(s.ws.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return content, err
	}
	return nil, nil
}

// buildKey covers all that dist/ depends on, save for imported files.
func (s *session) buildKey(generators []generate.Generator, goMod *generate.GoModTidy, license []byte) digest.Digest {
	h := digest.NewHasher("productinfo workspace")
	h.String(s.build)
	h.String(s.ws.Name)
	h.String(s.ws.Go.Module)
	h.Strings(s.ws.Roots)
	h.Strings(s.ws.Vendor)
	var patterns, bufModules, names []string
	for _, pattern := range s.ws.Modules {
		patterns = append(patterns, pattern.Glob)
	}
	for _, m := range s.ws.BufModules {
		bufModules = append(bufModules, m.Root, m.Name)
	}
	for _, g := range generators {
		names = append(names, g.Name(), g.Identity().String())
	}
	h.Strings(patterns)
	h.Strings(bufModules)
	h.Strings(names)
	h.Digest(goMod.Identity())
	h.String(string(license))
	for _, src := range s.sources.Own() {
		h.String(src.Path)
		h.String(src.Name)
		h.Digest(src.Digest)
	}
	return h.Sum()
}

// summary is what build prints as JSON.
type summary struct {
	Modules   int `json:"modules"`
	Files     int `json:"files"`
	Written   int `json:"written"`
	Removed   int `json:"removed"`
	Generated int `json:"generated"`
	Cached    int `json:"cached"`
}

func (a *app) printSummary(sum engine.Summary, modules int, check bool) error {
	if a.format == string(diag.JSON) {
		return json.NewEncoder(a.stdout).Encode(summary{modules, sum.Files, sum.Written, sum.Removed, sum.Generated, sum.Cached})
	}
	if a.quiet {
		return nil
	}
	_, err := fmt.Fprintln(a.stdout, describe(sum, modules, check))
	return err
}

func describe(sum engine.Summary, modules int, check bool) string {
	what := fmt.Sprintf("dist/: %s in %s", count(sum.Files, "file"), count(modules, "module"))
	switch {
	case check, sum.Written+sum.Removed == 0:
		return what + ", up to date"
	default:
		return fmt.Sprintf("%s; %d written, %d removed (%s generated, %d cached)",
			what, sum.Written, sum.Removed, count(sum.Generated, "unit"), sum.Cached)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/experimental/fdp"
	"github.com/bufbuild/protocompile/experimental/incremental"
	"github.com/bufbuild/protocompile/experimental/incremental/queries"
	"github.com/bufbuild/protocompile/experimental/ir"
	"github.com/bufbuild/protocompile/experimental/report"
	"github.com/bufbuild/protocompile/experimental/source"
	"github.com/bufbuild/protocompile/experimental/source/length"
	"golang.org/x/sync/errgroup"

	"github.com/productinfo/productinfo/internal/diag"
)

// frontend runs the compiler. It remembers what it parsed, so that the rounds of
// one compilation parse each file once.
type frontend struct {
	sources  *Sources
	jobs     int
	executor *incremental.Executor
	session  *ir.Session
	options  *optionTypes
	compiled func(path string)
}

func newFrontend(sources *Sources, jobs int, compiled func(path string)) *frontend {
	return &frontend{
		sources:  sources,
		jobs:     max(jobs, 1),
		compiled: compiled,
		executor: incremental.New(
			incremental.WithParallelism(int64(max(jobs, 1))),
			// Files that are not compiled again cannot repeat their warnings, so
			// none are shown.
			incremental.WithReportOptions(report.Options{SuppressWarnings: true}),
		),
		session: new(ir.Session),
		options: newOptionTypes(),
	}
}

// chunk is how many files are compiled in one go. While the compiler is at one
// chunk, which keeps not all processors busy, the descriptors of the one before
// are made.
const chunk = 128

// compile compiles files and whatever they import, and returns the former in
// order, or their faults.
func (fe *frontend) compile(ctx context.Context, paths []string) ([]*File, diag.List, error) {
	var all report.Report
	failed := false
	files := make([]*File, len(paths))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(fe.jobs)
	for start := 0; start < len(paths); start += chunk {
		part := paths[start:min(start+chunk, len(paths))]
		asked := make([]incremental.Query[*ir.File], len(part))
		for i, path := range part {
			asked[i] = queries.IR{Opener: fe.sources, Session: fe.session, Path: path}
		}
		results, rep, err := incremental.Run(groupCtx, fe.executor, asked...)
		if err != nil {
			return nil, nil, errors.Join(group.Wait(), err)
		}
		all.Diagnostics = append(all.Diagnostics, rep.Diagnostics...)
		failed = failed || slices.ContainsFunc(rep.Diagnostics, isError)
		if failed {
			continue // for the faults of the others
		}
		group.Go(func() error {
			for i, result := range results {
				if result.Fatal != nil {
					return fmt.Errorf("%s: %w", part[i], result.Fatal)
				}
				f, err := fe.describe(result.Value)
				if err != nil {
					return fmt.Errorf("%s: %w", part[i], err)
				}
				files[start+i] = f
				if fe.compiled != nil {
					fe.compiled(part[i])
				}
			}
			return groupCtx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	if failed {
		all.Canonicalize() // files have imports, and so their faults, in common
		faults, err := fe.circles(ctx, paths, fe.faults(&all))
		return nil, faults, err
	}
	return files, nil, nil
}

func isError(d report.Diagnostic) bool { return d.Level() <= report.Error }

// describe makes a compiled file's descriptor.
func (fe *frontend) describe(f *ir.File) (*File, error) {
	// The extra locations are those that buf's lint and breaking rules point at.
	fd, err := fdp.DescriptorProto(f, fdp.IncludeSourceCodeInfo(true), fdp.GenerateExtraOptionLocations(true))
	if err != nil {
		return nil, err
	}
	types, err := fe.options.of(f)
	if err != nil {
		return nil, err
	}
	return newFile(fd, types)
}

// link links each list of files and returns the faults of that: names that are
// declared twice.
func (fe *frontend) link(ctx context.Context, groups [][]string) (diag.List, error) {
	asked := make([]incremental.Query[[]*ir.File], len(groups))
	for i, paths := range groups {
		asked[i] = queries.Link{Opener: fe.sources, Session: fe.session, Workspace: source.NewWorkspace(paths...)}
	}
	_, rep, err := incremental.Run(ctx, fe.executor, asked...)
	if err != nil {
		return nil, err
	}
	return fe.faults(rep), nil
}

// faults turns the compiler's report into diagnostics.
func (fe *frontend) faults(rep *report.Report) diag.List {
	var list diag.List
	for _, d := range rep.Diagnostics {
		if !isError(d) {
			continue
		}
		// The compiler names a file that it could not open by its import path.
		if fault, ok := fe.sources.fault(d.File()); ok {
			list = append(list, fault)
			continue
		}
		notes := slices.Clone(d.Notes())
		if strings.Contains(d.Message(), "imported file does not exist") {
			d.Apply(report.Notef("searched: %s", fe.sources.searched()))
			notes = append(notes, "searched: "+fe.sources.searched())
		}
		text, _, _ := report.Renderer{}.RenderString(&report.Report{Diagnostics: []report.Diagnostic{d}})
		list = append(list, diag.Diagnostic{
			Rule:     "compile",
			Position: position(&d),
			Message:  d.Message(),
			Notes:    notes,
			Help:     strings.Join(d.Help(), "; "),
			Rendered: excerpt(text),
		})
	}
	list.Sort()
	return list
}

func position(d *report.Diagnostic) diag.Position {
	span := d.Primary()
	if span.IsZero() {
		return diag.Position{File: d.File()}
	}
	start := span.Location(span.Start, length.Bytes)
	end := span.Location(span.End, length.Bytes)
	return diag.Position{
		File: span.Path(),
		Line: start.Line, Column: start.Column,
		EndLine: end.Line, EndColumn: end.Column,
	}
}

// maxLine is the longest line, in bytes, that is worth showing: an excerpt of
// generated or binary text only fills the screen.
const maxLine = 1000

// excerpt returns what the renderer made without its last line, which counts the
// errors of the report: here always one. It is empty if nobody could read it.
func excerpt(text string) string {
	text = strings.TrimRight(text, "\n")
	if i := strings.LastIndex(text, "\n"); i >= 0 && strings.HasPrefix(text[i+1:], "encountered ") {
		text = strings.TrimRight(text[:i], "\n")
	}
	for line := range strings.Lines(text) {
		if len(line) > maxLine {
			return ""
		}
	}
	return text
}

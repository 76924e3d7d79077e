package schema

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/experimental/ast"
	"github.com/bufbuild/protocompile/experimental/incremental"
	"github.com/bufbuild/protocompile/experimental/incremental/queries"
	"github.com/bufbuild/protocompile/experimental/ir"
	"github.com/bufbuild/protocompile/experimental/report"

	"github.com/productinfo/productinfo/internal/diag"
)

// importStatement is an import as a file has it.
type importStatement struct {
	from, to string // import paths
	decl     ast.DeclImport
}

// circles replaces what the compiler says of files that import each other in a
// circle. It says that of whichever file it happened to get to last, and of the
// others that they lack what they import, so that no two runs say the same.
//
// Faults of files that have nothing to do with a circle stay.
func (fe *frontend) circles(ctx context.Context, paths []string, faults diag.List) (diag.List, error) {
	found := func(d diag.Diagnostic) bool { return strings.HasPrefix(d.Message, "detected cyclic import") }
	if !slices.ContainsFunc(faults, found) {
		return faults, nil
	}
	imports, err := fe.imports(ctx, paths)
	if err != nil {
		return nil, err
	}
	var rep report.Report
	circles := circlesIn(imports)
	for _, circle := range circles {
		last := circle[len(circle)-1]
		names := []string{circle[0].from}
		for _, statement := range circle {
			names = append(names, statement.to)
		}
		d := rep.Errorf("import cycle: %s", strings.Join(names, " → "))
		d.Apply(report.Snippetf(last.decl, "imported here"))
		for _, statement := range circle[:len(circle)-1] {
			d.Apply(report.Snippetf(statement.decl, "%q imports %q", statement.from, statement.to))
		}
	}
	if len(circles) == 0 {
		return faults, nil
	}
	names := make(map[string]bool)
	for path := range reaching(imports, circles) {
		if src, err := fe.sources.find(path); err == nil {
			names[src.Name] = true
		}
	}
	rest := slices.DeleteFunc(faults, func(d diag.Diagnostic) bool { return found(d) || names[d.File] })
	list := append(fe.faults(&rep), rest...)
	list.Sort()
	return list, nil
}

// imports returns the imports of files, and of all that they import, by path.
func (fe *frontend) imports(ctx context.Context, paths []string) (map[string][]importStatement, error) {
	all := make(map[string][]importStatement)
	for len(paths) > 0 {
		asked := make([]incremental.Query[*ast.File], len(paths))
		for i, path := range paths {
			asked[i] = queries.AST{Opener: fe.sources, Path: path}
			all[path] = nil
		}
		results, _, err := incremental.Run(ctx, fe.executor, asked...)
		if err != nil {
			return nil, err
		}
		var next []string
		for i, result := range results {
			if result.Fatal != nil {
				continue // a file that there is not, which another fault says
			}
			for decl := range result.Value.Imports() {
				to := ir.CanonicalizeFilePath(decl.ImportPath().AsLiteral().AsString().Text())
				all[paths[i]] = append(all[paths[i]], importStatement{paths[i], to, decl})
				if _, seen := all[to]; !seen && !slices.Contains(next, to) {
					next = append(next, to)
				}
			}
		}
		paths = next
	}
	return all, nil
}

// circlesIn returns a circle for each import that closes one, in the order of
// paths and imports.
func circlesIn(imports map[string][]importStatement) [][]importStatement {
	var circles [][]importStatement
	var trail []importStatement
	at := make(map[string]int) // where on the trail a file is, from 1; -1 when done
	var visit func(path string)
	visit = func(path string) {
		at[path] = len(trail) + 1
		for _, statement := range imports[path] {
			trail = append(trail, statement)
			switch i := at[statement.to]; {
			case i == 0:
				visit(statement.to)
			case i > 0:
				circles = append(circles, slices.Clone(trail[i-1:]))
			}
			trail = trail[:len(trail)-1]
		}
		at[path] = -1
	}
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		if at[path] == 0 {
			visit(path)
		}
	}
	return circles
}

// reaching returns the files of the circles and those that import these.
func reaching(imports map[string][]importStatement, circles [][]importStatement) map[string]bool {
	importers := make(map[string][]string)
	for _, statements := range imports {
		for _, s := range statements {
			importers[s.to] = append(importers[s.to], s.from)
		}
	}
	reached := make(map[string]bool)
	var visit func(path string)
	visit = func(path string) {
		if reached[path] {
			return
		}
		reached[path] = true
		for _, importer := range importers[path] {
			visit(importer)
		}
	}
	for _, circle := range circles {
		visit(circle[0].from)
	}
	return reached
}

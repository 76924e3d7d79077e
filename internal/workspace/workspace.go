package workspace

import (
	"path"
	"strings"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
)

// FileName is the file that makes its folder a workspace.
const FileName = "productinfo.yaml"

// bufFileName is buf's own configuration.
const bufFileName = "buf.yaml"

// Workspace is an API repo: its configuration with defaults filled in. It is
// read-only once loaded, so goroutines may share it.
type Workspace struct {
	// Dir is the absolute path of the folder that holds productinfo.yaml.
	Dir string
	// Name is the name of the only module when there are neither Modules nor
	// BufModules.
	Name string
	// Roots are the import roots: folders that exist, slash-separated, clean,
	// relative to Dir, in the order in which the file lists them.
	Roots []string
	// Vendor are the import-only roots, in the form of Roots. One may lie in a
	// root; what is in it is vendored all the same.
	Vendor []string
	// Excludes are folders, in the form of Roots, that buf.yaml takes out of the
	// roots that it sets. They need not exist.
	Excludes []string
	// Modules match directories below a root, each a module. Nil means a single
	// module named Name over all roots, unless there are BufModules.
	Modules []Pattern
	// BufModules are the modules that buf.yaml lists, when it lists several and
	// productinfo.yaml has neither roots nor modules.
	BufModules []BufModule
	// BufYAML is "buf.yaml" if the workspace has one, whose lint and breaking
	// sections then win over Check, and else empty.
	BufYAML string
	// Unstable match the directories of packages, below a root, that may break.
	Unstable []Pattern
	Go       GoTarget
	Check    Check
	// Tools are the external programs, defaults included, sorted by name.
	Tools []Tool
}

// Pattern matches directories, element by element, with the syntax of
// [path.Match].
type Pattern struct {
	Glob string
	Pos  diag.Position
}

// Match reports whether the pattern matches the whole of dir, a slash-separated
// path relative to a root.
func (p Pattern) Match(dir string) bool {
	// Globs are checked when they are loaded; one that is malformed matches
	// nothing.
	ok, err := path.Match(p.Glob, dir)
	return ok && err == nil
}

// BufModule is a module of buf.yaml: all of one root.
type BufModule struct {
	// Root is one of the workspace's roots.
	Root string
	// Name is a valid module name, unique among the modules.
	Name string
	// Pos is the module's entry in buf.yaml.
	Pos diag.Position
}

// GoTarget says how Go is generated.
type GoTarget struct {
	// Module is a Go module path. A module's own is this, "/" and its name.
	Module string
	// Generators run in this order; there is one at least.
	Generators []Generator
	// Require lists module@version that generated code needs in go.mod.
	Require []string
}

// Strategies of a [Generator].
const (
	// StrategyUnit runs a program once for each unit.
	StrategyUnit = "unit"
	// StrategyBatch runs a program once for many units.
	StrategyBatch = "batch"
)

// Generator is an entry of targets.go.generators.
type Generator struct {
	Name string
	// Tool is the program's name in Workspace.Tools; empty for a generator that
	// runs inside productinfo.
	Tool string
	// Options are the generator's parameters, without commas.
	Options []string
	// Inputs are files that the program reads besides its request: clean,
	// slash-separated paths, relative to Workspace.Dir, of regular files in it.
	Inputs []string
	// Strategy is StrategyUnit or StrategyBatch.
	Strategy string
	// Timeout bounds one run of the program. It is above 0.
	Timeout time.Duration
	// Inserts are generators, listed before this one, into whose files it may
	// insert text.
	Inserts []string
	// Pos is the entry; for a default, the go section.
	Pos diag.Position
}

// Check names buf's categories and rules.
type Check struct {
	Lint     []string
	Except   []string
	Breaking []string
}

// Tool is an external program.
type Tool struct {
	Name string
	// Spec is package@version, or a path: absolute, or relative to the workspace
	// and then beginning with "./" or "../".
	Spec string
	// Pos is the entry; for a default, the file alone.
	Pos diag.Position
}

// Error is what is wrong with a workspace's files, or that there is none. Its
// findings are sorted and all of them are errors.
type Error struct{ diag.List }

// Error returns the faults, a line each, with what to do about them.
func (e *Error) Error() string {
	lines := make([]string, len(e.List))
	for i, d := range e.List {
		lines[i] = d.String()
		if d.Help != "" {
			lines[i] += "; " + d.Help
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults as a [diag.List].
func (e *Error) Unwrap() error { return e.List }

package workspace

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/mod/module"

	"github.com/productinfo/productinfo/internal/diag"
)

// defaultTimeout bounds one run of a generator's program.
const defaultTimeout = 60 * time.Second

// goTarget is targets.go while it is read: its generators can be checked only
// when the tools are known, which may stand further down.
type goTarget struct {
	module     string
	require    []string
	generators []Generator
	// hasModule and hasGenerators tell a faulty value from none. A faulty section
	// counts as having a module: what it lacks is not known.
	hasModule, hasGenerators bool
	// inputs are those of all generators.
	inputs []text
	// pos is that of the key go, unknown without one.
	pos diag.Position
}

// read takes the targets section.
func (g *goTarget) read(r *reader, n ast.Node, path string) {
	if n.Type() == ast.NullType {
		return
	}
	read := false
	found := r.mapping(n, path, field{"go", func(n ast.Node, path string) {
		read = true
		g.section(r, n, path)
	}})
	pos, ok := found["go"]
	g.pos = pos
	if found == nil || ok && !read {
		g.hasModule = true
	}
}

// section takes targets.go.
func (g *goTarget) section(r *reader, n ast.Node, path string) {
	if n.Type() == ast.NullType {
		return
	}
	found := r.mapping(n, path,
		field{"module", func(n ast.Node, path string) {
			t, ok := r.text(n, path)
			if !ok {
				return
			}
			if err := module.CheckPath(t.value); err != nil {
				r.fault(t.pos, "write a path such as github.com/acme/apis/dist/go", "%q is no Go module path: %v", t.value, reason(err))
			}
			g.module = t.value
		}},
		field{"generators", func(n ast.Node, path string) {
			g.hasGenerators = true
			r.some(n, path, "remove the key for the default")
			for i, item := range r.items(n, path, "a list of generators") {
				if gen, inputs, ok := r.generator(item, fmt.Sprintf("%s[%d]", path, i)); ok {
					g.generators = append(g.generators, gen)
					g.inputs = append(g.inputs, inputs...)
				}
			}
		}},
		field{"require", func(n ast.Node, path string) { g.require = r.require(n, path) }},
	)
	_, ok := found["module"]
	g.hasModule = ok || found == nil
}

// finish returns the target with defaults, after checking it against the tools.
// What is missing is missing at pos.
func (g *goTarget) finish(r *reader, tools toolSet, pos diag.Position) GoTarget {
	if !g.hasModule {
		r.fault(pos, "set it to the Go path of the repo's dist/go folder, such as github.com/acme/apis/dist/go",
			"targets.go.module is missing")
	}
	if !g.hasGenerators {
		for _, name := range []string{"go", "go-grpc", "productinfo"} {
			g.generators = append(g.generators, newGenerator(name, pos))
		}
	}
	seen := map[string]bool{}
	for _, gen := range g.generators {
		for _, into := range gen.Inserts {
			if !seen[into] {
				r.fault(gen.Pos, "name generators that are listed before it", "generator %q inserts into the files of %q, which does not run before it", gen.Name, into)
			}
		}
		if seen[gen.Name] {
			r.fault(gen.Pos, "", "generator %q is listed twice", gen.Name)
			continue
		}
		seen[gen.Name] = true
		if _, ok := tools[gen.Tool]; gen.Tool == "" || ok {
			continue
		}
		known := []string{"go", "go-grpc", "productinfo"}
		for _, t := range tools.sorted() {
			if name, ok := strings.CutPrefix(t.Name, "protoc-gen-"); ok {
				known = append(known, name)
			}
		}
		message := fmt.Sprintf("generator %q needs the program %q, which tools does not have", gen.Name, gen.Tool)
		if meant, ok := nearest(gen.Name, known); ok && meant != gen.Name {
			message += fmt.Sprintf(": did you mean %q?", meant)
		}
		r.fault(gen.Pos, fmt.Sprintf("add `%s: <Go package>@<version>` or `%[1]s: ./path` to tools", gen.Tool), "%s", message)
	}
	return GoTarget{Module: g.module, Generators: g.generators, Require: g.require}
}

// newGenerator returns a generator with its defaults.
func newGenerator(name string, pos diag.Position) Generator {
	g := Generator{Name: name, Strategy: StrategyUnit, Timeout: defaultTimeout, Pos: pos}
	if !inProcess(name) {
		g.Tool = "protoc-gen-" + name
	}
	if name == "go-grpc" {
		g.Strategy = StrategyBatch
	}
	return g
}

// inProcess reports whether a generator runs inside productinfo.
func inProcess(name string) bool {
	return name == "go" || name == "productinfo"
}

// generator reads an entry of the list: a name or a mapping. It returns the
// generator's inputs with their places, too: whether they exist is yet to be seen.
func (r *reader) generator(n ast.Node, where string) (Generator, []text, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		t, ok := r.text(n, where)
		if !ok || !r.programName(t, where) {
			return Generator{}, nil, false
		}
		return newGenerator(t.value, t.pos), nil, true
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		r.wrong(n, where, "a generator's name, a string, or a mapping")
		return Generator{}, nil, false
	}

	// The defaults hang on the name, which may come last.
	var name, tool, strategy text
	var timeout time.Duration
	var options, inputs []text
	var inserts []string
	word := func(to *text) func(ast.Node, string) {
		return func(n ast.Node, path string) { *to, _ = r.text(n, path) }
	}
	found := r.mapping(n, where,
		field{"name", word(&name)},
		field{"tool", word(&tool)},
		field{"options", func(n ast.Node, path string) { options = r.options(n, path) }},
		field{"inputs", func(n ast.Node, path string) { inputs = r.folders(n, path) }},
		field{"strategy", word(&strategy)},
		field{"timeout", func(n ast.Node, path string) { timeout = r.duration(n, path) }},
		field{"inserts", func(n ast.Node, path string) { inserts = values(r.texts(n, path)) }},
	)
	if _, ok := found["name"]; !ok {
		r.fault(r.at(n), "add `name: go` or another generator", "%s.name is missing", where)
	}
	if strategy.value != "" && strategy.value != StrategyUnit && strategy.value != StrategyBatch {
		r.fault(strategy.pos, "", "unknown strategy %q: want %q or %q", strategy.value, StrategyUnit, StrategyBatch)
	}
	toolValid := tool.value == "" || r.programName(tool, where+".tool")
	if name.value == "" || !r.programName(name, where+".name") || !toolValid {
		return Generator{}, nil, false
	}
	g := newGenerator(name.value, r.at(n))
	if g.Tool == "" {
		for _, key := range []string{"tool", "inputs", "strategy", "timeout", "inserts"} {
			if pos, ok := found[key]; ok {
				r.fault(pos, "remove the key", "generator %q runs inside productinfo and has no %s", g.Name, key)
			}
		}
		for _, option := range options {
			r.ownOption(g.Name, option)
		}
	} else if tool.value != "" {
		g.Tool = tool.value
	}
	if strategy.value != "" {
		g.Strategy = strategy.value
	}
	if timeout > 0 {
		g.Timeout = timeout
	}
	g.Options, g.Inputs, g.Inserts = values(options), values(inputs), inserts
	return g, inputs, true
}

// options reads a generator's parameters.
func (r *reader) options(n ast.Node, path string) []text {
	list := r.texts(n, path)
	for _, t := range list {
		if strings.Contains(t.value, ",") {
			r.fault(t.pos, "make it two entries", "option %q has a comma, which protoc splits options at", t.value)
		}
	}
	return list
}

// ownOption reports an option that a generator inside productinfo does not have.
// protoc's others for Go plugins say where files go, which is productinfo's to say.
func (r *reader) ownOption(generator string, option text) {
	key, value, _ := strings.Cut(option.value, "=")
	const help = "remove it: productinfo says itself where files go and what their Go packages are"
	file, perFile := strings.CutPrefix(key, "apilevelM")
	levels := []string{"API_OPEN", "API_HYBRID", "API_OPAQUE"}
	switch {
	case generator != "go":
		r.fault(option.pos, help, "generator %q has no option %q: it has none at all", generator, key)
	case key != "default_api_level" && (!perFile || file == ""):
		r.fault(option.pos, help, "generator %q has no option %q: want default_api_level=<level> or apilevelM<file>=<level>", generator, key)
	case !slices.Contains(levels, value):
		r.fault(option.pos, "", "option %q: unknown API level %q: want one of %s", key, value, strings.Join(levels, ", "))
	}
}

// duration reads a span of time above 0, and returns 0 after a fault.
func (r *reader) duration(n ast.Node, path string) time.Duration {
	if _, ok := n.(*ast.StringNode); !ok {
		r.wrong(n, path, "a duration such as 60s")
		return 0
	}
	t, ok := r.text(n, path)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(t.value)
	switch {
	case err != nil:
		r.fault(t.pos, "write a number with its unit, such as 90s or 2m", "%s %q is no duration", path, t.value)
	case d <= 0:
		r.fault(t.pos, "", "%s %q is not above 0", path, t.value)
		return 0
	}
	return d
}

// require reads a list of module@version.
func (r *reader) require(n ast.Node, where string) []string {
	list := r.texts(n, where)
	var paths []string
	for _, t := range list {
		path, version, _ := strings.Cut(t.value, "@")
		err := module.CheckPath(path)
		if err != nil {
			r.fault(t.pos, "", "%q is no Go module path: %v", path, reason(err))
			continue
		}
		if err := checkVersion(version); err != nil {
			r.fault(t.pos, "write module@version, such as example.com/runtime@v1.2.3", "%q %v", t.value, err)
			continue
		}
		if err := module.Check(path, version); err != nil {
			r.fault(t.pos, "", "%q: the major version of the path is not that of %s", t.value, version)
		}
		if slices.Contains(paths, path) {
			r.fault(t.pos, "", "%s lists %q twice", where, path)
		}
		paths = append(paths, path)
	}
	return values(list)
}

// checkVersion reports why a version does not name one release. The error
// continues a sentence that begins with what has the version.
func checkVersion(version string) error {
	switch {
	case version == "":
		return errors.New("has no version")
	case module.CanonicalVersion(version) != version:
		return fmt.Errorf("is not pinned: %q is not a full version such as v1.2.3", version)
	}
	return nil
}

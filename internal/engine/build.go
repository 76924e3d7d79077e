package engine

import (
	"context"
	"errors"
	"fmt"
	gover "go/version"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/module"
)

// ManifestName is the file of dist/ that lists the others.
const ManifestName = "manifest.json"

// Request is a build to do.
type Request struct {
	// Key returns the digest of everything that the outputs depend on, save for
	// files that are only imported. It is called again after Plan, since files
	// may change while they are read.
	Key func() digest.Digest
	// Imported returns the digest of a file that is only imported: of its name
	// and content. It reports false where there is none.
	Imported func(path string) (digest.Digest, bool)
	// Plan compiles; it is called only when no such build is known.
	Plan func(ctx context.Context) (*Plan, error)
	// Only, if not empty, are the names of the modules to build: what dist/ has
	// of the others stays.
	Only []string
	// Check compares instead of writing: what differs is a diag.List.
	Check bool
}

// Build brings dist/ to what the request asks for. Faults of the protos, foreign
// files in dist/ and, with Check, stale ones are a diag.List.
func (e *Engine) Build(ctx context.Context, dist *Dist, req Request) (Summary, error) {
	if err := dist.usable(); err != nil {
		return Summary{}, err
	}
	sum, err := e.build(ctx, dist, req, false)
	if errors.Is(err, errLost) {
		// The cache was damaged or pruned: look closer, and make again what it
		// lost. The second try reads back what it is about to rely on.
		sum, err = e.build(ctx, dist, req, true)
	}
	return sum, err
}

func (e *Engine) build(ctx context.Context, dist *Dist, req Request, distrust bool) (Summary, error) {
	var sum Summary
	whole := len(req.Only) == 0
	var outputs []Output
	if whole && !distrust {
		outputs = e.recall(req)
	}
	if outputs == nil {
		plan, err := req.Plan(ctx)
		if err != nil {
			return sum, err
		}
		outputs, err = e.outputs(ctx, plan, dist, req.Only, distrust, &sum)
		if err != nil {
			return sum, err
		}
		if whole {
			if err := e.remember(req, plan, outputs); err != nil {
				return sum, err
			}
		}
	}
	return sum, e.sync(ctx, dist, outputs, req.Check, &sum)
}

// recall returns the outputs of a whole build with the same inputs, or nil.
//
// Which files are imported is known only after compiling, so there are two
// steps: the request's key leads to the list of what was imported then, and both
// together, with these files as they are now, to the outputs.
func (e *Engine) recall(req Request) []Output {
	key := req.Key()
	value, ok := e.Cache.Value(importsKey(key))
	if !ok {
		return nil
	}
	imports, err := decodeResult(value)
	if err != nil {
		return nil
	}
	key, ok = outputsKey(key, imports.imports, req.Imported)
	if !ok {
		return nil
	}
	if value, ok = e.Cache.Value(key); !ok {
		return nil
	}
	r, err := decodeResult(value)
	if err != nil {
		return nil
	}
	return r.outputs
}

// remember stores what recall looks for.
func (e *Engine) remember(req Request, plan *Plan, outputs []Output) error {
	var own []string
	for _, f := range plan.Image.Own() {
		own = append(own, f.Path)
	}
	imports := new(result)
	for _, f := range plan.Image.Closure(own) {
		if !f.Own {
			imports.imports = append(imports.imports, f.Path)
		}
	}
	// Every file is compiled with this one, which few import.
	if !slices.Contains(imports.imports, descriptorProto) {
		imports.imports = append(imports.imports, descriptorProto)
	}
	slices.Sort(imports.imports)
	key := req.Key()
	second, ok := outputsKey(key, imports.imports, req.Imported)
	if !ok {
		return nil // one of them has just gone
	}
	if err := e.Cache.SetValue(second, (&result{outputs: outputs}).encode()); err != nil {
		return err
	}
	return e.Cache.SetValue(importsKey(key), imports.encode())
}

func importsKey(key digest.Digest) digest.Digest {
	h := digest.NewHasher("productinfo build imports")
	h.String(keyFormat)
	h.Digest(key)
	return h.Sum()
}

func outputsKey(key digest.Digest, imports []string, imported func(string) (digest.Digest, bool)) (digest.Digest, bool) {
	h := digest.NewHasher("productinfo build")
	h.String(keyFormat)
	h.Digest(key)
	for _, path := range imports {
		d, ok := imported(path)
		if !ok {
			return digest.Digest{}, false
		}
		h.String(path)
		h.Digest(d)
	}
	return h.Sum(), true
}

// outputs makes everything that belongs into dist/, the manifest last.
func (e *Engine) outputs(ctx context.Context, plan *Plan, dist *Dist, only []string, distrust bool, sum *Summary) ([]Output, error) {
	dependencies := module.Dependencies(plan.Modules, func(path string) []string { return plan.Image.File(path).Imports })
	if len(only) > 0 {
		plan = plan.narrow(only, dependencies)
	}
	results, err := e.generate(ctx, plan, distrust, sum)
	if err != nil {
		return nil, err
	}
	var outputs []Output
	manifest := manifest{Format: manifestFormat}
	goVersion := ""
	for i := range plan.Modules {
		m := &plan.Modules[i]
		made, version, err := e.moduleFiles(ctx, plan, m, results, dependencies, distrust)
		if err != nil {
			return nil, err
		}
		if gover.Compare("go"+version, "go"+goVersion) > 0 {
			goVersion = version
		}
		if err := e.insertAll(plan.Generators, results[m.Name]); err != nil {
			return nil, fmt.Errorf("module %q: %w", m.Name, err)
		}
		for _, r := range results[m.Name] {
			made = append(made, r.outputs...)
		}
		for _, o := range made {
			outputs = append(outputs, Output{Path: path.Join("go", m.Name, o.Path), Digest: o.Digest})
		}
		manifest.Modules = append(manifest.Modules, manifestModule{Name: m.Name, Go: m.GoPath})
	}
	if len(only) > 0 {
		if outputs, manifest.Modules, err = dist.keep(outputs, manifest.Modules, only); err != nil {
			return nil, err
		}
	} else if len(dependencies) > 0 {
		work, err := e.Cache.AddContent(goWork(goVersion, plan.Modules))
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, Output{Path: "go/go.work", Digest: work})
	}
	sortOutputs(outputs)
	if err := distinct(outputs, func(name string, times int) string {
		return maker(name, times, plan.Modules, results)
	}); err != nil {
		return nil, err
	}
	manifest.Files = make(map[string]digest.Digest, len(outputs))
	for _, o := range outputs {
		manifest.Files[o.Path] = o.Digest
	}
	content, err := manifest.encode()
	if err != nil {
		return nil, err
	}
	listed, err := e.Cache.AddContent(content)
	if err != nil {
		return nil, err
	}
	return append(outputs, Output{Path: ManifestName, Digest: listed}), nil
}

// narrow returns the plan for some of its modules alone, and for those that they
// need: these say what must be in the go.mod of the former.
func (p *Plan) narrow(only []string, dependencies map[string][]module.Edge) *Plan {
	narrow := *p
	needed := slices.Clone(only)
	for _, name := range only {
		needed = append(needed, reachable(name, dependencies)...)
	}
	narrow.Modules = slices.DeleteFunc(slices.Clone(p.Modules), func(m module.Module) bool {
		return !slices.Contains(needed, m.Name)
	})
	return &narrow
}

// distinct refuses two generators, or two units, that would write one file, or a
// file where the other needs a folder. maker says who makes a file.
func distinct(outputs []Output, maker func(name string, times int) string) error {
	seen := make(map[string]string, len(outputs))
	for _, o := range outputs {
		folded := generate.Fold(o.Path)
		switch other, ok := seen[folded]; {
		case ok && other == o.Path:
			return fmt.Errorf("dist/%s is written twice, by %s", o.Path, maker(o.Path, 2))
		case ok:
			return fmt.Errorf("dist/%s, by %s, and dist/%s, by %s, are one file where case does not count",
				other, maker(other, 1), o.Path, maker(o.Path, 1))
		}
		seen[folded] = o.Path
	}
	for _, o := range outputs {
		for folder := path.Dir(generate.Fold(o.Path)); folder != "."; folder = path.Dir(folder) {
			if other, ok := seen[folder]; ok {
				return fmt.Errorf("dist/%s, by %s, is a file and the folder of dist/%s, by %s", other, maker(other, 1), o.Path, maker(o.Path, 1))
			}
		}
	}
	return nil
}

// maker names who makes a file of dist/, which is made a number of times: all
// generators that do, and for the rest the tool itself.
func maker(name string, times int, modules []module.Module, results map[string][]*result) string {
	var makers []string
	for _, m := range modules {
		for _, r := range results[m.Name] {
			for _, o := range r.outputs {
				if path.Join("go", m.Name, o.Path) == name {
					makers = append(makers, fmt.Sprintf("generator %q", r.generator))
				}
			}
		}
	}
	if len(makers) < times {
		makers = append(makers, "productinfo itself")
	}
	return strings.Join(makers, " and ")
}

// moduleFiles makes what a module has besides generated code: go.mod, go.sum and
// LICENSE. It also returns the Go version that the module states.
func (e *Engine) moduleFiles(ctx context.Context, plan *Plan, m *module.Module, results map[string][]*result,
	dependencies map[string][]module.Edge, distrust bool,
) (outputs []Output, goVersion string, err error) {
	deps := generate.GoDeps{Module: m.GoPath, Imports: importsOf(results[m.Name])}
	for _, name := range reachable(m.Name, dependencies) {
		deps.Siblings = append(deps.Siblings, plan.GoModule+"/"+name)
		deps.Inherited = append(deps.Inherited, importsOf(results[name])...)
	}
	slices.Sort(deps.Inherited)
	deps.Inherited = slices.Compact(deps.Inherited)

	h := digest.NewHasher("productinfo module files")
	h.String(keyFormat)
	h.Digest(e.GoModFile.Identity())
	h.String(deps.Module)
	h.Strings(deps.Imports)
	h.Strings(deps.Siblings)
	h.Strings(deps.Inherited)
	h.String(string(plan.License))
	key := h.Sum()

	r := e.lookup(key, distrust)
	if r == nil {
		e.Progress.Stage("go.mod of "+m.Name, 0)
		done := e.Progress.Start("go mod tidy")
		defer done(0)
		files, err := e.GoModFile.Make(ctx, deps)
		if err != nil {
			return nil, "", err
		}
		if len(plan.License) > 0 {
			files = append(files, generate.File{Name: "LICENSE", Content: plan.License})
		}
		r = new(result)
		for _, file := range files {
			sum, err := e.Cache.AddContent(file.Content)
			if err != nil {
				return nil, "", err
			}
			r.outputs = append(r.outputs, Output{Path: file.Name, Digest: sum})
		}
		if err := e.Cache.SetValue(key, r.encode()); err != nil {
			return nil, "", err
		}
	}
	for _, o := range r.outputs {
		if o.Path != "go.mod" {
			continue
		}
		content, ok := e.Cache.Content(o.Digest)
		if !ok {
			return nil, "", errLost
		}
		mod, err := modfile.ParseLax("go.mod", content, nil)
		if err != nil {
			return nil, "", err
		}
		goVersion = mod.Go.Version
	}
	return r.outputs, goVersion, nil
}

func importsOf(results []*result) []string {
	var imports []string
	for _, r := range results {
		imports = append(imports, r.imports...)
	}
	slices.Sort(imports)
	return slices.Compact(imports)
}

// reachable returns the modules that one needs, directly or not, sorted.
func reachable(name string, dependencies map[string][]module.Edge) []string {
	seen := map[string]bool{name: true}
	var all []string
	var visit func(string)
	visit = func(from string) {
		for _, edge := range dependencies[from] {
			if !seen[edge.To] {
				seen[edge.To] = true
				all = append(all, edge.To)
				visit(edge.To)
			}
		}
	}
	visit(name)
	slices.Sort(all)
	return all
}

// goWork ties the modules of dist/go together, so that one that imports another
// compiles before either is published. To be used is not enough: the go command
// would look for the version that a module requires of another.
func goWork(goVersion string, modules []module.Module) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "go %s\n\nuse (\n", goVersion)
	for _, m := range modules {
		fmt.Fprintf(&b, "\t./%s\n", m.Name)
	}
	b.WriteString(")\n\nreplace (\n")
	for _, m := range modules {
		fmt.Fprintf(&b, "\t%s %s => ./%s\n", m.GoPath, generate.SiblingVersion, m.Name)
	}
	b.WriteString(")\n")
	return []byte(b.String())
}

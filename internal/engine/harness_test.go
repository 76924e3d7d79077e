package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
	"github.com/productinfo/productinfo/internal/workspace"
)

const (
	goModule = "example.com/gen/go"
	proto3   = "syntax = \"proto3\";\n"
)

// fake is a generator that writes, for each file, a Go file that says what the
// generator was shown, so that its output differs whenever that does.
type fake struct {
	name    string
	version string
	traits  generate.Traits
	// copies is how many files are written for each proto; 0 is one.
	copies int
	// change, if set, changes what is written.
	change func(req *generate.Request, files []generate.File) ([]generate.File, error)

	mu    sync.Mutex
	calls int
	made  []string // the files that were generated, by import path
}

func newFake(name string) *fake {
	return &fake{name: name, version: "1", traits: generate.Traits{Batch: true}}
}

func (g *fake) Name() string { return g.name }
func (g *fake) Identity() digest.Digest {
	return digest.Of(fmt.Append(nil, g.name, g.version, g.traits.Batch))
}
func (g *fake) Traits() generate.Traits { return g.traits }

func (g *fake) Generate(_ context.Context, req *generate.Request) ([]generate.File, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	sum := sha256.New()
	var imports []string
	for _, input := range req.Inputs {
		fd := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(input.Descriptor, fd); err != nil {
			return nil, err
		}
		if p, _, _ := strings.Cut(fd.GetOptions().GetGoPackage(), ";"); !strings.HasPrefix(p, req.GoModule+"/") && p != req.GoModule && !slices.Contains(imports, p) {
			imports = append(imports, p)
		}
	}
	var files []generate.File
	for _, input := range req.Inputs {
		if !input.Generate {
			continue
		}
		g.made = append(g.made, input.Path)
		fd := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(input.Descriptor, fd); err != nil {
			return nil, err
		}
		sum.Reset()
		sum.Write(input.Descriptor)
		sum.Write(input.Info)
		folder := generate.GoImportPath(fd.GetOptions().GetGoPackage())
		var b strings.Builder
		fmt.Fprintf(&b, "package p // %s %x\n", g.version, sum.Sum(nil)[:6])
		for _, imported := range imports {
			fmt.Fprintf(&b, "import _ %q\n", imported)
		}
		base := strings.TrimSuffix(path.Base(input.Path), ".proto") + "." + g.name
		files = append(files, generate.File{Name: path.Join(folder, base+".go"), Content: []byte(b.String())})
		for i := range g.copies - 1 {
			files = append(files, generate.File{Name: path.Join(folder, fmt.Sprintf("%s%03d.go", base, i)), Content: []byte(b.String())})
		}
	}
	if g.change != nil {
		return g.change(req, files)
	}
	return files, nil
}

// fakeGoMod makes a go.mod that says what it was asked for.
type fakeGoMod struct{}

func (fakeGoMod) Identity() digest.Digest { return digest.Digest{} }

func (fakeGoMod) Make(_ context.Context, deps generate.GoDeps) ([]generate.File, error) {
	content := fmt.Sprintf("module %s\n\ngo 1.24.0\n\n// %q %q %q\n", deps.Module, deps.Imports, deps.Siblings, deps.Inherited)
	return []generate.File{{Name: "go.mod", Content: []byte(content)}}, nil
}

// quiet is a Progress that calls hook, if there is one, as work on something
// begins.
type quiet struct {
	hook func(stage, name string)

	mu    sync.Mutex
	stage string
}

func (q *quiet) Stage(name string, _ int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stage = name
}

func (q *quiet) Start(name string) func(int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.hook != nil {
		q.hook(q.stage, name)
	}
	return func(int) {}
}

// world is a workspace with all that a build needs. Each build is as one of a new
// process.
type world struct {
	t          *testing.T
	dir        string
	cache      *cache.Cache
	ws         workspace.Workspace
	generators []generate.Generator
	license    string
	jobs       int
	hook       func(stage, name string)

	// planned counts the compilations.
	planned int
}

// newWorld returns a workspace with one generator and the files, each by its
// path.
func newWorld(t *testing.T, files map[string]string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), jobs: 2, license: "do as you like\n"}
	w.generators = []generate.Generator{newFake("fake")}
	w.ws = workspace.Workspace{Name: "all", Roots: []string{"proto"}, Vendor: []string{"vendor"}}
	w.ws.Go.Module = goModule
	w.clearCache()
	for _, folder := range []string{"proto", "vendor", ".productinfo"} {
		if err := os.Mkdir(filepath.Join(w.dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.write(files)
	return w
}

func (w *world) clearCache() {
	w.t.Helper()
	c, err := cache.Open(w.t.TempDir(), time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.cache = c
}

func (w *world) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

// write writes files; the content "" removes one.
func (w *world) write(files map[string]string) {
	w.t.Helper()
	for name, content := range files {
		if content == "" {
			if err := os.Remove(w.path(name)); err != nil {
				w.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(w.path(name), []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) dist() *Dist {
	return &Dist{Dir: w.path("dist"), Name: "dist", Journal: w.path(".productinfo/pending.json"), Jobs: w.jobs}
}

// tryBuild builds, of the modules only those named, if any are.
func (w *world) tryBuild(ctx context.Context, check bool, only ...string) (Summary, error) {
	w.t.Helper()
	index := digest.OpenIndex(w.path(".productinfo/index"), w.dir, time.Now)
	sources, err := schema.Scan(schema.Layout{Dir: w.dir, Roots: w.ws.Roots, Vendor: w.ws.Vendor}, index)
	if err != nil {
		return Summary{}, err
	}
	e := &Engine{Cache: w.cache, Index: index, Jobs: w.jobs, Progress: &quiet{hook: w.hook}, GoModFile: fakeGoMod{}}
	sum, err := e.Build(ctx, w.dist(), Request{
		Key: func() digest.Digest {
			h := digest.NewHasher("test")
			for _, src := range sources.Own() {
				h.String(src.Path)
				h.Digest(src.Digest)
			}
			for _, g := range w.generators {
				h.Digest(g.Identity())
			}
			h.Strings([]string{fmt.Sprint(w.ws.Modules), w.license})
			return h.Sum()
		},
		Imported: sources.Digest,
		Plan: func(ctx context.Context) (*Plan, error) {
			w.planned++
			return w.plan(ctx, sources)
		},
		Only:  only,
		Check: check,
	})
	if err := index.Save(); err != nil {
		w.t.Error(err)
	}
	return sum, err
}

func (w *world) plan(ctx context.Context, sources *schema.Sources) (*Plan, error) {
	var files []module.File
	for _, src := range sources.Own() {
		files = append(files, module.File{Path: src.Path, Name: src.Name})
	}
	modules, err := module.Split(&w.ws, files)
	if err != nil {
		return nil, err
	}
	groups := make([][]string, len(modules))
	for i, m := range modules {
		groups[i] = m.Files
	}
	compiler := &schema.Compiler{Cache: w.cache, Identity: "test", Jobs: w.jobs, Memo: w.path(".productinfo/memo")}
	image, err := compiler.Compile(ctx, sources, groups)
	if err != nil {
		return nil, err
	}
	return &Plan{Image: image, Modules: modules, GoModule: goModule, Generators: w.generators, License: []byte(w.license)}, nil
}

// build builds, which must succeed.
func (w *world) build(only ...string) Summary {
	w.t.Helper()
	sum, err := w.tryBuild(w.t.Context(), false, only...)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

// faults builds, which must find faults and write nothing.
func (w *world) faults(check bool, want ...string) {
	w.t.Helper()
	before := w.tree()
	_, err := w.tryBuild(w.t.Context(), check)
	var list diag.List
	if !errors.As(err, &list) {
		w.t.Fatalf("error is %v, want a diag.List", err)
	}
	if len(list) != len(want) {
		w.t.Fatalf("there are %d faults, want %d:\n%v", len(list), len(want), list)
	}
	for i, d := range list {
		if !strings.HasPrefix(d.String(), want[i]) || d.Help == "" {
			w.t.Errorf("fault %d is\n%s (help: %s)\nwant\n%s", i, d, d.Help, want[i])
		}
	}
	w.wantTree("after faults", before)
}

// fails builds, which must fail with such an error and write nothing.
func (w *world) fails(want string) {
	w.t.Helper()
	before := w.tree()
	_, err := w.tryBuild(w.t.Context(), false)
	if err == nil || !strings.Contains(err.Error(), want) {
		w.t.Errorf("error is %v, want %q in it", err, want)
	}
	w.wantTree("after an error", before)
}

// tree returns the content of all files of dist/; a link is "-> target", an empty
// folder "folder".
func (w *world) tree() map[string]string {
	w.t.Helper()
	files := make(map[string]string)
	root := w.path("dist")
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			if file == root && errors.Is(err, fs.ErrNotExist) {
				return filepath.SkipDir
			}
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(file, root), string(filepath.Separator)))
		switch {
		case entry.IsDir():
			if below, err := os.ReadDir(file); err == nil && len(below) == 0 {
				files[name] = "folder"
			}
			return nil
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			files[name] = "-> " + target
			return err
		}
		content, err := os.ReadFile(file)
		files[name] = string(content)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

func (w *world) wantTree(when string, want map[string]string) {
	w.t.Helper()
	got := w.tree()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if content, ok := got[name]; !ok {
			w.t.Errorf("%s: dist/%s is missing", when, name)
		} else if content != want[name] {
			w.t.Errorf("%s: dist/%s is\n%s\nwant\n%s", when, name, content, want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			w.t.Errorf("%s: dist/%s is there", when, name)
		}
	}
}

// wantClean fails the test unless dist/ is what a first build with an empty cache
// makes of the same input, and nothing is left to be done.
func (w *world) wantClean(when string) {
	w.t.Helper()
	other := *w
	other.t, other.dir, other.hook = w.t, w.t.TempDir(), nil
	other.clearCache()
	for _, folder := range []string{"proto", "vendor"} {
		if err := os.CopyFS(other.path(folder), os.DirFS(w.path(folder))); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.Mkdir(other.path(".productinfo"), 0o755); err != nil {
		w.t.Fatal(err)
	}
	other.build()
	w.wantTree(when, other.tree())
	if _, err := os.Lstat(w.dist().Journal); !errors.Is(err, fs.ErrNotExist) {
		w.t.Errorf("%s: the journal is there (%v)", when, err)
	}
	if sum := w.build(); sum.Written+sum.Removed+sum.Generated != 0 {
		w.t.Errorf("%s: the next build did %+v", when, sum)
	}
}

// long ago is the time that age gives all files of dist/.
var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// age makes all files of dist/ old, so that touched can tell which were written
// since.
func (w *world) age() {
	w.t.Helper()
	for name, content := range w.tree() {
		if content == "folder" || strings.HasPrefix(content, "-> ") {
			continue
		}
		if err := os.Chtimes(w.path("dist/"+name), longAgo, longAgo); err != nil {
			w.t.Fatal(err)
		}
	}
}

// touched returns the files of dist/ written since age, sorted and joined.
func (w *world) touched() string {
	w.t.Helper()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(w.tree())) {
		info, err := os.Lstat(w.path("dist/" + name))
		if err != nil {
			w.t.Fatal(err)
		}
		if !info.ModTime().Equal(longAgo) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// generator returns the world's i-th generator.
func (w *world) generator(i int) *fake {
	g, ok := w.generators[i].(*fake)
	if !ok {
		w.t.Fatalf("generator %d is %T", i, w.generators[i])
	}
	return g
}

// made returns the files that the first generator has generated since it was last
// asked.
func (w *world) made() string {
	g := w.generator(0)
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(g.made)
	made := strings.Join(g.made, " ")
	g.made, g.calls = nil, 0
	return made
}

func (w *world) manifest() manifest {
	w.t.Helper()
	content, err := os.ReadFile(w.path("dist/manifest.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(content, &m); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// shop is two folders, of which one imports the other.
func shop() map[string]string {
	return map[string]string{
		"proto/items/v1/item.proto":   proto3 + "package items.v1;\n// An item.\nmessage Item {}\n",
		"proto/orders/v1/order.proto": proto3 + "package orders.v1;\nimport \"items/v1/item.proto\";\nmessage Order { items.v1.Item i = 1; }\n",
		"proto/orders/v1/state.proto": proto3 + "package orders.v1;\nenum State { ZERO = 0; }\n",
	}
}

// modules makes a module of each folder of the root.
func (w *world) modules() {
	w.ws.Modules = []workspace.Pattern{{Glob: "*"}}
}

package engine

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	sum := w.build()
	if want := (Summary{Files: 6, Written: 6, Generated: 2}); sum != want {
		t.Errorf("the first build did %+v, want %+v", sum, want)
	}
	names := slices.Sorted(maps.Keys(w.tree()))
	want := []string{
		"go/all/LICENSE", "go/all/go.mod", "go/all/items/v1/item.fake.go", "go/all/orders/v1/order.fake.go",
		"go/all/orders/v1/state.fake.go", "manifest.json",
	}
	if !slices.Equal(names, want) {
		t.Errorf("dist/ has %q, want %q", names, want)
	}
	m := w.manifest()
	if m.Format != 1 || len(m.Modules) != 1 || m.Modules[0] != (manifestModule{Name: "all", Go: goModule + "/all"}) {
		t.Errorf("the manifest is %+v", m)
	}
	for name, content := range w.tree() {
		if name != ManifestName && m.Files[name] != digest.Of([]byte(content)) {
			t.Errorf("the manifest has another digest for %s", name)
		}
	}
	if len(m.Files) != len(names)-1 {
		t.Errorf("the manifest lists %d files", len(m.Files))
	}
	w.wantClean("at first")
}

func TestNothingChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.build()
	w.made()
	w.planned = 0
	w.age()
	if sum := w.build(); sum != (Summary{Files: 6}) {
		t.Errorf("the second build did %+v", sum)
	}
	if w.touched() != "" || w.made() != "" || w.planned != 0 {
		t.Errorf("the second build wrote %q, made %q, compiled %d times", w.touched(), w.made(), w.planned)
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	const manifest = " manifest.json"
	tests := []struct {
		name  string
		edit  map[string]string
		made  string
		wrote string
	}{
		{
			"a comment in a file that another imports",
			map[string]string{"proto/items/v1/item.proto": proto3 + "package items.v1;\n\n// The item.\nmessage Item {}\n"},
			"items/v1/item.proto", "go/all/items/v1/item.fake.go" + manifest,
		},
		{
			"a field in a file that another imports",
			map[string]string{"proto/items/v1/item.proto": proto3 + "package items.v1;\nmessage Item { int32 x = 1; }\n"},
			"items/v1/item.proto orders/v1/order.proto orders/v1/state.proto", "go/all/items/v1/item.fake.go" + manifest,
		},
		{
			"a comment that no source info holds",
			map[string]string{"proto/orders/v1/state.proto": shop()["proto/orders/v1/state.proto"] + "\n// At the end.\n"}, "", "",
		},
		{
			"a file added", map[string]string{"proto/new/n.proto": proto3},
			"new/n.proto", "go/all/new/n.fake.go" + manifest,
		},
		{
			"a file removed", map[string]string{"proto/orders/v1/state.proto": ""},
			"orders/v1/order.proto", manifest[1:],
		},
		{
			"a folder removed", map[string]string{"proto/orders/v1/state.proto": "", "proto/orders/v1/order.proto": ""},
			"", manifest[1:],
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			w.build()
			w.made()
			w.age()
			w.write(test.edit)
			w.build()
			if got := w.made(); got != test.made {
				t.Errorf("generated %q, want %q", got, test.made)
			}
			if got := w.touched(); got != test.wrote {
				t.Errorf("wrote %q, want %q", got, test.wrote)
			}
			w.wantClean("edited")
		})
	}
}

// TestImportedFileChanges holds that a vendored file, which is no own file, is part
// of what a build is known by.
func TestImportedFileChanges(t *testing.T) {
	t.Parallel()
	vendored := func(text string) map[string]string {
		return map[string]string{"vendor/v.proto": proto3 + "option go_package = \"example.com/v\";\n" + text}
	}
	w := newWorld(t, vendored("message V {}\n"))
	w.write(map[string]string{"proto/a.proto": proto3 + "import \"v.proto\";\nmessage A { V v = 1; }\n"})
	w.build()
	if w.made() != "a.proto" {
		t.Error("the file was not generated")
	}
	w.build()
	w.write(vendored("// V.\nmessage V {}\n"))
	w.build()
	if w.planned != 2 || w.made() != "" {
		t.Errorf("after a comment: compiled %d times", w.planned)
	}
	w.write(vendored("message V { int32 x = 1; }\n"))
	w.build()
	if w.planned != 3 || w.made() != "a.proto" {
		t.Errorf("after a field: compiled %d times", w.planned)
	}
	// An own file in its place.
	w.write(map[string]string{"proto/v.proto": proto3 + "message V {}\n"})
	w.build()
	w.wantClean("shadowed")
}

// TestChangedGenerators holds that a generator's identity counts, and what is left
// of one that is gone is removed.
func TestChangedGenerators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.build()
	w.made()
	w.generator(0).version = "2"
	if sum := w.build(); sum.Generated != 2 || sum.Cached != 0 {
		t.Errorf("a new version: %+v", sum)
	}
	w.generators = append(w.generators, newFake("more"))
	if sum := w.build(); sum.Generated != 2 || sum.Cached != 2 {
		t.Errorf("one more: %+v", sum)
	}
	w.wantClean("with two")
	w.generators = w.generators[1:]
	if sum := w.build(); sum.Generated != 0 || sum.Removed != 3 {
		t.Errorf("one less: %+v", sum)
	}
	w.wantClean("with one")
}

func TestServicesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.write(map[string]string{"proto/api/a.proto": proto3 + "service S {}\n"})
	w.generator(0).traits.ServicesOnly = true
	if sum := w.build(); sum.Generated != 1 || w.made() != "api/a.proto" {
		t.Errorf("generated %+v", sum)
	}
}

// TestOneGoPackage has files of two folders, or of two proto packages, in one Go
// package. What is made of the one file must not be taken for the other's.
func TestOneGoPackage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ files, edit map[string]string }{
		"two folders": {
			map[string]string{
				"proto/a/a.proto": proto3 + "package p;\noption go_package = \"" + goModule + "/all/x;x\";\nmessage A {}\n",
				"proto/b/b.proto": proto3 + "package p;\noption go_package = \"" + goModule + "/all/x;x\";\nmessage B {}\n",
			},
			map[string]string{"proto/b/b.proto": proto3 + "package p;\noption go_package = \"" + goModule + "/all/x;x\";\nmessage B2 {}\n"},
		},
		"two proto packages": {
			map[string]string{
				"proto/x/a.proto": proto3 + "package a;\nmessage A {}\n",
				"proto/x/b.proto": proto3 + "package b;\nmessage B {}\n",
			},
			map[string]string{"proto/x/b.proto": proto3 + "package b;\nmessage B2 {}\n"},
		},
		"two proto packages, one file removed": {
			map[string]string{
				"proto/x/a.proto": proto3 + "package a;\nmessage A {}\n",
				"proto/x/b.proto": proto3 + "package b;\nmessage B {}\n",
			},
			map[string]string{"proto/x/a.proto": ""},
		},
	}
	for name, test := range tests {
		for _, batch := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, test.files)
				w.generator(0).traits.Batch = batch
				w.build()
				w.write(test.edit)
				w.build()
				w.wantClean("edited")
			})
		}
	}
}

func TestModulesThatImportEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.write(map[string]string{"proto/apart/x.proto": proto3})
	w.modules()
	w.build()
	tree := w.tree()
	for name, want := range map[string]string{
		"go/orders/go.mod": `["example.com/gen/go/items/items/v1"] ["example.com/gen/go/items"] []`,
		"go/items/go.mod":  `[] [] []`,
		"go/go.work":       "go 1.24.0\n\nuse (\n\t./apart\n\t./items\n\t./orders\n)\n",
	} {
		want = strings.ReplaceAll(want, "items/items/v1", "items/v1")
		if !strings.Contains(tree[name], want) {
			t.Errorf("%s is\n%s\nwant in it\n%s", name, tree[name], want)
		}
	}
	w.wantClean("with a go.work")
	// What the go command puts there is not ours to judge.
	w.write(map[string]string{"dist/go/go.work.sum": "sums\n"})
	if sum := w.build(); sum.Written+sum.Removed != 0 {
		t.Errorf("with a go.work.sum: %+v", sum)
	}
	w.write(map[string]string{"dist/go/go.work.sum": "", "proto/orders/v1/order.proto": proto3 + "package orders.v1;\n"})
	w.build()
	if _, ok := w.tree()["go/go.work"]; ok {
		t.Error("go.work is there, though no module imports another")
	}
	w.wantClean("without one")
}

// TestJobs builds with one goroutine and with many.
func TestJobs(t *testing.T) {
	t.Parallel()
	files := shop()
	for _, letter := range strings.Split("abcdefghijklmnopqrst", "") {
		files["proto/many/"+letter+"/x.proto"] = proto3 + "package " + letter + ";\nimport \"items/v1/item.proto\";\nmessage M { items.v1.Item i = 1; }\n"
	}
	w := newWorld(t, files)
	w.modules()
	w.generators = append(w.generators, newFake("unit"), newFake("more"))
	w.generator(1).traits.Batch = false
	w.jobs = 1
	w.build()
	w.jobs = 8
	w.wantClean("with another number of jobs")
}

// TestCacheIsShared builds the same in another folder with the same cache, and
// from a cache alone.
func TestCacheIsShared(t *testing.T) {
	t.Parallel()
	one, two := newWorld(t, shop()), newWorld(t, shop())
	two.cache, two.generators = one.cache, one.generators
	one.build()
	if sum := two.build(); sum.Generated != 0 || sum.Written != sum.Files || two.planned != 0 {
		t.Errorf("elsewhere: %+v, compiled %d times", sum, two.planned)
	}
	two.wantTree("elsewhere", one.tree())
}

func TestHostileGenerators(t *testing.T) {
	t.Parallel()
	file := func(name string) generate.File { return generate.File{Name: name, Content: []byte("package p\n")} }
	inside := goModule + "/all/items/v1/"
	tests := []struct {
		name  string
		batch bool
		files []generate.File
		want  string
	}{
		{"climbs", false, []generate.File{file("../x.go")}, `generator "fake" wants to write "../x.go": the path climbs`},
		{"absolute", true, []generate.File{file("/etc/passwd")}, `generator "fake" wants to write "/etc/passwd": the path is absolute`},
		{"climbs out of the module", true, []generate.File{file(goModule + "/all/../x.go")}, `climbs`},
		{"twice", true, []generate.File{file(inside + "x.go"), file(inside + "x.go")}, `generator "fake" wrote "` + inside + `x.go" twice`},
		{"case", true, []generate.File{file(inside + "x.go"), file(inside + "X.go")}, "one file where case does not count"},
		{"another's package", true, []generate.File{file(goModule + "/all/none/x.go")}, "lies in the Go package of none of the files"},
		{"go.mod", false, []generate.File{file("go.mod")}, "go/all/go.mod"},
		{"the licence in another case", false, []generate.File{file("License")}, "dist/go/all/License"},
		{"Go that is none", true, []generate.File{{Name: inside + "x.go", Content: []byte("print 1")}}, `generator "fake": generated file does not parse`},
		{"a file and a folder", false, []generate.File{file("items/v1"), file("items/v1/x.go")}, "a folder that is the former's file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			w.build()
			g := w.generator(0)
			g.version, g.traits.Batch = "2", test.batch
			once := false
			g.change = func(_ *generate.Request, files []generate.File) ([]generate.File, error) {
				if once {
					return nil, nil
				}
				once = true
				return test.files, nil
			}
			w.fails(test.want)
		})
	}
}

func TestTwoGeneratorsOneFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.generators = append(w.generators, newFake("other"))
	w.generator(1).change = func(_ *generate.Request, files []generate.File) ([]generate.File, error) {
		for i := range files {
			files[i].Name = strings.ReplaceAll(files[i].Name, ".other.", ".fake.")
		}
		return files, nil
	}
	w.fails(`generator "fake" and generator "other"`)
}

// TestGeneratorErrors collects what generators say of the protos and ends at any
// other error.
func TestGeneratorErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	g := w.generator(0)
	g.traits.Batch = false
	g.change = func(req *generate.Request, _ []generate.File) ([]generate.File, error) {
		return nil, diag.List{{Message: "the proto " + req.Inputs[len(req.Inputs)-1].Path, Help: "mend it"}, {Message: "all protos", Help: "mend them"}}
	}
	w.faults(false, "all protos", "the proto items/v1/item.proto", "the proto orders/v1/state.proto")
	broken := errors.New("it broke")
	g.change = func(*generate.Request, []generate.File) ([]generate.File, error) { return nil, broken }
	if _, err := w.tryBuild(t.Context(), false); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	g.change = nil
	w.build()
	w.wantClean("mended")
}

package engine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/schema"
	"github.com/productinfo/productinfo/internal/workspace"
)

// actionKeys returns the key of each action of a workspace, by generator and the
// unit's folder.
func actionKeys(t *testing.T, w *world) map[string]digest.Digest {
	t.Helper()
	index := digest.OpenIndex("", w.dir, time.Now)
	sources, err := schema.Scan(schema.Layout{Dir: w.dir, Roots: w.ws.Roots, Vendor: w.ws.Vendor}, index)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := w.plan(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	pkgs, err := assign(plan.Image, plan.Modules)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]digest.Digest)
	keys := newKeys(pkgs)
	for i := range plan.Modules {
		for _, u := range pkgs.units(&plan.Modules[i]) {
			for _, g := range plan.Generators {
				found[g.Name()+" "+u.folder] = keys.action(g, u)
			}
		}
	}
	return found
}

// chain is four folders, each of which imports the next, the last a vendored one.
func chain() map[string]string {
	return map[string]string{
		"proto/a/v1/a.proto":  proto3 + "package a.v1;\nimport \"b/v1/b.proto\";\nmessage A { b.v1.B b = 1; }\n",
		"proto/a/v1/a2.proto": proto3 + "package a.v1;\nmessage A2 {}\n",
		"proto/b/v1/b.proto":  proto3 + "package b.v1;\nimport \"c/v1/c.proto\";\n// B.\nmessage B { c.v1.C c = 1; }\n",
		"proto/c/v1/c.proto":  proto3 + "package c.v1;\nimport \"v.proto\";\nmessage C { v.V v = 1; }\n",
		"vendor/v.proto":      proto3 + "package v;\noption go_package = \"example.com/v\";\nmessage V {}\n",
	}
}

func TestActionKeys(t *testing.T) {
	t.Parallel()
	const all = "fake a/v1, fake b/v1, fake c/v1"
	write := func(name, content string) func(w *world) {
		return func(w *world) { w.write(map[string]string{name: content}) }
	}
	replace := func(name, old, with string) func(w *world) {
		return write(name, strings.Replace(chain()[name], old, with, 1))
	}
	tests := []struct {
		name    string
		change  func(w *world)
		changed string // the actions whose keys are others, in order
	}{
		{"nothing", func(*world) {}, ""},
		{"a comment", replace("proto/b/v1/b.proto", "// B.", "// The B."), "fake b/v1"},
		{"an empty line, which moves positions", replace("proto/c/v1/c.proto", "message", "\nmessage"), "fake c/v1"},
		{"a field", replace("proto/a/v1/a2.proto", "{}", "{ int32 x = 1; }"), "fake a/v1"},
		{"a field in an import", replace("proto/b/v1/b.proto", "{ c", "{ int32 x = 2; c"), "fake a/v1, fake b/v1"},
		{"a field in an import's import", replace("proto/c/v1/c.proto", "{ v", "{ int32 x = 2; v"), all},
		{"a field in a vendored file", replace("vendor/v.proto", "{}", "{ int32 x = 1; }"), all},
		{"a comment in a vendored file", replace("vendor/v.proto", "message", "// V.\nmessage"), ""},
		{"the go_package of a vendored file", replace("vendor/v.proto", "example.com/v", "example.com/w"), all},
		{"a go_package that is not kept", replace("proto/c/v1/c.proto", "message", "option go_package = \"x.org/c\";\nmessage"), all},
		{"a file in another folder", write("proto/x/x.proto", proto3), "fake x"},
		{"a file in the folder", write("proto/a/v1/a3.proto", proto3+"package a.v1;\n"), "fake a/v1"},
		{"a file renamed", func(w *world) {
			w.write(map[string]string{"proto/a/v1/a2.proto": "", "proto/a/v1/a9.proto": chain()["proto/a/v1/a2.proto"]})
		}, "fake a/v1"},
		{"a new version of the generator", func(w *world) { w.generator(0).version = "2" }, all},
		{"another name of it", func(w *world) { w.generator(0).name = "fook" }, "fook a/v1, fook b/v1, fook c/v1"},
		{"one more generator", func(w *world) { w.generators = append(w.generators, newFake("more")) }, "more a/v1, more b/v1, more c/v1"},
		{"the name of the module", func(w *world) { w.ws.Name = "every" }, all},
		{"modules", func(w *world) { w.modules() }, all},
		{"the path of all modules", func(w *world) { w.ws.Go.Module = "example.com/other" }, all},
		{"a file vendored elsewhere", func(w *world) {
			w.write(map[string]string{"vendor/v.proto": "", "vendor2/v.proto": chain()["vendor/v.proto"]})
			w.ws.Vendor = []string{"vendor2"}
		}, ""},
		{"the licence", func(w *world) { w.license = "another" }, ""},
		{"the number of jobs", func(w *world) { w.jobs = 1 }, ""},
		{"the strategy", func(w *world) { w.generator(0).traits.Batch = false }, all},
		{"the cache", func(w *world) { w.clearCache() }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, chain())
			before := actionKeys(t, w)
			test.change(w)
			after := actionKeys(t, w)
			var changed []string
			for _, name := range sortedNames(after) {
				if before[name] != after[name] {
					changed = append(changed, name)
				}
			}
			if got := strings.Join(changed, ", "); got != test.changed {
				t.Errorf("keys changed: %q, want %q", got, test.changed)
			}
			// Keys know nothing of the machine.
			elsewhere := newWorld(t, chain())
			test.change(elsewhere)
			if got := actionKeys(t, elsewhere); !reflect.DeepEqual(got, after) {
				t.Error("in another folder the keys are others")
			}
		})
	}
}

// TestActionKeyOfAMovedImport has an imported file in another module, and so in
// another Go package, while nothing else is changed.
func TestActionKeyOfAMovedImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{
		"proto/a/a.proto":   proto3 + "import \"x/c/c.proto\";\nmessage A { C c = 1; }\n",
		"proto/b/b.proto":   proto3 + "message B {}\n",
		"proto/x/c/c.proto": proto3 + "message C {}\n",
	})
	w.ws.Modules = []workspace.Pattern{{Glob: "a"}, {Glob: "b"}, {Glob: "x/*"}}
	before := actionKeys(t, w)
	w.ws.Modules[2].Glob = "x"
	after := actionKeys(t, w)
	for folder, changes := range map[string]bool{"a": true, "b": false, "x/c": true} {
		if got := before["fake "+folder] != after["fake "+folder]; got != changes {
			t.Errorf("%s: the key changed: %v", folder, got)
		}
	}
}

// TestActionKeysDiffer holds that no two actions have one key.
func TestActionKeysDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chain())
	w.generators = append(w.generators, newFake("more"))
	seen := make(map[digest.Digest]string)
	for name, key := range actionKeys(t, w) {
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[key] = name
	}
}

func TestResultRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []*result{
		{},
		{outputs: []Output{{Path: "a", Digest: digest.Of(nil)}, {Path: "b/c"}}, imports: []string{"x", "", "y"}},
		{imports: []string{"x"}},
	} {
		got, err := decodeResult(want.encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
	for name, content := range map[string][]byte{
		"a digest without a path": {0x12, 0},
		"a short digest":          {0x0a, 1, 'a', 0x12, 1, 0},
		"an unknown field":        {0x22, 0},
		"another kind":            {0x08, 1},
		"cut":                     {0x0a, 9, 'a'},
	} {
		if r, err := decodeResult(content); err == nil {
			t.Errorf("%s: decoded as %+v", name, r)
		}
	}
}

func FuzzDecodeResult(f *testing.F) {
	f.Add((&result{outputs: []Output{{Path: "a", Digest: digest.Of(nil)}}, imports: []string{"x"}}).encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		first, err := decodeResult(content)
		if err != nil {
			return
		}
		second, err := decodeResult(first.encode())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%+v became %+v, %v", first, second, err)
		}
	})
}

package engine

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDistIsMended(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world){
		"a file edited":  func(w *world) { w.write(map[string]string{"dist/go/all/items/v1/item.fake.go": "edited"}) },
		"a file removed": func(w *world) { w.write(map[string]string{"dist/go/all/go.mod": ""}) },
		"the manifest removed": func(w *world) {
			w.write(map[string]string{"dist/manifest.json": ""})
		},
		"all removed": func(w *world) {
			if err := os.RemoveAll(w.path("dist")); err != nil {
				w.t.Fatal(err)
			}
		},
		"a file replaced by a link": func(w *world) {
			file := w.path("dist/go/all/LICENSE")
			if err := os.Remove(file); err != nil {
				w.t.Fatal(err)
			}
			if err := os.Symlink(w.path("proto/items/v1/item.proto"), file); err != nil {
				w.t.Fatal(err)
			}
		},
		"leftovers of a killed build": func(w *world) {
			w.write(map[string]string{"dist/.productinfo-tmp-1": "half", "dist/go/all/items/.productinfo-tmp-2": "half"})
		},
		"an empty folder where a file belongs": func(w *world) {
			file := w.path("dist/go/all/LICENSE")
			if err := os.Remove(file); err != nil {
				w.t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(file, "empty"), 0o755); err != nil {
				w.t.Fatal(err)
			}
		},
		"an owned link that is no longer made": func(w *world) {
			file := w.path("dist/go/all/orders/v1/order.fake.go")
			if err := os.Remove(file); err != nil {
				w.t.Fatal(err)
			}
			if err := os.Symlink("nowhere", file); err != nil {
				w.t.Fatal(err)
			}
			w.write(map[string]string{"proto/orders/v1/order.proto": ""})
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			w.build()
			spoil(w)
			w.build()
			w.wantClean("mended")
			if content, err := os.ReadFile(w.path("proto/items/v1/item.proto")); err != nil || string(content) != shop()["proto/items/v1/item.proto"] {
				t.Errorf("a file outside of dist/ was changed: %q, %v", content, err)
			}
		})
	}
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	link := func(target, name string) func(w *world) {
		return func(w *world) {
			if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
				w.t.Fatal(err)
			}
			if err := os.Symlink(target, w.path(name)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	file := func(name string) func(w *world) {
		return func(w *world) { w.write(map[string]string{name: "mine\n"}) }
	}
	const message = ": file in dist/ that productinfo did not write (foreign-file)"
	tests := []struct {
		name  string
		built bool // before it appears
		add   func(w *world)
		want  string
	}{
		{"at the top", true, file("dist/README.md"), "dist/README.md" + message},
		{"deep", true, file("dist/go/all/items/v1/mine.go"), "dist/go/all/items/v1/mine.go" + message},
		{"hidden", true, file("dist/.gitkeep"), "dist/.gitkeep" + message},
		{"in a folder of its own", true, file("dist/java/X.java"), "dist/java/X.java" + message},
		{"in the way of a first build", false, file("dist/go/all/go.mod"), "dist/go/all/go.mod" + message},
		{"where a folder belongs", false, file("dist/go/all"), "dist/go/all" + message},
		{"a link", true, link("/etc/passwd", "dist/link"), "dist/link" + message},
		{"a link to a folder", false, link("/tmp", "dist/go"), "dist/go" + message},
		{"a link in the way", false, link("nowhere", "dist/go/all/go.mod"), "dist/go/all/go.mod" + message},
		{"a folder where a file belongs", false, file("dist/go/all/go.mod/mine"), "dist/go/all/go.mod/mine" + message},
		{"dist is a file", false, file("dist"), "dist is a file and has to be a folder"},
		{"dist is a link", false, link("proto", "dist"), "dist is a symbolic link and has to be a folder"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			if test.built {
				w.build()
				// There would be something to write, and to remove.
				w.write(map[string]string{"proto/items/v1/item.proto": proto3, "proto/orders/v1/order.proto": ""})
			}
			test.add(w)
			if strings.HasPrefix(test.want, "dist is") {
				_, err := w.tryBuild(t.Context(), false)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v", err)
				}
				return
			}
			w.faults(false, test.want)
			w.faults(true, test.want)
			foreign := w.path(strings.TrimSuffix(test.want, message))
			if err := os.RemoveAll(foreign); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(filepath.Dir(foreign)) // if the test made that too
			w.build()
			w.wantClean("with the file gone")
		})
	}
}

// TestForeignFileThatIsTheSame takes a file for its own that holds what would be
// written: a fresh clone whose manifest was not committed is such a case.
func TestForeignFileThatIsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.build()
	w.write(map[string]string{"dist/manifest.json": ""})
	w.age()
	w.build()
	if got := w.touched(); got != "manifest.json" {
		t.Errorf("wrote %q", got)
	}
	w.write(map[string]string{"proto/items/v1/item.proto": ""})
	w.write(map[string]string{"proto/orders/v1/order.proto": ""})
	w.build()
	w.wantClean("with what was adopted removed")
}

func TestForeignFolderStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.build()
	if err := os.MkdirAll(w.path("dist/mine/empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(map[string]string{"proto/items/v1/item.proto": proto3 + "message Item {}\n", "proto/orders/v1/order.proto": ""})
	w.build()
	if w.tree()["mine/empty"] != "folder" {
		t.Error("an empty folder of the user's is gone")
	}
}

func TestManifestDamaged(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no JSON":         "{",
		"another format":  `{"format": 2, "files": {}}`,
		"no format":       `{}`,
		"half a digest":   `{"format": 1, "files": {"a": "12"}}`,
		"conflict marker": "<<<<<<< HEAD\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			w.build()
			clean := w.tree()
			w.write(map[string]string{"dist/manifest.json": content, "proto/items/v1/item.proto": ""})
			w.write(map[string]string{"proto/orders/v1/order.proto": ""})
			w.faults(false, "dist/manifest.json: manifest cannot be read: ")
			// Each of the two remedies that it names.
			w.write(map[string]string{"dist/manifest.json": clean[ManifestName]})
			w.build()
			w.wantClean("restored")
			w.write(map[string]string{"dist/manifest.json": content})
			if err := os.RemoveAll(w.path("dist")); err != nil {
				t.Fatal(err)
			}
			w.build()
			w.wantClean("deleted")
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.faults(true,
		"dist/go/all/LICENSE: file is missing (stale)", "dist/go/all/go.mod: file is missing",
		"dist/go/all/items/v1/item.fake.go: file is missing", "dist/go/all/orders/v1/order.fake.go: file is missing",
		"dist/go/all/orders/v1/state.fake.go: file is missing", "dist/manifest.json: file is missing")
	w.build()
	before := w.tree()
	if sum, err := w.tryBuild(t.Context(), true); err != nil || sum.Files != 6 || sum.Written != 0 {
		t.Errorf("on a fresh dist/: %+v, %v", sum, err)
	}
	w.write(map[string]string{"proto/new.proto": proto3, "proto/orders/v1/state.proto": "", "dist/go/all/LICENSE": "edited"})
	w.faults(true,
		"dist/go/all/LICENSE: file is not what the protos give", "dist/go/all/new.fake.go: file is missing",
		"dist/go/all/orders/v1/state.fake.go: file is no longer made", "dist/manifest.json: file is not what the protos give")
	w.write(map[string]string{"proto/new.proto": "", "proto/orders/v1/state.proto": shop()["proto/orders/v1/state.proto"]})
	w.write(map[string]string{"dist/go/all/LICENSE": before["go/all/LICENSE"], "dist/.productinfo-tmp-9": "half"})
	if _, err := w.tryBuild(t.Context(), true); err != nil {
		t.Errorf("with a leftover: %v", err)
	}
	if _, err := os.Stat(w.path("dist/.productinfo-tmp-9")); err != nil {
		t.Errorf("a check removed a leftover: %v", err)
	}
}

// TestSomeModules builds some of the modules: the others stay as they are.
func TestSomeModules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.modules()
	w.build()
	old := w.tree()
	w.write(map[string]string{
		"proto/items/v1/item.proto":   proto3 + "package items.v1;\nmessage Item { int32 x = 1; }\n",
		"proto/orders/v1/state.proto": "",
	})
	// Whatever has become of the others is nobody's business now.
	w.write(map[string]string{"dist/go/orders/v1/order.fake.go": "edited", "dist/go/orders/go.mod": ""})
	w.age()
	w.made()
	w.build("items")
	if got := w.made(); got != "items/v1/item.proto" {
		t.Errorf("generated %q for items alone", got)
	}
	if got := w.touched(); got != "go/items/v1/item.fake.go manifest.json" {
		t.Errorf("wrote %q", got)
	}
	want := maps.Clone(old)
	delete(want, "go/orders/go.mod")
	want["go/orders/v1/order.fake.go"] = "edited"
	got := w.tree()
	for _, name := range []string{"go/items/v1/item.fake.go", ManifestName} {
		if got[name] == old[name] {
			t.Errorf("%s was not built", name)
		}
		want[name] = got[name]
	}
	w.wantTree("with items built", want)
	if sum, err := w.tryBuild(t.Context(), true, "items"); err != nil {
		t.Errorf("checking items: %+v, %v", sum, err)
	}
	if len(w.manifest().Files) != len(old)-1 || len(w.manifest().Modules) != 2 {
		t.Errorf("the manifest is %+v", w.manifest())
	}
	w.build("orders")
	w.wantClean("with both built")
}

// TestSomeModulesAtFirst builds one module into no dist/, then the rest.
func TestSomeModulesAtFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	w.modules()
	w.build("items")
	if m := w.manifest(); len(m.Modules) != 1 || len(m.Files) != 3 {
		t.Errorf("the manifest is %+v", m)
	}
	w.build("items")
	w.build()
	w.wantClean("with all built")
}

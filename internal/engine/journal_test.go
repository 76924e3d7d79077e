package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// killed builds and stops in mid-write, when the batch that holds the file of
// that name is about to be written. It returns what dist/ is then.
func (w *world) killed(batch int) map[string]string {
	w.t.Helper()
	ctx, kill := context.WithCancel(w.t.Context())
	defer kill()
	jobs := w.jobs
	w.jobs = 1
	seen := 0
	w.hook = func(stage, _ string) {
		if stage != "write" {
			return
		}
		if seen++; seen == batch {
			kill()
		}
	}
	if _, err := w.tryBuild(ctx, false); !errors.Is(err, context.Canceled) {
		w.t.Fatalf("a killed build: %v", err)
	}
	w.hook, w.jobs = nil, jobs
	return w.tree()
}

// many returns a workspace whose generator writes so many files that it takes
// several batches.
func many(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, shop())
	w.generator(0).copies = 100
	return w
}

// TestKilled kills builds in mid-write, changes the input, and builds again: dist/
// ends as a first build would have it.
func TestKilled(t *testing.T) {
	t.Parallel()
	edits := map[string]func(w *world){
		"nothing changed": func(*world) {},
		"a file changed": func(w *world) {
			w.write(map[string]string{"proto/items/v1/item.proto": proto3 + "package items.v1;\nmessage Item { int32 x = 1; }\n"})
		},
		"a file removed":     func(w *world) { w.write(map[string]string{"proto/orders/v1/order.proto": ""}) },
		"a file added":       func(w *world) { w.write(map[string]string{"proto/items/v2/item.proto": proto3}) },
		"another generator":  func(w *world) { w.generator(0).name = "renamed" },
		"fewer files":        func(w *world) { w.generator(0).copies, w.generator(0).version = 1, "2" },
		"other contents":     func(w *world) { w.generator(0).version = "2" },
		"an empty new cache": func(w *world) { w.clearCache() },
	}
	for name, edit := range edits {
		for _, built := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, built before %v", name, built), func(t *testing.T) {
				t.Parallel()
				w := many(t)
				if built {
					w.generator(0).version = "0"
					w.build()
					w.generator(0).version = "1"
				}
				before := len(w.tree())
				if got := len(w.killed(3)); got <= before && !built {
					t.Fatalf("nothing was written before the kill: %d files", got)
				}
				if _, err := os.Stat(w.dist().Journal); err != nil {
					t.Fatalf("there is no journal: %v", err)
				}
				edit(w)
				w.build()
				w.wantClean("after one kill")
			})
		}
	}
}

// TestKilledAgain kills the build that would have mended what the first kill left.
// What the first one wrote is in no manifest, and is still the tool's.
func TestKilledAgain(t *testing.T) {
	t.Parallel()
	w := many(t)
	first := len(w.killed(3))
	if second := len(w.killed(2)); second <= first {
		t.Fatalf("nothing was written before the second kill: %d files, then %d", first, second)
	}
	w.generator(0).version = "2"
	w.write(map[string]string{"proto/items/v1/item.proto": "", "proto/orders/v1/order.proto": ""})
	w.killed(1)
	w.build()
	w.wantClean("after three kills")
}

// TestKilledWhileRemoving leaves files that were to be removed.
func TestKilledWhileRemoving(t *testing.T) {
	t.Parallel()
	w := many(t)
	w.build()
	w.write(map[string]string{"proto/items/v1/item.proto": proto3 + "message Other {}\n", "proto/orders/v1/order.proto": ""})
	old := w.tree()
	w.killed(1)
	for _, name := range []string{"go/all/orders/v1/order.fake.go", "go/all/orders/v1/order.fake007.go"} {
		w.write(map[string]string{"dist/" + name: old[name]})
	}
	w.build()
	w.wantClean("with some not removed")
}

// TestForeignFileAfterAKill holds that the journal excuses only what the killed
// build was about to write.
func TestForeignFileAfterAKill(t *testing.T) {
	t.Parallel()
	w := many(t)
	w.killed(2)
	w.write(map[string]string{"dist/mine": "mine"})
	w.faults(false, "dist/mine: file in dist/ that productinfo did not write")
	w.write(map[string]string{"dist/mine": ""})
	w.build()
	w.wantClean("with the file gone")
}

func TestJournalDamaged(t *testing.T) {
	t.Parallel()
	w := many(t)
	w.killed(2)
	if err := os.WriteFile(w.dist().Journal, []byte("["), 0o644); err != nil {
		t.Fatal(err)
	}
	w.fails("pending.json: unexpected end of JSON input: delete it")
	if err := os.Remove(w.dist().Journal); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(w.path("dist")); err != nil {
		t.Fatal(err)
	}
	w.build()
	w.wantClean("with both deleted")
}

// TestJournalCannotBeWritten holds that nothing is written without one.
func TestJournalCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shop())
	if err := os.MkdirAll(filepath.Join(w.dist().Journal, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.fails("pending.json")
	if len(w.tree()) != 0 {
		t.Errorf("dist/ is %v", w.tree())
	}
}

// TestCacheSpoiled spoils the cache between builds: what it lost is made again.
func TestCacheSpoiled(t *testing.T) {
	t.Parallel()
	flip := func(file string) error {
		content, err := os.ReadFile(file)
		if err != nil || len(content) == 0 {
			return err
		}
		content[len(content)/3] ^= 0x40
		return os.WriteFile(file, content, 0o644)
	}
	tests := []struct {
		name  string
		halfs []string
		spoil func(file string) error
		some  int // each so many-th file
	}{
		{"contents lost", []string{"cas"}, os.Remove, 1},
		{"some contents lost", []string{"cas"}, os.Remove, 2},
		{"contents damaged", []string{"cas"}, flip, 1},
		{"some contents damaged", []string{"cas"}, flip, 3},
		{"actions lost", []string{"ac"}, os.Remove, 1},
		{"some actions lost, all contents damaged", []string{"ac", "cas"}, flip, 2},
		{"all damaged", []string{"ac", "cas"}, flip, 1},
		{"all cut", []string{"ac", "cas"}, func(file string) error { return os.Truncate(file, 20) }, 1},
		{"all emptied", []string{"ac", "cas"}, func(file string) error { return os.Truncate(file, 0) }, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shop())
			w.modules() // so that there is a go.work too
			w.build()
			want := w.tree()
			if err := os.RemoveAll(w.path("dist")); err != nil {
				t.Fatal(err)
			}
			for _, half := range test.halfs {
				entries, err := filepath.Glob(filepath.Join(w.cache.Dir(), half, "*", "*"))
				if err != nil || len(entries) < 5 {
					t.Fatalf("%d entries, %v", len(entries), err)
				}
				for i, entry := range entries {
					if i%test.some == 0 {
						if err := test.spoil(entry); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			w.build()
			w.wantTree("with a spoilt cache", want)
			w.wantClean("with a spoilt cache")
		})
	}
}

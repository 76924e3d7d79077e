package engine

import (
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/generate"
)

// inserting returns a world whose second generator inserts a line into each file
// of the first.
func inserting(t *testing.T, allowed ...string) *world {
	t.Helper()
	w := newWorld(t, shop())
	w.generator(0).change = func(_ *generate.Request, files []generate.File) ([]generate.File, error) {
		for i := range files {
			files[i].Content = append(files[i].Content, "\t// @@protoc_insertion_point(end)\n"...)
		}
		return files, nil
	}
	second := newFake("second")
	second.traits.Inserts = allowed
	second.change = func(_ *generate.Request, files []generate.File) ([]generate.File, error) {
		for i := range files {
			files[i].Name = strings.Replace(files[i].Name, ".second.go", ".fake.go", 1)
			files[i].Content = []byte("// inserted " + second.version + "\n")
			files[i].InsertionPoint = "end"
		}
		return files, nil
	}
	w.generators = append(w.generators, second)
	return w
}

func TestInsert(t *testing.T) {
	t.Parallel()
	w := inserting(t, "fake")
	w.build()
	const name = "go/all/items/v1/item.fake.go"
	const want = "\t// inserted 1\n\t// @@protoc_insertion_point(end)\n"
	if got := w.tree()[name]; !strings.HasSuffix(got, want) {
		t.Errorf("%s is %q, want %q at its end", name, got, want)
	}
	w.wantClean("at first")

	// The text alone is made again, and goes into the file as it was without it.
	w.made()
	w.generator(1).version = "2"
	w.build()
	if got := w.tree()[name]; !strings.HasSuffix(got, strings.ReplaceAll(want, "inserted 1", "inserted 2")) || strings.Contains(got, "inserted 1") {
		t.Errorf("%s is %q after another version of the inserting generator", name, got)
	}
	if made := w.made(); made != "" {
		t.Errorf("the first generator made %q again", made)
	}
	w.wantClean("after another version")
}

func TestInsertWithoutLeave(t *testing.T) {
	t.Parallel()
	w := inserting(t, "another")
	w.fails(`generator "second" inserts at "end" into "items/v1/item.fake.go": no such file is made by the generators it may insert into, ["another"]`)
}

func TestInsertWithoutPoint(t *testing.T) {
	t.Parallel()
	w := inserting(t, "fake")
	w.generator(0).change = nil
	w.fails(`generator "second": items/v1/item.fake.go: has no insertion point "end"`)
}

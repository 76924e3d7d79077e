package schema

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/digest"
)

// scan finds the files of a workspace and returns "path name" of each.
func scan(t *testing.T, r *repo) (*Sources, string) {
	t.Helper()
	sources, err := Scan(r.layout, digest.OpenIndex("", r.dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, src := range sources.Own() {
		if !src.Own {
			t.Errorf("%s is not an own file", src.Name)
		}
		all = append(all, src.Path+" "+src.Name)
	}
	return sources, strings.Join(all, "\n")
}

func TestScan(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{
		"proto/z.proto":             proto3,
		"proto/a/b/c.proto":         proto3,
		"proto/a/b.PROTO":           "not for protoc either",
		"proto/a/README.md":         "text",
		"proto/.hidden/h.proto":     proto3,
		"proto/vendor/in/v.proto":   proto3,
		"proto/dist/go/x.proto":     proto3,
		"proto/deep/dist/y.proto":   proto3,
		"proto/folder.proto/f.text": "a folder of this name",
		"apis/q.proto":              proto3,
		"vendor/w.proto":            proto3,
		"other/o.proto":             proto3,
		"elsewhere/linked.proto":    proto3,
	})
	if err := os.Symlink("../elsewhere/linked.proto", filepath.Join(r.dir, "proto", "l.proto")); err != nil {
		t.Fatal(err)
	}
	r.layout.Roots = []string{"proto", "apis"}
	r.layout.Vendor = []string{"vendor", "proto/vendor"}
	r.layout.Skip = []string{"proto/dist"}
	_, got := scan(t, r)
	want := `a/b/c.proto proto/a/b/c.proto
deep/dist/y.proto proto/deep/dist/y.proto
l.proto proto/l.proto
q.proto apis/q.proto
z.proto proto/z.proto`
	if got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	r.layout.Roots, r.layout.Vendor, r.layout.Skip = []string{"."}, []string{"vendor", "proto"}, []string{"elsewhere"}
	_, got = scan(t, r)
	if want := "apis/q.proto apis/q.proto\nother/o.proto other/o.proto"; got != want {
		t.Errorf("in the workspace's own folder found\n%s\nwant\n%s", got, want)
	}
}

func TestScanMissingRoot(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	r.layout.Roots = []string{"none"}
	if _, err := Scan(r.layout, digest.OpenIndex("", r.dir, time.Now)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

// TestFind holds the order in which an import path is looked for.
func TestFind(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{
		"proto/google/api/http.proto":    proto3 + "// own",
		"vendor/google/api/http.proto":   proto3 + "// vendored",
		"vendor/google/type/date.proto":  proto3 + "// vendored",
		"vendor2/google/type/date.proto": proto3 + "// vendored too",
		"vendor2/second.proto":           proto3,
	})
	r.layout.Vendor = []string{"vendor", "vendor2"}
	sources, _ := scan(t, r)
	for path, want := range map[string]string{
		"google/api/http.proto":      "proto/google/api/http.proto",
		"google/type/date.proto":     "vendor/google/type/date.proto",
		"second.proto":               "vendor2/second.proto",
		"google/type/money.proto":    "<built-in>/google/type/money.proto",
		"google/protobuf/any.proto":  "<built-in>/google/protobuf/any.proto",
		"google/none.proto":          "",
		"google":                     "",
		"second.proto/below.proto":   "",
		"../proto/x.proto":           "",
		"/etc/passwd":                "",
		"":                           "",
		"./second.proto":             "",
		"google/../second.proto":     "",
		"<built-in>/google/any.prot": "",
	} {
		src, err := sources.find(path)
		d, ok := sources.Digest(path)
		if want == "" {
			if !errors.Is(err, fs.ErrNotExist) || ok {
				t.Errorf("find(%q) = %v, %v", path, src, err)
			}
			continue
		}
		if err != nil || src.Name != want || !ok || d == (digest.Digest{}) {
			t.Errorf("find(%q) = %+v, %v, want %s", path, src, err, want)
		}
		if again, err := sources.find(path); err != nil || again != src {
			t.Errorf("find(%q) a second time: %v", path, err)
		}
	}
}

// TestSourceDigest tells the places of one content apart, since messages and
// positions name them.
func TestSourceDigest(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"vendor/a.proto": proto3})
	before, _ := scan(t, r)
	first, ok := before.Digest("a.proto")
	r.write(map[string]string{"proto/a.proto": proto3})
	after, _ := scan(t, r)
	second, ok2 := after.Digest("a.proto")
	if !ok || !ok2 || first == second {
		t.Errorf("%v %v, %v %v", first, ok, second, ok2)
	}
}

func TestImportPosition(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{
		"proto/a.proto":     proto3 + "import \"b.proto\";\n\n  import public\n\"dir/c.proto\";\nmessage A { B b = 1; C c = 2; }\n",
		"proto/b.proto":     proto3 + "message B {}\n",
		"proto/dir/c.proto": proto3 + "message C {}\n",
	})
	r.image()
	img := r.image() // from the cache
	for imported, want := range map[string]string{"b.proto": "proto/a.proto:2:1", "dir/c.proto": "proto/a.proto:4:3", "none.proto": "proto/a.proto"} {
		got, err := img.ImportPosition(t.Context(), "a.proto", imported)
		if err != nil || got.String() != want {
			t.Errorf("position of the import of %s is %s, %v, want %s", imported, got, err, want)
		}
	}
}

// TestClosure holds that each file comes after its imports, in one order.
func TestClosure(t *testing.T) {
	t.Parallel()
	r := newRepo(t, star())
	img := r.image()
	for asked, want := range map[string]string{
		"deep.proto":            "hub.proto a.proto deep.proto",
		"b.proto deep.proto":    "hub.proto b.proto a.proto deep.proto",
		"hub.proto hub.proto":   "hub.proto",
		"apart.proto":           "apart.proto",
		"a.proto b.proto":       "hub.proto a.proto b.proto",
		"apart.proto hub.proto": "apart.proto hub.proto",
	} {
		var got []string
		for _, f := range img.Closure(strings.Fields(asked)) {
			got = append(got, f.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("the closure of %s is %s, want %s", asked, got, want)
		}
	}
}

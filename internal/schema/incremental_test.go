package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// star is a hub, three files that import it, one of them through another, and a
// file apart.
func star() map[string]string {
	return map[string]string{
		"proto/hub.proto":   proto3 + "package hub;\n// Hub.\nmessage Hub {}\n",
		"proto/a.proto":     proto3 + "package a;\nimport \"hub.proto\";\nmessage A { hub.Hub h = 1; }\n",
		"proto/b.proto":     proto3 + "package b;\nimport \"hub.proto\";\nmessage B { hub.Hub h = 1; }\n",
		"proto/deep.proto":  proto3 + "package deep;\nimport \"a.proto\";\nmessage D { a.A a = 1; }\n",
		"proto/apart.proto": proto3 + "package apart;\nmessage P {}\n",
	}
}

// TestRecompiles edits workspaces that were compiled before and tells what is
// compiled again, with and without the memo.
func TestRecompiles(t *testing.T) {
	t.Parallel()
	shadowed := map[string]string{
		"proto/a.proto":             proto3 + "import \"v/v.proto\";\nmessage A { v.V v = 1; }\n",
		"proto/b.proto":             proto3 + "import \"google/type/date.proto\";\nmessage B { google.type.Date d = 1; }\n",
		"vendor/v/v.proto":          proto3 + "package v;\nmessage V {}\n",
		"vendor/v/not-needed.proto": "no proto at all",
	}
	tests := []struct {
		name   string
		files  map[string]string
		edit   map[string]string
		rounds []int
	}{
		{"nothing", star(), nil, nil},
		{"a comment in a hub", star(), map[string]string{"proto/hub.proto": proto3 + "package hub;\n\n// The hub.\nmessage Hub {}\n"}, []int{1}},
		{
			"a field in a hub", star(),
			map[string]string{"proto/hub.proto": proto3 + "package hub;\nmessage Hub { int32 x = 1; }\n"},
			[]int{1, 2, 1}, // the hub, those that import it, and what imports these
		},
		{"a field in a leaf", star(), map[string]string{"proto/deep.proto": proto3 + "package deep;\nmessage D { int32 x = 1; }\n"}, []int{1}},
		{"a file touched", star(), map[string]string{"proto/hub.proto": star()["proto/hub.proto"]}, nil},
		{"a file removed", star(), map[string]string{"proto/deep.proto": ""}, nil},
		{"a file added", star(), map[string]string{"proto/new.proto": proto3 + "import \"hub.proto\";\n"}, []int{1}},
		{
			"a file moved", star(),
			map[string]string{"proto/apart.proto": "", "proto/x/apart.proto": star()["proto/apart.proto"]}, []int{1},
		},
		{
			"a hub's package renamed with its importers", star(),
			map[string]string{
				"proto/hub.proto": proto3 + "package hub2;\nmessage Hub {}\n",
				"proto/a.proto":   proto3 + "package a;\nimport \"hub.proto\";\nmessage A { hub2.Hub h = 1; }\n",
				"proto/b.proto":   proto3 + "package b;\nimport \"hub.proto\";\nmessage B { hub2.Hub h = 1; }\n",
			},
			[]int{3, 1},
		},
		{
			"an own file that shadows a vendored one, the same", shadowed,
			map[string]string{"proto/v/v.proto": shadowed["vendor/v/v.proto"]}, nil,
		},
		{
			"an own file that shadows a vendored one, another", shadowed,
			map[string]string{"proto/v/v.proto": proto3 + "package v;\nmessage V { int32 x = 1; }\n"}, []int{1, 1},
		},
		{
			"a vendored file that shadows a built-in one", shadowed,
			map[string]string{"vendor/google/type/date.proto": proto3 + "package google.type;\nmessage Date { int32 x = 1; }\n"}, []int{1, 1},
		},
		{
			"a vendored file changed", shadowed,
			map[string]string{"vendor/v/v.proto": proto3 + "package v;\nmessage V { int32 x = 1; }\n"}, []int{1, 1},
		},
		{"a vendored file that nobody imports", shadowed, map[string]string{"vendor/v/not-needed.proto": "nor now"}, nil},
		{
			"a descriptor.proto of one's own, which all files need", shadowed,
			map[string]string{"vendor/google/protobuf/descriptor.proto": builtInText("google/protobuf/descriptor.proto") + "// changed\n"},
			[]int{2, 2},
		},
	}
	for _, test := range tests {
		for _, memo := range []bool{true, false} {
			name := test.name
			if !memo {
				name += ", without the memo"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := newRepo(t, test.files)
				if !memo {
					r.compiler.Memo = ""
				}
				r.image()
				r.write(test.edit)
				got := r.image()
				r.wantRounds("edited", test.rounds...)
				wantSame(t, got, fresh(r).image())
				r.image()
				r.wantRounds("once more")
			})
		}
	}
}

func builtInText(path string) string {
	text, err := newBuiltIns().text(path)
	if err != nil {
		panic("schema.builtInText: " + err.Error())
	}
	return text
}

// fresh returns the same workspace for a compiler that has no cache.
func fresh(r *repo) *repo {
	r.t.Helper()
	other := *r
	other.cache = newCache(r.t)
	other.compiler.Memo = ""
	return &other
}

// wantSame fails the test unless two images hold the same.
func wantSame(t *testing.T, got, want *Image) {
	t.Helper()
	if len(got.files) != len(want.files) || len(got.own) != len(want.own) {
		t.Errorf("%d files, %d own, want %d and %d", len(got.files), len(got.own), len(want.files), len(want.own))
	}
	for path, w := range want.files {
		g := got.files[path]
		if g == nil {
			t.Errorf("%s is missing", path)
			continue
		}
		if g.Path != w.Path || g.Name != w.Name || g.Own != w.Own || g.Package != w.Package || g.GoPackage != w.GoPackage ||
			!slices.Equal(g.Imports, w.Imports) || !slices.Equal(g.OptionImports, w.OptionImports) || g.Services != w.Services ||
			g.Editions != w.Editions || g.RangeOptions != w.RangeOptions || g.SourceOptions != w.SourceOptions || g.Descriptor != w.Descriptor || g.Info != w.Info ||
			g.Linked != w.Linked || !slices.Equal(g.symbols, w.symbols) {
			t.Errorf("%s is\n%+v\nwant\n%+v", path, g, w)
		}
		gotRaw, gotInfo, gotErr := got.Bytes(t.Context(), g)
		wantRaw, wantInfo, wantErr := want.Bytes(t.Context(), w)
		if gotErr != nil || wantErr != nil || !bytes.Equal(gotRaw, wantRaw) || !bytes.Equal(gotInfo, wantInfo) {
			t.Errorf("%s: its bytes differ (%v, %v)", path, gotErr, wantErr)
		}
	}
}

// TestBackAndForth changes a hub and changes it back, as one does who switches
// branches: what was compiled once is compiled never again.
func TestBackAndForth(t *testing.T) {
	t.Parallel()
	for name, memo := range map[string]bool{"memo": true, "no memo": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, star())
			if !memo {
				r.compiler.Memo = ""
			}
			first := r.image()
			hubs := []string{star()["proto/hub.proto"], proto3 + "package hub;\nmessage Hub { int32 x = 1; }\n"}
			for i, hub := range []int{1, 0, 1, 0} {
				r.write(map[string]string{"proto/hub.proto": hubs[hub]})
				img := r.image()
				if i == 0 {
					r.wantRounds("changed", 1, 2, 1)
					continue
				}
				r.wantRounds("back or forth")
				if hub == 0 {
					wantSame(t, img, first)
				}
			}
		})
	}
}

// TestCachesOfOthers has two workspaces share a cache, and one its compiler.
func TestCachesOfOthers(t *testing.T) {
	t.Parallel()
	one, two := newRepo(t, star()), newRepo(t, star())
	two.cache = one.cache
	one.image()
	two.image()
	two.wantRounds("the same workspace elsewhere")
	two.compiler.Identity = "another build"
	two.image()
	two.wantRounds("another build", 5)
}

func TestIncrementalFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		edit   map[string]string
		want   []string
		rounds []int
	}{
		{
			"an import that makes a cycle",
			map[string]string{"proto/hub.proto": proto3 + "package hub;\nimport \"deep.proto\";\nmessage Hub {}\n"},
			[]string{"proto/deep.proto:3:1: import cycle: a.proto → hub.proto → deep.proto → a.proto"}, []int{1},
		},
		{
			"an error in a hub shows those of what imports it",
			map[string]string{"proto/hub.proto": proto3 + "package hub;\nmessage Hab {}\n"},
			[]string{"proto/a.proto:4:13: cannot find `hub.Hub`", "proto/b.proto:4:13: cannot find `hub.Hub`"}, []int{1, 2},
		},
		{
			"a syntax error in a hub",
			map[string]string{"proto/hub.proto": proto3 + "package hub;\nmessage Hub {\n"},
			[]string{"proto/hub.proto:3:13: encountered unmatched `{` delimiter"}, []int{1},
		},
		{
			"errors in two files, one of which waits for the other",
			map[string]string{
				"proto/hub.proto":  proto3 + "package hub;\nmessage Hub { Nope n = 1; }\n",
				"proto/deep.proto": proto3 + "package deep;\nimport \"a.proto\";\nmessage D { Nope n = 1; }\n",
			},
			[]string{"proto/deep.proto:4:13: cannot find `Nope`", "proto/hub.proto:3:15: cannot find `Nope`"}, []int{2},
		},
		{
			"a removed file that others import",
			map[string]string{"proto/hub.proto": ""},
			[]string{
				"proto/a.proto:3:1: imported file does not exist", "proto/a.proto:4:13: cannot find `hub.Hub`",
				"proto/b.proto:3:1: imported file does not exist", "proto/b.proto:4:13: cannot find `hub.Hub`",
			}, []int{2},
		},
		{
			"a name that another file has, which is cached",
			map[string]string{"proto/apart.proto": proto3 + "package hub;\nmessage Hub {}\n"},
			[]string{"proto/apart.proto:3:9: `Hub` declared multiple times"}, []int{1},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, star())
			r.image()
			r.write(test.edit)
			wantFaults(t, r.faults(), test.want...)
			r.wantRounds("edited", test.rounds...)
			wantFaults(t, r.faults(), test.want...)
			// The faults are those that a compiler without a cache finds.
			wantFaults(t, fresh(r).faults(), test.want...)
			for name := range test.edit {
				r.write(map[string]string{name: star()[name]})
			}
			r.image()
			r.wantRounds("mended")
		})
	}
}

// TestChangedWhileCompiled changes a cached file after it was found and before the
// compiler reads it.
func TestChangedWhileCompiled(t *testing.T) {
	t.Parallel()
	r := newRepo(t, star())
	r.image()
	r.write(map[string]string{"proto/a.proto": star()["proto/a.proto"] + "message More { hub.Hub h = 1; }\n"})
	r.compiler.Compiling = func(int) {
		r.write(map[string]string{"proto/hub.proto": proto3 + "package hub;\nenum Hub { ZERO = 0; }\n"})
	}
	got := r.image()
	r.compiler.Compiling = nil
	if kind := descriptor(t, got, "a.proto").GetMessageType()[1].GetField()[0].GetType().String(); kind != "TYPE_ENUM" {
		t.Errorf("the field is of %s", kind)
	}
	wantSame(t, r.image(), fresh(r).image())
	r.write(map[string]string{"proto/hub.proto": star()["proto/hub.proto"]})
	wantSame(t, r.image(), fresh(r).image())
}

func TestMemoDamaged(t *testing.T) {
	t.Parallel()
	r := newRepo(t, star())
	first := r.image()
	whole, err := os.ReadFile(r.compiler.Memo)
	if err != nil {
		t.Fatal(err)
	}
	id := identity(r.compiler.Identity, first.run.sources)
	if got := loadMemo(r.compiler.Memo, id); len(got) != 5 {
		t.Fatalf("the memo holds %d files", len(got))
	}
	for _, damaged := range [][]byte{nil, whole[:len(whole)-1], whole[:10], append([]byte("x"), whole...), bytes.ReplaceAll(whole, []byte("hub"), []byte("hab"))} {
		if err := os.WriteFile(r.compiler.Memo, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := loadMemo(r.compiler.Memo, id); got != nil {
			t.Errorf("a damaged memo holds %d files", len(got))
		}
		wantSame(t, r.image(), first)
		r.wantRounds("from the cache")
		if mended, err := os.ReadFile(r.compiler.Memo); err != nil || !bytes.Equal(mended, whole) {
			t.Errorf("the memo was not written again (%v)", err)
		}
	}
	if err := os.Remove(r.compiler.Memo); err != nil {
		t.Fatal(err)
	}
	wantSame(t, r.image(), first)
	r.wantRounds("without a memo")
	if got := loadMemo(r.compiler.Memo, "another"); got != nil {
		t.Error("another compiler's memo was read")
	}
}

// TestCacheLost has a memo and a cache that was emptied or damaged since.
func TestCacheLost(t *testing.T) {
	t.Parallel()
	damage := map[string]func(file string) error{
		"emptied": os.Remove,
		"damaged": func(file string) error {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			content[len(content)/2] ^= 1
			return os.WriteFile(file, content, 0o644)
		},
		"cut": func(file string) error { return os.Truncate(file, 100) },
	}
	for name, damage := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, star())
			want := fresh(r).image()
			r.image()
			entries, err := filepath.Glob(filepath.Join(r.cache.Dir(), "ac", "*", "*"))
			if err != nil || len(entries) < 5 {
				t.Fatalf("the cache has %d entries, %v", len(entries), err)
			}
			for _, entry := range entries {
				if err := damage(entry); err != nil {
					t.Fatal(err)
				}
			}
			img := r.image()
			r.wantRounds("from the memo")
			wantSame(t, img, want)
			// What was compiled again is in the cache again.
			for _, f := range img.Own() {
				if img.stored(f) == nil {
					t.Errorf("%s is not back in the cache", f.Path)
				}
			}
			for _, entry := range entries {
				if _, err := os.Stat(entry); err == nil {
					if err := damage(entry); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.compiler.Memo = ""
			wantSame(t, r.image(), want)
			r.wantRounds("from nothing", 5)
		})
	}
}

// TestBytesOfAChangedFile asks for what the cache has lost and nobody can make
// any more.
func TestBytesOfAChangedFile(t *testing.T) {
	t.Parallel()
	r := newRepo(t, star())
	r.image()
	img := r.image()
	r.cache = newCache(t)
	img.run.Cache = r.cache
	r.write(map[string]string{"proto/a.proto": proto3 + "message {}", "proto/b.proto": star()["proto/b.proto"] + "message More {}\n"})
	if _, _, err := img.Bytes(t.Context(), img.File("a.proto")); err == nil || !strings.Contains(err.Error(), "missing name") {
		t.Errorf("a file with a fault: %v", err)
	}
	_, _, err := img.Bytes(t.Context(), img.File("b.proto"))
	if err == nil || err.Error() != "proto/b.proto: changed while it was being read: run the command again" {
		t.Errorf("a changed file: %v", err)
	}
}

// TestJobs compiles with one goroutine and with many, in groups given in another
// order: nothing of that shows in the image or in the memo.
func TestJobs(t *testing.T) {
	t.Parallel()
	files := star()
	for _, letter := range strings.Split("abcdefghijklmnopqrst", "") {
		files["proto/many/"+letter+".proto"] = proto3 + "package " + letter + ".v1;\nimport \"hub.proto\";\nimport \"google/api/annotations.proto\";\n" +
			"service S { rpc Get(hub.Hub) returns (hub.Hub) { option (google.api.http) = { get: \"/" + letter + "\" }; } }\n"
	}
	r := newRepo(t, files)
	r.compiler.Jobs = 1
	one := r.image()
	memo, err := os.ReadFile(r.compiler.Memo)
	if err != nil {
		t.Fatal(err)
	}
	many := *r
	many.cache = newCache(t)
	many.compiler.Jobs = 8
	many.compiler.Memo = filepath.Join(t.TempDir(), "memo")
	wantSame(t, many.image(), one)
	if other, err := os.ReadFile(many.compiler.Memo); err != nil || !bytes.Equal(other, memo) {
		t.Errorf("the memo depends on the number of jobs (%v)", err)
	}
}

func TestCompiledNamesEachFile(t *testing.T) {
	t.Parallel()
	r := newRepo(t, star())
	r.compiler.Jobs = 1
	var compiled []string
	r.compiler.Compiled = func(path string) { compiled = append(compiled, path) }
	r.image()
	slices.Sort(compiled)
	if got := strings.Join(compiled, " "); got != "a.proto apart.proto b.proto deep.proto hub.proto" {
		t.Errorf("compiled %s", got)
	}
	compiled = nil
	r.write(map[string]string{"proto/b.proto": star()["proto/b.proto"] + "// more\n"})
	r.image()
	if got := strings.Join(compiled, " "); got != "b.proto" {
		t.Errorf("compiled %s", got)
	}
}

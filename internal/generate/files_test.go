package generate

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

// part makes a part of a response; "" leaves a field out.
func part(name, point, content string) *pluginpb.CodeGeneratorResponse_File {
	p := &pluginpb.CodeGeneratorResponse_File{Content: proto.String(content)}
	if name != "" {
		p.Name = proto.String(name)
	}
	if point != "" {
		p.InsertionPoint = proto.String(point)
	}
	return p
}

func TestAssemble(t *testing.T) {
	t.Parallel()
	type parts = []*pluginpb.CodeGeneratorResponse_File
	tests := []struct {
		name  string
		parts parts
		want  []string // name: content
	}{
		{"nothing", nil, nil},
		{"files in their order", parts{part("b", "", "1"), part("a", "", ""), part("c", "", "3")}, []string{"b: 1", "a: ", "c: 3"}},
		{"a file in pieces", parts{part("a", "", "1"), part("", "", "2"), part("", "", "3"), part("b", "", "4")}, []string{"a: 123", "b: 4"}},
		{
			// What protoc 34 makes of the same response.
			"insertion points",
			parts{
				part("a", "", "begin\n    @@protoc_insertion_point(p)\nx /* @@protoc_insertion_point(q) */ y\n\t@@protoc_insertion_point(r)end"),
				part("", "", "-more\n"),
				part("a", "p", "one\n\ntwo"), part("a", "p", "three\n"),
				part("a", "q", "Q"), part("a", "q", "Q1\nQ2\n"),
				part("a", "r", ""), part("a", "r", "\n"),
				part("a", "p", "four\n"), part("", "", "five"),
			},
			[]string{"a: begin\n    one\n    \n    two\n    three\n    four\n    five\n    @@protoc_insertion_point(p)\n" +
				"x Q\nQ1\nQ2\n/* @@protoc_insertion_point(q) */ y\n\t\n\t@@protoc_insertion_point(r)end-more\n"},
		},
		{
			"an insertion point in what was inserted",
			parts{part("a", "", "@@protoc_insertion_point(p)"), part("a", "p", "@@protoc_insertion_point(q)"), part("a", "q", "x")},
			[]string{"a: x\n@@protoc_insertion_point(q)\n@@protoc_insertion_point(p)"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files, err := assemble("g", test.parts, false)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, f.Name+": "+string(f.Content))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("files are\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

func TestAssembleFaults(t *testing.T) {
	t.Parallel()
	type parts = []*pluginpb.CodeGeneratorResponse_File
	for want, parts := range map[string]parts{
		`generator "g" wrote content for a file that it did not name`:   {part("", "", "x"), part("a", "", "y")},
		`generator "g" wrote content for a file that it did not`:        {part("a", "", "x"), part("", "p", "y")},
		`generator "g" wrote "a" twice`:                                 {part("a", "", "x"), part("b", "", "y"), part("a", "", "x")},
		`generator "g" inserts at "p" into "b", a file that it did not`: {part("a", "", "x"), part("b", "p", "y")},
		`generator "g": a: has no insertion point "p"`:                  {part("a", "", "@@protoc_insertion_point(pp)"), part("a", "p", "y")},
	} {
		if files, err := assemble("g", parts, false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, %v, want %s", files, err, want)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	t.Parallel()
	good := []string{
		"a", "a.go", "a/b/c.pb.go", "github.com/acme/x-y_z/v1/file.pb.go", "with space/a b.txt", "Ünïcode/ф.txt", "com/x.go", "console.txt",
		"null", "com10.txt", "lpt.txt", "a..b/c", "x+y=z@1,2.txt", strings.Repeat("a", 200) + "/" + strings.Repeat("b", 200),
	}
	for _, name := range good {
		if err := CheckFiles("g", []File{{Name: name}}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	bad := map[string]string{
		"":                               "empty",
		"/etc/passwd":                    "absolute",
		"//server/share":                 "absolute",
		"..":                             "climbs",
		"../x":                           "climbs",
		"a/../../x":                      "climbs",
		"a/..":                           "climbs",
		"a/../b":                         "climbs",
		".":                              "not clean",
		"./a":                            "not clean",
		"a/./b":                          "not clean",
		"a//b":                           "not clean",
		"a/":                             "not clean",
		`a\b`:                            "holds one of",
		`..\x`:                           "holds one of",
		"C:/x":                           "holds one of",
		"c:x":                            "holds one of",
		"a:stream":                       "holds one of",
		"a*":                             "holds one of",
		"a?":                             "holds one of",
		`a"b`:                            "holds one of",
		"a<b":                            "holds one of",
		"a|b":                            "holds one of",
		"a\x00b":                         "control character",
		"a\nb":                           "control character",
		"a\x7f":                          "control character",
		"a\xff":                          "not UTF-8",
		"CON":                            "device",
		"con.go":                         "device",
		"x/nul":                          "device",
		"x/Aux.tar.gz/y":                 "device",
		"com1.pb.go":                     "device",
		"LPT9":                           "device",
		"COM¹":                           "device",
		"conin$":                         "device",
		".git/config":                    "hidden",
		"a/.hidden":                      "hidden",
		".productinfo-tmp-1":             "hidden",
		"a./b":                           "ends in a dot or space",
		"a /b":                           "ends in a dot or space",
		"a.":                             "ends in a dot or space",
		"a/" + strings.Repeat("b", 256):  "has 256 bytes, more than 255",
		strings.Repeat("a/", 600):        "not clean",
		strings.Repeat("ab/", 400) + "c": "bytes, more than 1024",
	}
	for name, want := range bad {
		err := CheckFiles("g", []File{{Name: "ok"}, {Name: name}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `generator "g" wants to write "`) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func TestCheckFilesTogether(t *testing.T) {
	t.Parallel()
	tests := []struct{ files, want string }{
		{"a b a/c", `a folder that is the former's file`},
		{"a/b/c a/b", `a folder that is the former's file`},
		{"A/b/c a/B", `a folder that is the former's file`},
		{"a b c a", `generator "g" wrote "a" twice`},
		{"a/B.go A/b.go", `generator "g" wrote "a/B.go" and "A/b.go", which are one file where case does not count`},
		{"ф Ф", `one file where case does not count`},
		{"ſ S", `one file where case does not count`}, // a long s
		{"a/b a/c A/d ab", ""},
	}
	for _, test := range tests {
		var files []File
		for name := range strings.FieldsSeq(test.files) {
			files = append(files, File{Name: name})
		}
		err := CheckFiles("g", files)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.files, err, test.want)
		}
	}
}

// FuzzCheckFiles holds that what passes stays in its folder, on any system.
func FuzzCheckFiles(f *testing.F) {
	for _, seed := range []string{"a/b.go", "../x", "/x", "C:\\x", "a/../b", "NUL", "com¹.x", ".x", "a//b", "\x00", "a /b", "ſ", "K"} {
		f.Add(seed, "A/b.go")
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		if CheckFiles("g", []File{{Name: one}, {Name: other}}) != nil {
			return
		}
		for _, name := range []string{one, other} {
			if !fs.ValidPath(name) || !filepath.IsLocal(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
				t.Errorf("%q passed", name)
			}
			for element := range strings.SplitSeq(name, "/") {
				if strings.HasPrefix(element, ".") || strings.Trim(element, " .") == "" || strings.HasSuffix(element, ".") {
					t.Errorf("%q passed", name)
				}
			}
		}
		if strings.EqualFold(one, other) {
			t.Errorf("%q and %q passed", one, other)
		}
	})
}

func TestRelocate(t *testing.T) {
	t.Parallel()
	const goModule = "example.com/gen/orders"
	tests := []struct{ name, folder, want string }{
		{goModule + "/v1/a.pb.go", "acme/orders", "v1/a.pb.go"},
		{goModule + "/a.pb.go", "", "a.pb.go"},
		{"acme/orders/v1/a.pb.go", "acme/orders", "v1/a.pb.go"},
		{"acme/ordersx/a.txt", "acme/orders", "acme/ordersx/a.txt"},
		{"example.com/gen/ordersx/a.go", "", "example.com/gen/ordersx/a.go"},
		{"docs/index.html", "acme/orders", "docs/index.html"},
		{"acme/orders", "acme/orders", "acme/orders"},
		{"a.txt", "", "a.txt"},
	}
	for _, test := range tests {
		got := Relocate(File{Name: test.name, Content: []byte("x")}, goModule, test.folder)
		if got.Name != test.want || string(got.Content) != "x" {
			t.Errorf("%s in %q becomes %s, want %s", test.name, test.folder, got.Name, test.want)
		}
	}
}

func TestGoImports(t *testing.T) {
	t.Parallel()
	const goModule = "example.com/gen/orders"
	source := `// Package p.
package p

import (
	"context"
	f "fmt"
	_ "example.com/gen/orders"
	. "example.com/gen/orders/v1"
	"example.com/gen/ordersx"
	"google.golang.org/grpc"
	x "example.com/gen/items/v1"
	"internal/thing"
)

func broken( {`
	got, err := GoImports(File{Name: "a/b.go", Content: []byte(source)}, goModule)
	want := []string{"example.com/gen/ordersx", "google.golang.org/grpc", "example.com/gen/items/v1"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("imports are %q, %v, want %q", got, err, want)
	}
	if got, err := GoImports(File{Name: "a.txt", Content: []byte(source)}, goModule); err != nil || got != nil {
		t.Errorf("imports of a text are %q, %v", got, err)
	}
	if _, err := GoImports(File{Name: "a.go", Content: []byte("<html>")}, goModule); err == nil {
		t.Error("what is no Go has imports")
	}
}

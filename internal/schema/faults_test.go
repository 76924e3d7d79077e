package schema

import (
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  []string
		// detail is a part of the notes, help or excerpt of one of the faults.
		detail string
	}{
		{
			"syntax errors, all of them in all files",
			map[string]string{
				"proto/a.proto":   proto3 + "message {}\nmessage B { int32 x 1; }\n",
				"proto/b/b.proto": proto3 + "message B {\n",
				"proto/ok.proto":  proto3 + "message Ok {}\n",
			},
			[]string{
				"proto/a.proto:2:1: missing name after `message`",
				"proto/a.proto:3:21: unexpected integer literal in definition",
				"proto/b/b.proto:2:11: encountered unmatched `{` delimiter",
			},
			" 3 | message B { int32 x 1; }\n   |                     ^",
		},
		{
			"faults beyond syntax beside those of other files",
			map[string]string{
				"proto/a.proto": proto3 + "package p;\nmessage M {\n  Nope n = 1;\n  int32 a = 1;\n}\n",
				"proto/b.proto": proto3 + "message {}\n",
			},
			[]string{
				"proto/a.proto:4:3: cannot find `Nope` in this scope",
				"proto/a.proto:5:13: field number `1` used more than once",
				"proto/b.proto:2:1: missing name after `message`",
			},
			"the full name of this scope is `p.M`",
		},
		{
			"missing imports",
			map[string]string{"proto/a.proto": proto3 + "import \"nope/x.proto\";\nimport \"proto/a.proto\";\n"},
			[]string{"proto/a.proto:2:1: imported file does not exist", "proto/a.proto:3:1: imported file does not exist"},
			"searched: proto, vendor, the built-in files",
		},
		{
			"a missing import of a vendored file",
			map[string]string{
				"proto/a.proto":    proto3 + "import \"v/v.proto\";\n",
				"vendor/v/v.proto": proto3 + "import \"v/w.proto\";\n",
			},
			[]string{"vendor/v/v.proto:2:1: imported file does not exist"},
			"searched: proto, vendor, the built-in files",
		},
		{
			"imports of a folder, of a file below a file, and of a built-in that there is not",
			map[string]string{
				"proto/a.proto":    proto3 + "import \"v\";\nimport \"v/v.proto/w.proto\";\nimport \"google/api/none.proto\";\n",
				"vendor/v/v.proto": proto3,
			},
			[]string{
				"proto/a.proto:2:1: imported file does not exist", "proto/a.proto:3:1: imported file does not exist",
				"proto/a.proto:4:1: imported file does not exist",
			},
			"searched:",
		},
		{
			"import paths that are not clean",
			map[string]string{
				"proto/a.proto": proto3 + "import \"./b.proto\";\nimport \"x//b.proto\";\nimport \"../proto/b.proto\";\n" +
					"import \"/b.proto\";\nimport \"\";\n",
				"proto/b.proto":   proto3,
				"proto/x/b.proto": proto3,
			},
			[]string{
				"proto/a.proto:2:8: import path must not contain", "proto/a.proto:3:8: import path must not contain",
				"proto/a.proto:4:8: import path must not refer to parent directory", "proto/a.proto:5:8: import path must be relative",
				"proto/a.proto:6:8: import path cannot be empty",
			},
			"canonicalize this path",
		},
		{
			"an import cycle",
			map[string]string{
				"proto/a.proto": proto3 + "import \"b.proto\";\n",
				"proto/b.proto": proto3 + "import \"c.proto\";\n",
				"proto/c.proto": proto3 + "\nimport \"a.proto\";\n",
			},
			[]string{"proto/c.proto:3:1: import cycle: a.proto → b.proto → c.proto → a.proto"},
			`"b.proto" imports "c.proto"`,
		},
		{
			"two import cycles, files that import them, and a fault elsewhere",
			map[string]string{
				"proto/a.proto":     proto3 + "import \"y.proto\";\nmessage M { Y y = 1; }\n",
				"proto/x.proto":     proto3 + "import \"apart.proto\";\nimport \"y.proto\";\nmessage X { Y y = 1; }\n",
				"proto/y.proto":     proto3 + "import \"z.proto\";\nimport \"x.proto\";\nmessage Y { X x = 1; Z z = 2; }\n",
				"proto/z.proto":     proto3 + "import \"y.proto\";\nmessage Z { Y y = 1; }\n",
				"proto/apart.proto": proto3 + "message Apart { Nope n = 1; }\n",
			},
			[]string{
				"proto/apart.proto:2:17: cannot find `Nope`",
				"proto/x.proto:3:1: import cycle: y.proto → x.proto → y.proto",
				"proto/z.proto:2:1: import cycle: y.proto → z.proto → y.proto",
			},
			"imported here",
		},
		{
			"a file that imports itself",
			map[string]string{"proto/a.proto": proto3 + "import \"a.proto\";\n"},
			[]string{"proto/a.proto:2:1: import cycle: a.proto → a.proto"},
			"imported here",
		},
		{
			"a name declared twice in a file",
			map[string]string{"proto/a.proto": proto3 + "package p;\nmessage M {}\nenum M { Z = 0; }\n"},
			[]string{"proto/a.proto:3:9: `M` declared multiple times"},
			"also declared here, now as an enum type",
		},
		{
			"a name declared twice in two files",
			map[string]string{
				"proto/a.proto": proto3 + "package p;\nmessage M {}\n",
				"proto/b.proto": proto3 + "package p;\nservice M {}\n",
			},
			[]string{"proto/a.proto:3:9: `M` declared multiple times"},
			"proto/b.proto:3:9",
		},
		{
			"a value of two enums",
			map[string]string{
				"proto/a.proto": proto3 + "package p;\nenum A { Z = 0; }\n",
				"proto/b.proto": proto3 + "package p;\nenum B { Z = 0; }\n",
			},
			[]string{"proto/a.proto:3:10: `Z` declared multiple times"},
			"do not include the name of the enum",
		},
		{
			"an own name that a vendored file has",
			map[string]string{
				"proto/a.proto":  proto3 + "package p;\nmessage M {}\n",
				"proto/b.proto":  proto3 + "import \"v.proto\";\n",
				"vendor/v.proto": proto3 + "package p;\nmessage M {}\n",
			},
			[]string{"proto/a.proto:3:9: `M` declared multiple times"},
			"vendor/v.proto:3:9",
		},
		{
			"names that are packages",
			map[string]string{
				"proto/a.proto": proto3 + "package p;\nmessage q {}\nenum E { r = 0; }\n",
				"proto/b.proto": proto3 + "package p.q;\n",
				"proto/c.proto": proto3 + "package p.r.s;\nservice p {}\n",
				"proto/d.proto": proto3 + "service p {}\n",
			},
			[]string{
				`proto/a.proto:3:9: "p.q" is declared here and is, or holds, the package of proto/b.proto`,
				`proto/a.proto:4:10: "p.r" is declared here and is, or holds, the package of proto/c.proto`,
				`proto/d.proto:2:9: "p" is declared here and is, or holds, the package of proto/a.proto`,
			},
			"rename one of the two",
		},
		{
			"an extension number used twice",
			map[string]string{
				"proto/a.proto": "syntax = \"proto2\";\npackage p;\nmessage A { extensions 1 to 10; }\nextend A { optional int32 x = 1; }\n",
				"proto/b.proto": "syntax = \"proto2\";\npackage p;\nimport \"a.proto\";\nmessage B { extend A { optional int32 y = 1; } }\n",
				"proto/c.proto": "syntax = \"proto2\";\npackage q;\nimport \"a.proto\";\nextend p.A { optional int32 z = 2; }\n",
			},
			[]string{"proto/b.proto:4:43: field number `1` used more than once"},
			"proto/a.proto:4:31",
		},
		{
			"a vendored file that does not parse",
			map[string]string{"proto/a.proto": proto3 + "import \"v.proto\";\n", "vendor/v.proto": proto3 + "message M {\n"},
			[]string{"vendor/v.proto:2:11: encountered unmatched `{` delimiter"},
			"vendor/v.proto:2:11",
		},
		{
			"a byte that is not UTF-8",
			map[string]string{"proto/a.proto": proto3 + "message \xff {}\n"},
			[]string{"proto/a.proto:2:9: input appears to be encoded with UTF-8, but found invalid byte"},
			"Protobuf files must be UTF-8 encoded",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, test.files)
			list := r.faults()
			wantFaults(t, list, test.want...)
			var all strings.Builder
			for _, d := range list {
				if d.Rule != "compile" || strings.Contains(d.Rendered, "encountered 1 error") {
					t.Errorf("rule %q, rendered as\n%s", d.Rule, d.Rendered)
				}
				all.WriteString(d.Rendered + "\n" + strings.Join(d.Notes, "\n") + "\n" + d.Help + "\n")
			}
			if !strings.Contains(all.String(), test.detail) {
				t.Errorf("no fault has the detail\n%s\nthey are\n%s", test.detail, all.String())
			}
			if strings.Contains(all.String(), r.dir) {
				t.Errorf("a fault names the machine's folder %s:\n%s", r.dir, all.String())
			}
			// The same again, now that whatever could be cached is.
			wantFaults(t, r.faults(), test.want...)
		})
	}
}

// TestNoFaults are inputs that look like faults and are none.
func TestNoFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		files  map[string]string
		groups [][]string
	}{
		{
			"one name in two modules",
			map[string]string{
				"proto/a/x.proto": proto3 + "package p;\nmessage M {}\n",
				"proto/b/x.proto": proto3 + "package p;\nmessage M {}\n",
			},
			[][]string{{"a/x.proto"}, {"b/x.proto"}},
		},
		{
			"a vendored file that does not parse and nobody imports",
			map[string]string{"proto/a.proto": proto3, "vendor/v.proto": "message {"}, nil,
		},
		{"an import that is not used", map[string]string{"proto/a.proto": proto3 + "import \"google/protobuf/any.proto\";\n"}, nil},
		{"an empty file", map[string]string{"proto/a.proto": "\n"}, nil},
		{"a file without a syntax", map[string]string{"proto/a.proto": "message M { optional int32 x = 1; }\n"}, nil},
		{
			"a package of many files, and one within it",
			map[string]string{
				"proto/a.proto": proto3 + "package p;\nmessage A {}\n", "proto/b.proto": proto3 + "package p;\nmessage B {}\n",
				"proto/c.proto": proto3 + "package p.A1;\nmessage A {}\n",
			}, nil,
		},
		{
			"names that differ in case",
			map[string]string{"proto/a.proto": proto3 + "message m {}\n", "proto/b.proto": proto3 + "message M {}\n"}, nil,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, test.files)
			r.groups = test.groups
			r.image()
		})
	}
}

// TestClashThroughAnImport has two modules that may share a name, until one
// imports the other.
func TestClashThroughAnImport(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{
		"proto/a/x.proto": proto3 + "package p;\nmessage M {}\n",
		"proto/b/x.proto": proto3 + "package p;\nmessage M {}\n",
		"proto/b/y.proto": proto3 + "package q;\nmessage N {}\n",
		"proto/b/z.proto": proto3 + "package q;\nimport \"a/x.proto\";\nmessage O { p.M m = 1; }\n",
	})
	r.groups = [][]string{{"a/x.proto"}, {"b/x.proto", "b/y.proto", "b/z.proto"}}
	wantFaults(t, r.faults(), "proto/a/x.proto:3:9: `M` declared multiple times")
}

func TestTwoRootsWithOneFile(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"proto/a/x.proto": proto3, "apis/a/x.proto": proto3, "apis/b.proto": proto3})
	r.layout.Roots = []string{"proto", "apis"}
	list := r.faults()
	wantFaults(t, list, `apis/a/x.proto: "a/x.proto" is also in proto/a/x.proto, so an import of it is ambiguous (duplicate-path)`)
	if list[0].Help == "" {
		t.Error("there is no help")
	}
}

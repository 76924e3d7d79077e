package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/workspace"
)

// faultyFile is a productinfo.yaml and what is wrong with it, without its name.
type faultyFile struct {
	name, content string
	want          []string
}

// faultyDocuments are wrong as YAML or in their keys.
func faultyDocuments() []faultyFile {
	const goSection = "version: 1\ntargets:\n  go:\n    module: example.com/apis\n"
	return []faultyFile{
		// The document.
		{"empty", "", []string{
			"1:1: the file is empty",
		}},
		{"comments", "# nothing\n", []string{
			"1:1: the file is empty",
		}},
		{"null", "~\n", []string{
			"1:1: the file is empty",
		}},
		{"list", "- a\n", []string{
			"1:1: the file wants a mapping, not a list",
		}},
		{"string", "abc\n", []string{
			"1:1: the file wants a mapping, not a string",
		}},
		{"two documents", head + "---\nname: a\n", []string{
			"3:1: the file has more than one YAML document: keep one",
		}},
		{"after the end", head + "...\nname: a\n", []string{
			"4:1: the file has more than one YAML document: keep one",
		}},
		{"anchors", "a: &x 1\nb: *x\n<<: *x\n", []string{
			"1:4: anchors, aliases and merge keys are not allowed here",
			"2:4: anchors, aliases and merge keys are not allowed here",
			"3:1: anchors, aliases and merge keys are not allowed here",
			"3:5: anchors, aliases and merge keys are not allowed here",
		}},
		{"billion laughs", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", []string{
			"1:4: anchors, aliases and merge keys are not allowed here",
			"2:4: anchors, aliases and merge keys are not allowed here",
			"2:8: anchors, aliases and merge keys are not allowed here",
			"2:11: anchors, aliases and merge keys are not allowed here",
			"3:4: anchors, aliases and merge keys are not allowed here",
			"3:8: anchors, aliases and merge keys are not allowed here",
			"3:11: anchors, aliases and merge keys are not allowed here",
		}},
		{"tag", "version: !!int 1\n", []string{
			`1:10: the tag "!!int" is not allowed here`,
		}},
		{"directive", "%YAML 1.2\n---\nversion: 1\n", []string{
			"1:1: YAML directives are not allowed here",
		}},
		{"question mark", "? version\n: 1\n", []string{
			`1:1: keys marked by "?" are not allowed here`,
		}},
		{"tab", head + "check:\n\tlint: X\n", []string{
			"4:1: invalid YAML: found character '\\t' that cannot start any token",
		}},
		{"tab first", "\tversion: 1\n", []string{
			"1:1: invalid YAML: tab character cannot use as a map key directly",
		}},
		{"not utf-8", "version: 1\nname: é\xff\n", []string{
			"2:9: the byte 0xff is not UTF-8",
		}},
		{"nul", "version: 1\nname: a\x00b\n", []string{
			"2:8: the file is not text: it has a NUL byte",
		}},
		{"unclosed", "version: 1\nroots: [a\n", []string{
			"2:8: invalid YAML: sequence end token ']' not found",
		}},
		{"mismatched", head + "name: b: c\n", []string{
			"3:7: invalid YAML: mapping value is not allowed in this context",
		}},
		{"unterminated", head + "name: \"abc\n", []string{
			"3:7: invalid YAML: could not find end character of double-quoted text",
		}},
		{"deep", "a: " + strings.Repeat("[", 100), []string{
			"1:36: values are nested more than 32 deep",
		}},
		{"deep dashes in a line", strings.Repeat("- ", 100), []string{
			"1:65: values are nested more than 32 deep",
		}},
		{"deep keys in a line", strings.Repeat("a: ", 100), []string{
			"1:98: values are nested more than 32 deep",
		}},
		{"deep brackets", strings.Repeat("[", 1<<17), []string{
			"1:1: the file has 131072 YAML tokens, the limit is 50000",
		}},
		{"deep dashes", strings.Repeat("- ", 1<<16), []string{
			"1:1: the file has 65536 YAML tokens, the limit is 50000",
		}},
		{"deep colons", strings.Repeat("a: ", 1<<15), []string{
			"1:1: the file has 65536 YAML tokens, the limit is 50000",
		}},
		{"repeated keys", strings.Repeat("a: b\n", 1<<15), []string{
			"1:1: the file has 98304 YAML tokens, the limit is 50000",
		}},
		{"too large", strings.Repeat("#", 1<<20+1), []string{
			"1:1: the file has 1048577 bytes, the limit is 1048576",
		}},
		// Keys.
		{"all at once", "versoin: 1\nroot: x\nname: [a]\nzzz: 1\ntargets: {go: {modul: x}}\n", []string{
			`1:1: unknown key "versoin" in the file: did you mean "version"?`,
			`2:1: unknown key "root" in the file: did you mean "roots"?`,
			"3:7: name wants a string, not a list",
			`4:1: unknown key "zzz" in the file: the keys are version, name, roots, vendor, modules, unstable, targets, check, tools`,
			`5:16: unknown key "modul" in targets.go: did you mean "module"?`,
		}},
		{"misspelt sections", "version: 1\ntarget: {go: {}}\n", []string{
			`2:1: unknown key "target" in the file: did you mean "targets"?`,
		}},
		{"misspelt target", "version: 1\ntargets: {goo: {}}\n", []string{
			`2:11: unknown key "goo" in targets: did you mean "go"?`,
		}},
		{"unknown keys below", goSection + "    generator: []\n    xyz: 1\n  java: {}\ncheck: {lin: X}\npublish: {}\n", []string{
			`5:5: unknown key "generator" in targets.go: did you mean "generators"?`,
			`6:5: unknown key "xyz" in targets.go: the keys are module, generators, require`,
			`7:3: unknown key "java" in targets: the keys are go`,
			`8:9: unknown key "lin" in check: did you mean "lint"?`,
			`9:1: unknown key "publish" in the file: the keys are version, name, roots, vendor, modules, unstable, targets, check, tools`,
		}},
		{"after a wide character", "version: 1\ntargets: {\"é\": 1, go: {module: example.com/apis, \"ü\": 2}}\n", []string{
			`2:11: unknown key "é" in targets: the keys are go`,
			`2:51: unknown key "ü" in targets.go: the keys are module, generators, require`,
		}},
		{"duplicate keys", head + "name: a\nname: b\ncheck: {lint: A, lint: B}\n", []string{
			`4:1: the key "name" is repeated: it stands in line 3 already`,
			`5:18: the key "lint" is repeated: it stands in line 5 already`,
		}},
		{"not a string as key", head + "1: a\ntrue: b\n", []string{
			"3:1: a key of the file wants a string, not the number 1",
			"4:1: a key of the file wants a string, not the boolean true",
		}},
		{"no values", head + "roots:\nname:\ncheck:\n", []string{
			"3:7: roots has no value: it wants a list of strings",
			"4:6: name has no value: it wants a string",
			"5:7: check has no value: it wants a mapping",
		}},
		{"missing version", "targets: {go: {module: example.com/apis}}\n", []string{
			"1:1: version is missing",
		}},
	}
}

func TestLoadFaults(t *testing.T) {
	t.Parallel()
	for _, test := range slices.Concat(faultyDocuments(), faultyValues()) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list := faults(t, map[string]string{workspace.FileName: test.content, "proto/a/": "", "more/x/": "", "file": ""})
			checkFaults(t, list)
			if got := lines(list); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ content, want string }{
		{"targets: {go: {module: example.com/apis}}\n", "add `version: 1`"},
		{"version: 1\n", "set it to the Go path of the repo's dist/go folder, such as github.com/acme/apis/dist/go"},
		{head + "name: 1\n", "put it in quotes if it is meant"},
		{head + "check:\n\tlint: X\n", "YAML is indented with spaces, not with tabs"},
		{head + "a: &b c\n", "write the value out"},
		{head + "roots: [none]\n", "make the folder or set roots to those that hold the protos"},
		{head + "tools: {a: example.com/a}\n", "write a Go package with its version, such as example.com/cmd/tool@v1.2.3, or a path that begins with ./"},
		{
			"version: 1\ntargets: {go: {module: example.com/apis, generators: [foo]}}\n",
			"add `protoc-gen-foo: <Go package>@<version>` or `protoc-gen-foo: ./path` to tools",
		},
	} {
		list := faults(t, map[string]string{workspace.FileName: test.content, "proto/": ""})
		if len(list) != 1 || list[0].Help != test.want {
			t.Errorf("%q: %+v, want the help %q", test.content, list, test.want)
		}
	}
}

// The default root is one that nobody has written down.
func TestLoadWithoutRoots(t *testing.T) {
	t.Parallel()
	list := faults(t, map[string]string{workspace.FileName: head})
	if want := []string{`1:1: root "proto", the default, does not exist`}; !slices.Equal(lines(list), want) {
		t.Errorf("got %q, want %q", lines(list), want)
	}
}

// A link is followed as long as it stays inside the workspace.
func TestLoadInputLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	content := head + "tools: {protoc-gen-x: ./x}\n"
	content = strings.Replace(content, "example.com/apis", "example.com/apis, generators: [{name: x, inputs: [in, out]}]", 1)
	for name, text := range map[string]string{outside: "", filepath.Join(dir, "file"): "", filepath.Join(dir, workspace.FileName): content} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "proto"), 0o755), os.Symlink("file", filepath.Join(dir, "in")),
		os.Symlink(outside, filepath.Join(dir, "out"))); err != nil {
		t.Fatal(err)
	}
	_, err := workspace.Load(dir)
	if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), `: input "out" is no file of the workspace: `) {
		t.Errorf("error is %v", err)
	}
}

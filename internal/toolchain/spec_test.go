package toolchain

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/productinfo/productinfo/internal/workspace"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	good := map[string]Spec{
		"github.com/bufbuild/buf/cmd/buf@v1.73.0":                {Package: "github.com/bufbuild/buf/cmd/buf", Version: "v1.73.0"},
		"example.com/Tool/v2@v2.0.0-20260910151042-7436f7c76201": {Package: "example.com/Tool/v2", Version: "v2.0.0-20260910151042-7436f7c76201"},
		"example.com/old@v3.1.0+incompatible":                    {Package: "example.com/old", Version: "v3.1.0+incompatible"},
		"./bin/tool":                                             {Path: "./bin/tool"},
		"../tool":                                                {Path: "../tool"},
		"/usr/bin/tool":                                          {Path: "/usr/bin/tool"},
		"./with@at/tool":                                         {Path: "./with@at/tool"},
	}
	for text, want := range good {
		want.Name = "tool"
		spec, err := ParseSpec("tool", text)
		if err != nil || spec != want || spec.String() != text {
			t.Errorf("ParseSpec(%q) = %+v, %v; its String is %q", text, spec, err, spec)
		}
	}
	for _, text := range []string{
		"", "buf", "bin/tool", "example.com/tool", "example.com/tool@", "example.com/tool@latest", "example.com/tool@v1", "example.com/tool@v1.2",
		"example.com/tool@1.2.3", "example.com/tool@main", "@v1.2.3", "example.com//tool@v1.2.3", "example.com/to ol@v1.2.3", "-tool@v1.2.3",
		"example.com/tool@v1.2.3+meta", "example.com/../tool@v1.2.3",
	} {
		if spec, err := ParseSpec("tool", text); err == nil {
			t.Errorf("ParseSpec(%q) = %+v, want an error", text, spec)
		}
	}
	for _, name := range []string{"", "a b", "../a", "-a", "a/b"} {
		if _, err := ParseSpec(name, "example.com/tool@v1.2.3"); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
}

// TestSpecsAreThoseOfTheConfiguration: what the reader of productinfo.yaml takes
// for a tool's pin is what ParseSpec takes for one.
func TestSpecsAreThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"example.com/cmd/tool@v1.2.3":           true,
		"example.com/Tool/v2@v2.0.0":            true,
		"example.com/old@v3.1.0+incompatible":   true,
		"./tool":                                true,
		"../bin/with@at/tool":                   true,
		"/usr/bin/tool":                         true,
		"./..tool":                              true,
		"tool":                                  false,
		"bin/tool":                              false,
		"cmd/gofmt@v1.0.0":                      false,
		"tool@v1.0.0":                           false,
		"example.com/tool":                      false,
		"example.com/tool@":                     false,
		"example.com/tool@latest":               false,
		"example.com/tool@v1.2":                 false,
		"example.com/tool@v1.2.3+meta":          false,
		"example.com/tool@v1.2.3+incompatible2": false,
		"example.com/tool@v1.2.3@v1.2.3":        false,
		"example.com//tool@v1.2.3":              false,
		"example.com/../tool@v1.2.3":            false,
		"@v1.2.3":                               false,
		"./":                                    false,
		"./.":                                   false,
		"../..":                                 false,
		"./bin/":                                false,
		"/":                                     false,
		"..":                                    false,
		`C:\bin\tool.exe`:                       false,
		"C:/bin/tool.exe":                       false,
	} {
		_, err := ParseSpec("tool", text)
		dir := t.TempDir()
		config := "version: 1\ntargets: {go: {module: example.com/apis}}\ntools:\n  tool: '" + text + "'\n"
		if err := os.Mkdir(filepath.Join(dir, "proto"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, workspace.FileName), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		_, configErr := workspace.Load(dir)
		if (err == nil) != want || (configErr == nil) != want {
			t.Errorf("%q: ParseSpec says %v, the configuration's reader %v, want it to be good: %v", text, err, configErr, want)
		}
	}
}

func TestProgramName(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]string{
		"example.com/cmd/tool":    "tool",
		"example.com/cmd/tool/v2": "tool",
		"example.com/v2tool":      "v2tool",
	} {
		spec := Spec{Package: pkg}
		if got := spec.programName(); got != want && got != want+".exe" {
			t.Errorf("the program of %q is %q, want %q", pkg, got, want)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	got := Tail("go: downloading example.com v1.0.0\none\n\ntwo\r\nthree\n", 2)
	if want := "\n    … (1 more above)\n    two\n    three"; got != want {
		t.Errorf("Tail = %q, want %q", got, want)
	}
	if got := Tail("", 2); got != "" {
		t.Errorf("Tail of nothing = %q", got)
	}
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte(lockHeader))
	f.Add([]byte("version 1\ngo a example.com/a v1.0.0 example.com/a h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n# end"))
	f.Add([]byte("version 1\r\n<<<<<<<\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lock, err := parseLock("productinfo.lock", content)
		if err != nil {
			return
		}
		formatted := lock.format()
		again, err := parseLock("productinfo.lock", formatted)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, formatted)
		}
		unplaced := func(l lockFile) lockFile {
			l = maps.Clone(l)
			for name, entry := range l {
				entry.line = 0
				l[name] = entry
			}
			return l
		}
		if !maps.Equal(unplaced(lock), unplaced(again)) || !bytes.Equal(formatted, again.format()) {
			t.Errorf("written and read again it differs:\n%s", formatted)
		}
	})
}

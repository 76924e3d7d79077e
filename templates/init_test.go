package templates

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// names are workspace names as people choose them.
var names = []string{
	"acme", "my-shop", "My Shop", "9lives", "a.b.c", "--", "Größe", "日本語", "it's: #1", `quo"te\d`, "tab\there",
	"package", strings.Repeat("long-", 40) + "name",
}

func data(name string) InitData {
	return InitData{Name: name, GoModule: "github.com/acme/apis/dist/go", ToolVersion: "v1.2.3"}
}

func mustInit(t *testing.T, d InitData) map[string]string {
	t.Helper()
	files, err := Init(d)
	if err != nil {
		t.Fatalf("Init(%+v): %v", d, err)
	}
	contents := map[string]string{}
	for _, f := range files {
		if _, twice := contents[f.Path]; twice {
			t.Errorf("%s is rendered twice", f.Path)
		}
		contents[f.Path] = string(f.Content)
	}
	return contents
}

func TestInitFiles(t *testing.T) {
	t.Parallel()
	files, err := Init(data("my-shop"))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	want := []string{
		"README.md", "productinfo.yaml", "proto/my_shop/greeting/v1/greeting.proto", "Makefile",
		".github/workflows/api.yml", ".gitignore", ".gitattributes", ".editorconfig",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("files are %q, want %q", paths, want)
	}
}

func TestInitAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for file, text := range mustInit(t, data(name)) {
				if !fs.ValidPath(file) || path.Clean(file) != file {
					t.Errorf("%q is no clean relative path", file)
				}
				for _, left := range []string{"<%", "%>", "<no value>", "%!"} {
					if strings.Contains(text, left) {
						t.Errorf("%s contains %q", file, left)
					}
				}
				if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
					t.Errorf("%s does not end in one newline", file)
				}
				for i, line := range strings.Split(text, "\n") {
					if strings.TrimRight(line, " \t") != line {
						t.Errorf("%s:%d ends in a blank", file, i+1)
					}
				}
			}
		})
	}
}

func TestInitIsDeterministic(t *testing.T) {
	t.Parallel()
	first, err := Init(data("acme"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Init(data("acme"))
	if err != nil {
		t.Fatal(err)
	}
	equal := func(a, b File) bool {
		return a.Path == b.Path && bytes.Equal(a.Content, b.Content)
	}
	if !slices.EqualFunc(first, second, equal) {
		t.Error("two runs with the same data differ")
	}
}

func TestInitConfig(t *testing.T) {
	t.Parallel()
	type config struct {
		Version int
		Name    string
		Roots   []string
		Modules []string
		Targets struct {
			Go struct {
				Module     string
				Generators []string
			}
		}
		Check map[string]string
		Tools map[string]string
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got config
			text := mustInit(t, data(name))["productinfo.yaml"]
			if err := yaml.UnmarshalWithOptions([]byte(text), &got, yaml.DisallowUnknownField()); err != nil {
				t.Fatal(err)
			}
			if got.Version != 1 || got.Name != name || got.Targets.Go.Module != "github.com/acme/apis/dist/go" {
				t.Errorf("version, name and module are %d, %q and %q", got.Version, got.Name, got.Targets.Go.Module)
			}
			if want := []string{PackageName(name) + "/*"}; !slices.Equal(got.Modules, want) {
				t.Errorf("modules are %q, want %q", got.Modules, want)
			}
			if want := []string{"proto"}; !slices.Equal(got.Roots, want) {
				t.Errorf("roots are %q, want %q", got.Roots, want)
			}
		})
	}
}

func TestInitWorkflow(t *testing.T) {
	t.Parallel()
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct{ Uses, Run string }
		}
	}
	text := mustInit(t, data("acme"))[".github/workflows/api.yml"]
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	if got := workflow.Permissions; len(got) != 1 || got["contents"] != "read" {
		t.Errorf("permissions are %v, want contents: read alone", got)
	}
	steps := workflow.Jobs["api"].Steps
	if len(steps) == 0 {
		t.Fatal("the workflow has no steps")
	}
	makefile := mustInit(t, data("acme"))["Makefile"]
	for _, s := range steps {
		if s.Uses != "" && !strings.Contains(s.Uses, "@v") {
			t.Errorf("action %q is not pinned", s.Uses)
		}
		if command, ok := strings.CutPrefix(s.Run, "make "); ok {
			target, _, _ := strings.Cut(command, " ")
			if !strings.Contains(makefile, "\n.PHONY: "+target+"\n") {
				t.Errorf("the workflow runs make %s, which the Makefile does not have", target)
			}
		}
	}
	if !strings.Contains(text, "${{ github.base_ref }}") {
		t.Error("the workflow's own expressions did not survive rendering")
	}
}

func TestInitMakefile(t *testing.T) {
	t.Parallel()
	makefile := mustInit(t, data("acme"))["Makefile"]
	for _, want := range []string{
		"\nVERSION ?= v1.2.3\n",
		"\nPRODUCTINFO ?= ",
		"go install github.com/productinfo/productinfo/cmd/productinfo@$(VERSION)\n",
	} {
		if !strings.Contains(makefile, want) {
			t.Errorf("the Makefile does not contain %q", want)
		}
	}
}

func TestInitPinsReleasesOnly(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v1.2.3":       "v1.2.3",
		"v0.1.0-rc.1":  "v0.1.0-rc.1",
		"v1.2.3+dirty": "latest",
		"1.2.3":        "latest",
		"v1":           "latest",
		"(devel)":      "latest",
		"":             "latest",
	} {
		d := data("acme")
		d.ToolVersion = version
		if makefile := mustInit(t, d)["Makefile"]; !strings.Contains(makefile, "\nVERSION ?= "+want+"\n") {
			t.Errorf("tool version %q does not pin %q", version, want)
		}
	}
}

func TestInitErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*InitData)
		want   string
	}{
		{func(d *InitData) { d.Name = "" }, "a workspace needs a name"},
		{func(d *InitData) { d.Name = " \t" }, "a workspace needs a name"},
		{func(d *InitData) { d.Name = "a\nb" }, `workspace name "a\nb": want one line`},
		{func(d *InitData) { d.GoModule = "" }, "want a path such as"},
		{func(d *InitData) { d.GoModule = "https://example.com/x" }, "want a path such as"},
		{func(d *InitData) { d.GoModule = "example.com/<%" }, "want a path such as"},
	} {
		d := data("acme")
		test.change(&d)
		files, err := Init(d)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Init(%+v) = %d files, error %v; want an error with %q", d, len(files), err, test.want)
		}
	}
}

func TestPackageName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"acme":       "acme",
		"my-shop":    "my_shop",
		"My  Shop!":  "my_shop",
		"_private_":  "private",
		"9lives":     "apis_9lives",
		"日本語":        "apis",
		"a.b.c":      "a_b_c",
		"v2":         "v2",
		"-- x -- y ": "x_y",
	} {
		if got := PackageName(name); got != want {
			t.Errorf("PackageName(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzInit(f *testing.F) {
	for _, name := range names {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ident := PackageName(name)
		if strings.Trim(ident, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.Contains(ident, "__") ||
			ident[0] < 'a' || ident[0] > 'z' {
			t.Errorf("PackageName(%q) = %q", name, ident)
		}
		files, err := Init(data(name))
		if err != nil {
			return
		}
		for _, file := range files {
			if file.Path != "productinfo.yaml" {
				continue
			}
			var got struct{ Name string }
			if err := yaml.Unmarshal(file.Content, &got); err != nil {
				t.Errorf("name %s: %v", strconv.Quote(name), err)
			}
		}
	})
}

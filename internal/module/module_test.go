package module_test

import (
	"errors"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/workspace"
)

const goModule = "example.com/gen/go"

// files makes files of a root from import paths.
func files(root string, paths ...string) []module.File {
	var list []module.File
	for _, p := range paths {
		list = append(list, module.File{Path: p, Name: path.Join(root, p)})
	}
	return list
}

// patterns makes patterns, the first of line 1, the second of line 2.
func patterns(globs ...string) []workspace.Pattern {
	var list []workspace.Pattern
	for i, glob := range globs {
		list = append(list, workspace.Pattern{Glob: glob, Pos: diag.Position{File: workspace.FileName, Line: i + 1, Column: 3}})
	}
	return list
}

func TestSplit(t *testing.T) {
	t.Parallel()
	acme := files("proto", "acme/orders/v1/a.proto", "acme/orders/v1/b.proto", "acme/users/u.proto", "acme/users-api/v2/x.proto")
	tests := []struct {
		name  string
		ws    workspace.Workspace
		files []module.File
		want  []module.Module
	}{
		{
			"no modules", workspace.Workspace{Name: "all"}, acme,
			[]module.Module{{Name: "all", Files: []string{
				"acme/orders/v1/a.proto", "acme/orders/v1/b.proto", "acme/users/u.proto", "acme/users-api/v2/x.proto",
			}}},
		},
		{"no modules and no files", workspace.Workspace{Name: "all"}, nil, []module.Module{{Name: "all"}}},
		{
			"a pattern", workspace.Workspace{Name: "x", Modules: patterns("acme/*")}, acme,
			[]module.Module{
				{Name: "orders", Folder: "acme/orders", Files: []string{"acme/orders/v1/a.proto", "acme/orders/v1/b.proto"}},
				{Name: "users", Folder: "acme/users", Files: []string{"acme/users/u.proto"}},
				{Name: "users-api", Folder: "acme/users-api", Files: []string{"acme/users-api/v2/x.proto"}},
			},
		},
		{
			"patterns that match one folder twice", workspace.Workspace{Modules: patterns("acme", "ac*")}, acme[:1],
			[]module.Module{{Name: "acme", Folder: "acme", Files: []string{"acme/orders/v1/a.proto"}}},
		},
		{
			"modules at unlike depths", workspace.Workspace{Modules: patterns("z", "acme/orders")},
			slices.Concat(acme[:2], files("proto", "z/z.proto")),
			[]module.Module{
				{Name: "orders", Folder: "acme/orders", Files: []string{"acme/orders/v1/a.proto", "acme/orders/v1/b.proto"}},
				{Name: "z", Folder: "z", Files: []string{"z/z.proto"}},
			},
		},
		{
			"the modules of a buf.yaml, one without protos",
			workspace.Workspace{BufModules: []workspace.BufModule{{Root: "apis/pets", Name: "pets"}, {Root: "apis/none", Name: "none"}, {Root: "apis/pet", Name: "pet"}}},
			slices.Concat(files("apis/pets", "pets/v1/p.proto"), files("apis/pet", "z.proto")),
			[]module.Module{
				{Name: "pet", Root: "apis/pet", Files: []string{"z.proto"}},
				{Name: "pets", Root: "apis/pets", Files: []string{"pets/v1/p.proto"}},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.ws.Go.Module = goModule
			got, err := module.Split(&test.ws, test.files)
			if err != nil {
				t.Fatal(err)
			}
			same := slices.EqualFunc(got, test.want, func(a, b module.Module) bool {
				return a.Name == b.Name && a.Folder == b.Folder && a.Root == b.Root && slices.Equal(a.Files, b.Files) &&
					a.GoPath == goModule+"/"+a.Name
			})
			if !same {
				t.Errorf("modules are %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestSplitFaults(t *testing.T) {
	t.Parallel()
	acme := files("proto", "acme/orders/v1/a.proto", "acme/users/u.proto")
	tests := []struct {
		name  string
		ws    workspace.Workspace
		files []module.File
		want  []string // each the beginning of a diagnostic
		help  string
	}{
		{
			"a pattern without a match", workspace.Workspace{Modules: patterns("acme/*", "amce/*")}, acme,
			[]string{`productinfo.yaml:2:3: module pattern "amce/*" matches no folder that holds protos`},
			"acme, acme/orders, acme/orders/v1, acme/users",
		},
		{
			"all patterns without a match", workspace.Workspace{Modules: patterns("x", "y/*")}, acme,
			[]string{`productinfo.yaml:1:3: module pattern "x" matches`, `productinfo.yaml:2:3: module pattern "y/*" matches`},
			"these hold protos",
		},
		{
			"a folder in another", workspace.Workspace{Modules: patterns("acme", "acme/*")}, acme,
			[]string{
				`productinfo.yaml:2:3: modules "acme" and "acme/orders" overlap (patterns "acme" and "acme/*")`,
				`productinfo.yaml:2:3: modules "acme" and "acme/users" overlap`,
			},
			"change one of the patterns",
		},
		{
			"a folder far inside another", workspace.Workspace{Modules: patterns("acme/orders/v1", "acme")}, acme[:1],
			[]string{`productinfo.yaml:1:3: modules "acme" and "acme/orders/v1" overlap`},
			"change one of the patterns",
		},
		{
			"one name twice", workspace.Workspace{Modules: patterns("*/api")}, files("proto", "a/api/a.proto", "b/api/b.proto"),
			[]string{`productinfo.yaml: two modules are called "api": a/api and b/api`},
			"rename one of the folders",
		},
		{
			"folders that are no names", workspace.Workspace{Modules: patterns("*")},
			files("proto", "Upper/a.proto", "internal/a.proto", "v2/a.proto", "with space/a.proto"),
			[]string{
				`productinfo.yaml: module "Upper": `, `productinfo.yaml: module "internal": the go command`,
				`productinfo.yaml: module "v2": in a Go path`, `productinfo.yaml: module "with space": `,
			},
			"rename the folder Upper",
		},
		{
			"files in no module", workspace.Workspace{Modules: patterns("acme/users")},
			slices.Concat(acme, files("proto", "acme/usersx.proto", "top.proto")),
			[]string{
				"proto/acme/orders/v1/a.proto: file is in no module", "proto/acme/usersx.proto: file is in no module",
				"proto/top.proto: file is in no module",
			},
			"add a pattern",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := module.Split(&test.ws, test.files)
			var config *workspace.Error
			if !errors.As(err, &config) {
				t.Fatalf("error is %v, want a *workspace.Error", err)
			}
			if len(config.List) != len(test.want) {
				t.Fatalf("faults are\n%v\nwant %d", err, len(test.want))
			}
			for i, d := range config.List {
				if !strings.HasPrefix(d.String(), test.want[i]) {
					t.Errorf("fault %d is\n%s\nwant\n%s", i, d, test.want[i])
				}
			}
			if !strings.Contains(config.List[0].Help, test.help) {
				t.Errorf("help is %q, want %q in it", config.List[0].Help, test.help)
			}
		})
	}
}

func TestSplitNamesFewFolders(t *testing.T) {
	t.Parallel()
	var all []module.File
	for _, letter := range strings.Split("abcdefghijkl", "") {
		all = append(all, files("proto", letter+"/x.proto")...)
	}
	_, err := module.Split(&workspace.Workspace{Modules: patterns("none")}, all)
	var config *workspace.Error
	if !errors.As(err, &config) || !strings.HasSuffix(config.List[0].Help, ": a, b, c, d, e, f, g, h, …") {
		t.Errorf("error is %v", err)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	file := module.File{Path: "acme/orders/v1/a.proto", Name: "proto/acme/orders/v1/a.proto"}
	tests := []struct {
		module module.Module
		want   bool
	}{
		{module.Module{}, true},
		{module.Module{Root: "."}, true},
		{module.Module{Root: "proto"}, true},
		{module.Module{Root: "prot"}, false},
		{module.Module{Root: "other"}, false},
		{module.Module{Folder: "acme"}, true},
		{module.Module{Folder: "acme/orders"}, true},
		{module.Module{Folder: "acme/order"}, false},
		{module.Module{Folder: "orders"}, false},
	}
	for _, test := range tests {
		if got := test.module.Contains(file); got != test.want {
			t.Errorf("%+v contains it: %v", test.module, got)
		}
	}
}

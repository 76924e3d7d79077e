package check_test

import (
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/check"
)

func schema(pkg, body string) string {
	return "syntax = \"proto3\";\npackage " + pkg + ";\n" + body
}

const (
	wide   = "message A {\n  int32 x = 1;\n  string y = 2;\n}\nmessage Gone {}\n"
	narrow = "message A {\n  int64 x = 1;\n}\n"
)

func TestBreakingWithOwnConfig(t *testing.T) {
	t.Parallel()
	old := files{
		"a/v1/a.proto":                 schema("a.v1", wide),
		"b/v1/b.proto":                 schema("b.v1", wide),
		"a/v1alpha1/a.proto":           schema("a.v1alpha1", wide),
		"acme/shop/plugin/v1/p.proto":  schema("acme.shop.plugin.v1", wide),
		"acme/shop/plugin/v1/q.proto":  schema("acme.shop.plugin.v1", "message Q {}\n"),
		"acme/shop/plugins/v1/p.proto": schema("acme.shop.plugins.v1", wide),
		"odd/place.proto":              schema("odd.name.v1", wide),
	}
	now := files{
		"a/v1/a.proto":                 schema("a.v1", narrow),
		"a/v1alpha1/a.proto":           schema("a.v1alpha1", narrow),
		"acme/shop/plugin/v1/p.proto":  schema("acme.shop.plugin.v1", narrow),
		"acme/shop/plugins/v1/p.proto": schema("acme.shop.plugins.v1", narrow),
		"odd/place.proto":              schema("odd.name.v1", narrow),
	}
	dir := now.write(t)
	r, img, against := runner(t, dir, "."), image(t, dir), image(t, old.write(t))
	in := func(file string, rules ...string) []string {
		out := []string{}
		for _, rule := range rules {
			out = append(out, file+" "+rule)
		}
		return out
	}
	list, err := r.Breaking(t.Context(), img, against, check.Config{
		Breaking: []string{"PACKAGE"}, IgnoreUnstable: true, Unstable: []string{"acme/*/plugin", "odd.name.v1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	changes := []string{"1:1-1:1 PACKAGE_MESSAGE_NO_DELETE", "3:1-5:2 FIELD_NO_DELETE", "4:3-4:8 FIELD_SAME_TYPE"}
	want := append([]string{" 0:0-0:0 PACKAGE_NO_DELETE"}, in("a/v1/a.proto", changes...)...)
	want = append(want, in("acme/shop/plugins/v1/p.proto", changes...)...)
	wantLines(t, lines(list), want)
	if got, want := list[0].String(), `previously present package "b.v1" was deleted (PACKAGE_NO_DELETE)`; got != want {
		t.Errorf("a finding without a place reads %q, want %q", got, want)
	}

	list, err = r.Breaking(t.Context(), img, against, check.Config{Breaking: []string{"FIELD_SAME_TYPE"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 5 {
		t.Errorf("without exemptions: %v", list)
	}
	if _, err := r.Breaking(t.Context(), img, against, check.Config{Unstable: []string{"a["}}); err == nil {
		t.Error("a malformed pattern was accepted")
	}
	list, err = r.Breaking(t.Context(), img, img, check.Config{})
	if err != nil || len(list) != 0 {
		t.Errorf("compared with itself: %v, %v", list, err)
	}
}

// TestBreakingAsBuf compares with what buf says of the same workspaces.
func TestBreakingAsBuf(t *testing.T) {
	t.Parallel()
	two := func(config, a, b string) files {
		f := files{
			"buf.yaml":             config,
			"a/keep/v1/keep.proto": clean("keep.v1"), "b/api/keep/v1/also.proto": clean("also.v1"),
			"a/shop/v1/a.proto": schema("shop.v1", a), "b/api/user/v1/b.proto": schema("user.v1", b),
			"b/api/user/v1alpha1/b.proto": schema("user.v1alpha1", b),
		}
		return f
	}
	without := func(f files, names ...string) files {
		for _, name := range names {
			delete(f, name)
		}
		return f
	}
	const own = `version: v2
modules:
  - path: a
    breaking:
      use: [WIRE]
  - path: b/api
    breaking:
      use: [FILE]
      ignore_unstable_packages: true
`
	const shared = `version: v2
modules:
  - path: a
  - path: b/api
breaking:
  use: [PACKAGE]
  ignore: [b/api/user/v1alpha1]
  ignore_only:
    FIELD_SAME_TYPE: [a/shop]
`
	const v1 = "version: v1\nbreaking:\n  use: [FILE]\n  except: [FIELD_SAME_TYPE]\n"
	tests := map[string]struct{ old, now files }{
		"own sections":   {two(own, wide, wide), two(own, narrow, narrow)},
		"shared section": {two(shared, wide, wide), two(shared, narrow, narrow)},
		"deleted files":  {two(own, wide, wide), without(two(own, narrow, narrow), "b/api/user/v1/b.proto", "a/shop/v1/a.proto")},
		"v1":             {files{"buf.yaml": v1, "a/v1/a.proto": schema("a.v1", wide)}, files{"buf.yaml": v1, "a/v1/a.proto": schema("a.v1", narrow)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, before := test.now.write(t), test.old.write(t)
			r := runner(t, dir, "a", "b/api", ".")
			r.LocateBaseline = runner(t, before, "a", "b/api", ".").Locate
			list, err := r.Breaking(t.Context(), image(t, dir), image(t, before), check.Config{BufYAML: "buf.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			want := bufLines(t, runBuf(t, dir, "breaking", "--against", before, "--error-format", "json"))
			if len(want) == 0 {
				t.Fatal("buf has no findings, so this test shows nothing")
			}
			wantLines(t, lines(list), want)
		})
	}
}

// TestBreakingPlacesWhatIsGone: the section of a file that is gone is that of its
// neighbours.
func TestBreakingPlacesWhatIsGone(t *testing.T) {
	t.Parallel()
	old := files{
		"buf.yaml":       "version: v2\nmodules:\n  - path: a\n    breaking: {use: [WIRE]}\n  - path: b\n    breaking: {use: [FILE]}\n",
		"a/x/v1/x.proto": clean("x.v1"), "a/x/v1/gone.proto": "syntax = \"proto3\";\npackage x.v1;\n",
		"b/y/v1/y.proto": clean("y.v1"), "b/y/v2/gone.proto": "syntax = \"proto3\";\npackage y.v2;\n",
	}
	against := image(t, old.write(t))
	delete(old, "a/x/v1/gone.proto")
	delete(old, "b/y/v2/gone.proto")
	dir := old.write(t)
	list, err := runner(t, dir, "a", "b").Breaking(t.Context(), image(t, dir), against, check.Config{BufYAML: "buf.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].String() != `previously present file "y/v2/gone.proto" was deleted (FILE_NO_DELETE)` {
		t.Errorf("%v", list)
	}
}

// TestBreakingUnstableBesideBufYAML: what the workspace calls unstable is exempt
// whatever buf.yaml says, and v1alpha1 unless buf.yaml speaks of it.
func TestBreakingUnstableBesideBufYAML(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]int{
		"version: v2\nbreaking:\n  use: [FIELD_SAME_TYPE]\n  ignore: [c]\n":                                1,
		"version: v2\nbreaking:\n  use: [FIELD_SAME_TYPE]\n  ignore_unstable_packages: false\n":            3,
		"version: v2\nmodules: [{path: ., breaking: {use: [FIELD_SAME_TYPE]}}]\nbreaking: {use: [FILE]}\n": 2,
	} {
		ws := func(body string) files {
			return files{
				"a/v1/a.proto": schema("a.v1", body), "a/v1beta1/a.proto": schema("a.v1beta1", body),
				"b/v1/b.proto": schema("b.v1", body), "c/v1/c.proto": schema("c.v1", body),
			}
		}
		old, now := ws(wide), ws(narrow)
		against := image(t, old.write(t))
		now["buf.yaml"] = config
		dir := now.write(t)
		list, err := runner(t, dir, ".").Breaking(t.Context(), image(t, dir), against, check.Config{
			BufYAML: filepath.Join(dir, "buf.yaml"), IgnoreUnstable: true, Unstable: []string{"b"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != want {
			t.Errorf("%s\n%d findings, want %d: %v", config, len(list), want, list)
		}
	}
}

// TestBreakingImports: neither a changed import nor one that went is a finding,
// even when the baseline marks no imports; and a schema may lose all its files.
func TestBreakingImports(t *testing.T) {
	t.Parallel()
	user := "import \"dep/v1/dep.proto\";\nimport \"google/protobuf/empty.proto\";\nmessage U { dep.v1.A a = 1; }\n"
	old := files{"dep/v1/dep.proto": schema("dep.v1", wide), "user/v1/user.proto": schema("user.v1", user+"message E { google.protobuf.Empty e = 1; }\n")}
	now := files{"dep/v1/dep.proto": schema("dep.v1", narrow), "user/v1/user.proto": schema("user.v1", "import \"dep/v1/dep.proto\";\nmessage U { dep.v1.A a = 1; }\n")}
	dir := now.write(t)
	r := runner(t, dir, ".")
	dep := func(importPath string) bool { return importPath == "dep/v1/dep.proto" }
	img, err := check.Mark(image(t, dir), dep)
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image(t, old.write(t)), &set); err != nil {
		t.Fatal(err)
	}
	for _, file := range set.File {
		file.ProtoReflect().SetUnknown(nil)
	}
	unmarked, err := proto.Marshal(&set)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Breaking(t.Context(), img, unmarked, check.Config{Breaking: []string{"FILE"}})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), []string{"user/v1/user.proto 1:1-1:1 MESSAGE_NO_DELETE"})

	empty := []byte{}
	list, err = r.Breaking(t.Context(), empty, unmarked, check.Config{Breaking: []string{"PACKAGE_NO_DELETE"}})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), []string{" 0:0-0:0 PACKAGE_NO_DELETE", " 0:0-0:0 PACKAGE_NO_DELETE"})
	list, err = r.Breaking(t.Context(), img, empty, check.Config{})
	if err != nil || len(list) != 0 {
		t.Errorf("without a baseline: %v, %v", list, err)
	}
}

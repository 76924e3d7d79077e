package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/schema"
)

func sortedNames(keys map[string]digest.Digest) []string {
	var names []string
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// assigned returns "file go_package" of each file that gets one.
func assigned(t *testing.T, w *world) (string, error) {
	t.Helper()
	sources, err := schema.Scan(schema.Layout{Dir: w.dir, Roots: w.ws.Roots, Vendor: w.ws.Vendor}, digest.OpenIndex("", w.dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := w.plan(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	pkgs, err := assign(plan.Image, plan.Modules)
	if err != nil {
		return "", err
	}
	var lines []string
	for file, goPackage := range pkgs.assigned {
		lines = append(lines, file+" "+strings.TrimPrefix(goPackage, goModule+"/"))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

func TestAssign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{
		"proto/top.proto":           proto3,
		"proto/shop/v1/a.proto":     proto3 + "package acme.shop.v1;\nimport \"google/type/date.proto\";\n",
		"proto/shop/v1/b.proto":     proto3 + "package acme.shop.v1;\nimport \"vendored.proto\";\n",
		"proto/shop/kept.proto":     proto3 + "option go_package = \"" + goModule + "/all/other/place;name\";\n",
		"proto/shop/dropped.proto":  proto3 + "option go_package = \"github.com/acme/shop\";\n",
		"proto/hyphen-ated/x.proto": proto3,
		"vendor/vendored.proto":     proto3 + "option go_package = \"example.com/vendored;v\";\nimport \"google/protobuf/any.proto\";\n",
	})
	got, err := assigned(t, w)
	if err != nil {
		t.Fatal(err)
	}
	want := `google/protobuf/any.proto google.golang.org/protobuf/types/known/anypb
google/type/date.proto google.golang.org/genproto/googleapis/type/date;date
hyphen-ated/x.proto all/hyphen-ated
shop/dropped.proto all/shop
shop/kept.proto all/other/place;name
shop/v1/a.proto all/shop/v1;shopv1
shop/v1/b.proto all/shop/v1;shopv1
top.proto all
vendored.proto example.com/vendored;v`
	if got != want {
		t.Errorf("assigned\n%s\nwant\n%s", got, want)
	}
	// In modules of its own, a folder's path is that below the module's.
	w.write(map[string]string{"proto/top.proto": ""})
	w.modules()
	if got, err = assigned(t, w); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"shop/v1/a.proto shop/v1;shopv1", "shop/kept.proto shop", "hyphen-ated/x.proto hyphen-ated"} {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			t.Errorf("assigned\n%s\nwant in it\n%s", got, line)
		}
	}
}

func TestAssignFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{
		"proto/x/v1/a.proto":    proto3 + "package x.v1;\n",
		"proto/x/v1/b.proto":    proto3 + "package y.v1;\nimport \"none.proto\";\nimport \"deep.proto\";\n",
		"proto/z/a.proto":       proto3 + "package z;\n",
		"proto/z/b.proto":       proto3 + "package z;\noption go_package = \"" + goModule + "/all/z;other\";\n",
		"vendor/none.proto":     proto3,
		"vendor/deep.proto":     proto3 + "option go_package = \"example.com/deep\";\nimport \"deeper.proto\";\n",
		"vendor/deeper.proto":   proto3 + "option go_package = \"\";\n",
		"vendor/unneeded.proto": proto3,
	})
	_, err := assigned(t, w)
	var list diag.List
	if !errors.As(err, &list) {
		t.Fatalf("error is %v", err)
	}
	want := []string{
		`proto/x/v1/b.proto: go_package "` + goModule + `/all/x/v1;yv1" and that of proto/x/v1/a.proto, "` + goModule + `/all/x/v1;xv1", name`,
		`proto/z/b.proto: go_package "` + goModule + `/all/z;other" and that of proto/z/a.proto`,
		`vendor/deeper.proto: "deeper.proto" is imported but has no go_package`,
		`vendor/none.proto: "none.proto" is imported but has no go_package`,
	}
	if len(list) != len(want) {
		t.Fatalf("faults are\n%v", list)
	}
	for i, d := range list {
		if !strings.HasPrefix(d.String(), want[i]) || d.Help == "" {
			t.Errorf("fault %d is\n%s\nwant\n%s", i, d, want[i])
		}
	}
}

// TestRequests holds what a generator is shown: of the files to generate all, of
// imports the descriptor alone, with the go_package assigned, each after its
// imports, and in few calls.
func TestRequests(t *testing.T) {
	t.Parallel()
	files := chain()
	for i := range 200 {
		files[fmt.Sprintf("proto/many/m%d/m.proto", i)] = proto3
	}
	w := newWorld(t, files)
	g := w.generator(0)
	calls := 0
	g.change = func(req *generate.Request, files []generate.File) ([]generate.File, error) {
		calls++
		seen := make(map[string]bool)
		generated := 0
		for _, input := range req.Inputs {
			fd := new(descriptorpb.FileDescriptorProto)
			if err := proto.Unmarshal(input.Descriptor, fd); err != nil {
				t.Error(err)
			}
			for _, dep := range fd.GetDependency() {
				if !seen[dep] {
					t.Errorf("%s stands before its import %s", input.Path, dep)
				}
			}
			if seen[input.Path] = true; fd.GetName() != input.Path || fd.GetOptions().GetGoPackage() == "" || fd.SourceCodeInfo != nil {
				t.Errorf("%s is %v", input.Path, fd)
			}
			if input.Generate != (input.Info != nil) || input.Generate != (input.Source != nil) {
				t.Errorf("%s: Generate is %v, and it has info: %v, source: %v", input.Path, input.Generate, input.Info != nil, input.Source != nil)
			}
			if input.Generate {
				generated++
			}
		}
		if generated > batchFiles || req.GoModule != goModule+"/all" {
			t.Errorf("%d files in a call for %s", generated, req.GoModule)
		}
		return files, nil
	}
	w.build()
	if want := (204 + batchFiles - 1) / batchFiles; calls != want {
		t.Errorf("there were %d calls, want %d", calls, want)
	}
	calls = 0
	g.version, g.traits.Batch = "2", false
	w.build()
	if calls != 203 {
		t.Errorf("with a call for each unit there were %d, want 203", calls)
	}
}

package generate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func TestGoPackage(t *testing.T) {
	t.Parallel()
	const goModule = "example.com/gen/shop"
	tests := []struct{ folder, protoPackage, declared, want string }{
		{"v1", "acme.shop.v1", "", goModule + "/v1;shopv1"},
		{"", "acme.shop.v1", "", goModule + ";shopv1"},
		{".", "shop", "", goModule},
		{"a/b", "shop", "", goModule + "/a/b"},
		{"a", "", "", goModule + "/a"},
		// One that lies in the module is kept, with its name.
		{"v1", "acme.shop.v1", goModule + "/other;name", goModule + "/other;name"},
		{"v1", "acme.shop.v1", goModule, goModule},
		{"v1", "acme.shop.v1", goModule + ";x", goModule + ";x"},
		// Any other is not.
		{"v1", "acme.shop.v1", goModule + "s/v1", goModule + "/v1;shopv1"},
		{"v1", "acme.shop.v1", "github.com/acme/shop;shop", goModule + "/v1;shopv1"},
		{"v1", "acme.shop.v1", "shop", goModule + "/v1;shopv1"},
	}
	for _, test := range tests {
		if got := GoPackage(goModule, test.folder, test.protoPackage, test.declared); got != test.want {
			t.Errorf("in %q, of package %q, declared %q: %s, want %s", test.folder, test.protoPackage, test.declared, got, test.want)
		}
	}
}

// TestGoPackageAsBuf compares packages of all kinds with what buf's managed mode
// sets.
func TestGoPackageAsBuf(t *testing.T) {
	t.Parallel()
	packages := []string{
		"", "v1", "shop", "acme.shop", "shop.v1", "acme.shop.v1", "acme.shop.v12", "acme.shop.v0", "acme.shop.v01", "acme.shop.v00", "acme.shop.v10",
		"acme.shop.v1beta1", "acme.shop.v1beta", "acme.shop.v1beta0", "acme.shop.v1beta01", "acme.shop.v1alpha2", "acme.shop.v1alpha", "acme.shop.v0alpha1",
		"acme.shop.v1p1alpha1", "acme.shop.v1p1beta", "acme.shop.v1p0alpha1", "acme.shop.v1p1", "acme.shop.v1p", "acme.shop.v1palpha1", "acme.shop.v1p1test",
		"acme.shop.v1test", "acme.shop.v1testfoo", "acme.shop.v1test1", "acme.shop.v1testbeta1", "acme.shop.vtest", "acme.shop.v0test", "acme.shop.v1beta1test",
		"acme.shop.vfoo", "acme.shop.v", "acme.shop.v1foo", "acme.shop.v1_1", "acme.shop.V1", "acme.shop.v1.admin", "acme.v1.v2", "acme.shop.v1rc1",
		"acme.shop.v1gamma1", "acme.shop.v1alpha1beta1", "acme.shop.v1p1p2beta1", "acme.shop.v2147483647", "acme.shop.v2147483648",
		"acme.shop.v99999999999999999999", "acme.shop.v1beta2147483648", "acme.shop.v1p4294967296beta1", "acme.shop.v1alpha1foo", "a.b.c.d.e.v3alpha",
	}
	dir := t.TempDir()
	for i, pkg := range packages {
		statement := ""
		if pkg != "" {
			statement = "package " + pkg + ";\n"
		}
		write(t, dir, map[string]string{fmt.Sprintf("d%d/x.proto", i): proto3 + statement})
	}
	write(t, dir, map[string]string{"buf.yaml": "version: v2\n", "buf.gen.yaml": `version: v2
managed:
  enabled: true
  override:
    - file_option: go_package_prefix
      value: example.com/gen
plugins:
  - local: ` + plugin(t) + `
    out: out
    strategy: all
`})
	run(t, dir, []string{"PLUGIN_MODE=go packages", "BUF_CACHE_DIR=" + t.TempDir()}, nil, tools(t).Path("buf"), "generate")
	for i, pkg := range packages {
		want, err := os.ReadFile(filepath.Join(dir, "out", fmt.Sprintf("d%d/x.proto.txt", i)))
		if err != nil {
			t.Fatal(err)
		}
		if got := GoPackage("example.com/gen", fmt.Sprintf("d%d", i), pkg, ""); got != string(want) {
			t.Errorf("package %q: %s, buf has %s", pkg, got, want)
		}
	}
}

func TestGoImportPath(t *testing.T) {
	t.Parallel()
	for goPackage, want := range map[string]string{"example.com/a;b": "example.com/a", "example.com/a": "example.com/a", "": "", ";b": "", "a;b;c": "a"} {
		if got := GoImportPath(goPackage); got != want {
			t.Errorf("%q: %q, want %q", goPackage, got, want)
		}
	}
}

// FuzzSetGoPackage holds that the option is set, once it is parsed, and nothing
// else is changed.
func FuzzSetGoPackage(f *testing.F) {
	seed := func(fd *descriptorpb.FileDescriptorProto) {
		raw, err := proto.Marshal(fd)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "example.com/new;name")
	}
	seed(&descriptorpb.FileDescriptorProto{Name: proto.String("a.proto")})
	seed(&descriptorpb.FileDescriptorProto{
		Name: proto.String("a.proto"), Package: proto.String("p"), Dependency: []string{"b.proto"},
		Options: &descriptorpb.FileOptions{
			GoPackage: proto.String("old"), JavaPackage: proto.String("x"), Deprecated: proto.Bool(true),
			Features:            &descriptorpb.FeatureSet{FieldPresence: descriptorpb.FeatureSet_IMPLICIT.Enum()},
			UninterpretedOption: []*descriptorpb.UninterpretedOption{{StringValue: []byte("x")}},
		},
		Edition: descriptorpb.Edition_EDITION_2023.Enum(),
	})
	f.Fuzz(func(t *testing.T, raw []byte, goPackage string) {
		lax := proto.UnmarshalOptions{AllowPartial: true}
		want, got := new(descriptorpb.FileDescriptorProto), new(descriptorpb.FileDescriptorProto)
		if lax.Unmarshal(raw, want) != nil {
			return
		}
		before := bytes.Clone(raw)
		set := SetGoPackage(raw, goPackage)
		if !bytes.Equal(raw, before) {
			t.Fatal("the descriptor itself was changed")
		}
		err := lax.Unmarshal(set, got)
		if strings.ToValidUTF8(goPackage, "") != goPackage {
			return // no proto has it
		}
		if err != nil {
			t.Fatal(err)
		}
		if want.Options == nil {
			want.Options = new(descriptorpb.FileOptions)
		}
		want.Options.GoPackage = proto.String(goPackage)
		if !proto.Equal(got, want) {
			t.Errorf("the descriptor is\n%v\nwant\n%v", got, want)
		}
		if again := SetGoPackage(set, "x"); GoImportPath("x") != "x" || lax.Unmarshal(again, got) != nil || got.GetOptions().GetGoPackage() != "x" {
			t.Error("it cannot be set twice")
		}
	})
}

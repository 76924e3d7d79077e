package skeleton

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
)

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ methods, want []string }{
		{nil, []string{}},
		{[]string{"Add", "Get"}, []string{"AddFunc", "GetFunc"}},
		{[]string{"Add", "AddFunc"}, []string{"AddFunc_", "AddFuncFunc"}},
		{[]string{"AddFunc", "Add"}, []string{"AddFuncFunc", "AddFunc_"}},
		{[]string{"Add", "AddFunc", "AddFuncFunc"}, []string{"AddFunc_", "AddFuncFunc_", "AddFuncFuncFunc"}},
		{[]string{"Base"}, []string{"BaseFunc_"}},
	} {
		service := &protogen.Service{}
		for _, name := range test.methods {
			service.Methods = append(service.Methods, &protogen.Method{GoName: name})
		}
		if got := fieldNames(service, "BaseFunc"); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.methods, got, test.want)
		}
	}
}

// TestNamesOfFilesTogether holds that a file's names do not hang on which files of
// its Go package are generated, as long as all are in the request.
func TestNamesOfFilesTogether(t *testing.T) {
	t.Parallel()
	req := compile(t, goldenParameter, protoFiles(t))
	all := contents(run(t, req))

	const a, b = "collide/v1/a.proto", "collide/v1/b.proto"
	fileNamed(t, req, a).Dependency = append(fileNamed(t, req, a).Dependency, b) // keeps b in the run
	req.FileToGenerate = []string{a}
	got := contents(run(t, req))["collide/v1/a_productinfo.pb.go"]
	// The import is in the digest; nothing else may differ.
	withoutDigest := func(content string) string {
		lines := strings.Split(content, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "const ") && strings.Contains(line, "_SchemaDigest")
		}), "\n")
	}
	want := withoutDigest(all["collide/v1/a_productinfo.pb.go"])
	if got = withoutDigest(got); got != want {
		t.Errorf("names differ: %s", firstDifference(got, want))
	}
}

// TestTwoServicesOfOneGoName cannot give code that compiles, since the stubs do
// not, but names all the same.
func TestTwoServicesOfOneGoName(t *testing.T) {
	t.Parallel()
	req := compile(t, "", map[string]string{"a.proto": `syntax = "proto3"; package a; option go_package = "example.com/a";
		service FooBar {} service foo_bar {}`})
	got := contents(run(t, req))["example.com/a/a_productinfo.pb.go"]
	for _, want := range []string{"func DialFooBar(", "func DialFooBar_(", "type FakeFooBarServer struct", "type FakeFooBarServer_ struct"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestCommentLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		comment protogen.Comments
		want    []string
	}{
		{"", nil},
		{"\n \n", nil},
		{" one\n", []string{" one"}},
		{" one \r\n\n two\n", []string{" one", "", " two"}},
		{"go:embed x\nline x.go:1\n", []string{" go:embed x", " line x.go:1"}},
		{"\ttab\n", []string{"\ttab"}},
		{"\n\n one\n\n", []string{" one"}},
		{"\x00 \uFEFFone\xff\n", []string{" one"}},
	} {
		if got := commentLines(test.comment); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.comment, got, test.want)
		}
	}
}

// TestFileNames holds that a path cannot break out of the comment it stands in.
func TestFileNames(t *testing.T) {
	t.Parallel()
	req := compile(t, "", map[string]string{"a.proto": `syntax = "proto3"; package a; option go_package = "example.com/a"; service S {}`})
	req.ProtoFile[0].Name = proto.String("a\nfunc init() {}.proto")
	req.FileToGenerate = []string{req.ProtoFile[0].GetName()}
	if got := exchange(t, req).GetError(); !strings.Contains(got, `file name "a\nfunc init() {}.proto" holds a control character`) {
		t.Errorf("response has the error %q", got)
	}
}

func TestDeprecated(t *testing.T) {
	t.Parallel()
	files := contents(run(t, compile(t, goldenParameter, protoFiles(t))))
	content := files["shop/v1/shop_productinfo.pb.go"]
	const paragraph = "//\n// Deprecated: Marked as deprecated in shop/v1/shop.proto.\n"
	for _, declaration := range []string{
		"const OldShop_ModulePath ", "const OldShop_SchemaDigest ", "const OldShop_ServiceConfig ",
		"func DialOldShop(", "type FakeOldShopServer ", "func (f *FakeShopServer) RemoveProduct(",
	} {
		if !strings.Contains(content, paragraph+declaration) {
			t.Errorf("%s is not deprecated", declaration)
		}
	}
	if strings.Contains(content, paragraph+"func DialShop(") {
		t.Error("DialShop is deprecated")
	}
}

func TestIdempotent(t *testing.T) {
	t.Parallel()
	gen, err := protogen.Options{}.New(compile(t, "", protoFiles(t)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, method := range idempotent(gen.FilesByPath["shop/v1/shop.proto"].Services[0]) {
		got = append(got, method.GoName)
	}
	if want := []string{"GetProduct", "ListProducts"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

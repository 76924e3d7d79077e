package skeleton

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func file(name string, dependencies ...string) *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name:       proto.String(name),
		Dependency: dependencies,
		Options:    &descriptorpb.FileOptions{GoPackage: proto.String("example.com/x")},
	}
}

func request(generate string, files ...*descriptorpb.FileDescriptorProto) *pluginpb.CodeGeneratorRequest {
	return &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{generate}, ProtoFile: files}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	optionImport := file("a.proto")
	optionImport.OptionDependency = []string{"b.proto"}
	for _, test := range []struct {
		name string
		req  *pluginpb.CodeGeneratorRequest
		want string
	}{
		{"missing file", request("b.proto", file("a.proto")), `malformed code generator request: file "b.proto" is to be generated, and missing`},
		{"missing import", request("a.proto", file("a.proto", "b.proto")), `file "a.proto" imports "b.proto", which is missing`},
		{"missing option import", request("a.proto", optionImport), `file "a.proto" imports "b.proto", which is missing`},
		{"cycle", request("a.proto", file("a.proto", "b.proto"), file("b.proto", "c.proto"), file("c.proto", "b.proto")), `import cycle: b.proto → c.proto → b.proto`},
		{"cycle of one", request("a.proto", file("a.proto", "a.proto")), `import cycle: a.proto → a.proto`},
		{"twice", request("a.proto", file("a.proto"), file("a.proto")), `file "a.proto" is in it twice`},
		{"nothing to generate", &pluginpb.CodeGeneratorRequest{ProtoFile: []*descriptorpb.FileDescriptorProto{file("a.proto")}}, `it names no file to generate`},
	} {
		in, err := proto.Marshal(test.req)
		if err != nil {
			t.Fatal(err)
		}
		checkFailure(t, test.name, bytes.NewReader(in), test.want)
	}
	checkFailure(t, "empty input", strings.NewReader(""), "standard input is empty: this program is run by protoc or buf")
	checkFailure(t, "garbage", strings.NewReader("syntax = \"proto3\";\n"), "standard input holds no code generator request: ")
	checkFailure(t, "broken pipe", iotest.ErrReader(errors.New("torn")), "standard input: torn")
}

func checkFailure(t *testing.T, name string, stdin io.Reader, want string) {
	t.Helper()
	var out bytes.Buffer
	if err := Run(stdin, &out); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
	if out.Len() > 0 {
		t.Errorf("%s: wrote %q", name, out.Bytes())
	}
}

func TestUnwritableOutput(t *testing.T) {
	t.Parallel()
	in, err := proto.Marshal(request("a.proto", file("a.proto")))
	if err != nil {
		t.Fatal(err)
	}
	reader, writer := io.Pipe()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Run(bytes.NewReader(in), writer); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
}

// TestUserFaults holds that what users can mend is in the response.
func TestUserFaults(t *testing.T) {
	t.Parallel()
	withService := file("a.proto")
	withService.Service = []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("S")}}
	withoutGoPackage := file("a.proto")
	withoutGoPackage.Options = nil
	for _, test := range []struct {
		name, parameter string
		file            *descriptorpb.FileDescriptorProto
		want            string
	}{
		{"unknown parameter", "path=import", file("a.proto"), `unknown parameter "path": want "module_path", or one of all Go plugins ("paths", "module", "M<file>" or "annotate_code")`},
		{"bad path", "module_path=", file("a.proto"), `parameter module_path: "" is no Go module path`},
		{"other module", "module_path=example.com/y", withService, `a.proto: the Go package "example.com/x" lies below none of the modules ["example.com/y"]: correct go_package or the parameter module_path`},
		{"paths", "paths=both", file("a.proto"), `unknown path type "both": want "import" or "source_relative"`},
		{"no go_package", "", withoutGoPackage, `unable to determine Go import path for "a.proto"`},
	} {
		req := request("a.proto", test.file)
		req.Parameter = proto.String(test.parameter)
		resp := exchange(t, req)
		if !strings.Contains(resp.GetError(), test.want) {
			t.Errorf("%s: response has the error %q, want %q", test.name, resp.GetError(), test.want)
		}
		if len(resp.GetFile()) > 0 {
			t.Errorf("%s: response has files", test.name)
		}
		checkSupport(t, resp)
	}
}

func TestSupport(t *testing.T) {
	t.Parallel()
	checkSupport(t, run(t, request("a.proto", file("a.proto"))))
}

func checkSupport(t *testing.T, resp *pluginpb.CodeGeneratorResponse) {
	t.Helper()
	const both = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL | pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)
	if resp.GetSupportedFeatures() != both ||
		resp.GetMinimumEdition() != int32(descriptorpb.Edition_EDITION_PROTO2) ||
		resp.GetMaximumEdition() != int32(descriptorpb.Edition_EDITION_2024) {
		t.Errorf("supports features %b, editions %d to %d", resp.GetSupportedFeatures(), resp.GetMinimumEdition(), resp.GetMaximumEdition())
	}
}

// FuzzGenerate holds that no request makes the plugin panic, and that an equal
// request gives equal bytes.
func FuzzGenerate(f *testing.F) {
	add := func(req *pluginpb.CodeGeneratorRequest) {
		in, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in)
	}
	all := compile(f, goldenParameter, protoFiles(f))
	for _, generate := range all.GetFileToGenerate() {
		// Small seeds give the fuzzer more tries: no comments, no other services.
		req := proto.CloneOf(all)
		req.FileToGenerate = []string{generate}
		req.ProtoFile = nil
		needed := map[string]bool{generate: true}
		for i := len(all.ProtoFile) - 1; i >= 0; i-- {
			file := proto.CloneOf(all.ProtoFile[i])
			if !needed[file.GetName()] || strings.HasPrefix(file.GetName(), compilerFiles) {
				continue
			}
			for _, dependency := range append(file.Dependency, file.OptionDependency...) {
				needed[dependency] = true
			}
			file.SourceCodeInfo = nil
			req.ProtoFile = append(req.ProtoFile, file)
		}
		add(req)
	}
	add(request("a.proto", file("a.proto", "b.proto"), file("b.proto", "a.proto")))
	f.Add([]byte(nil))
	f.Add([]byte("garbage"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var first, second bytes.Buffer
		err := Run(bytes.NewReader(in), &first)
		if again := Run(bytes.NewReader(in), &second); (err == nil) != (again == nil) {
			t.Errorf("errors differ: %v and %v", err, again)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("responses differ")
		}
	})
}

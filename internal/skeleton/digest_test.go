package skeleton

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// digestOf returns the digest of a file in a request.
func digestOf(t *testing.T, req *pluginpb.CodeGeneratorRequest, path string) string {
	t.Helper()
	gen, err := protogen.Options{}.New(req)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := newDigester(gen).file(gen.FilesByPath[path].Desc)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", digest)
}

func TestDigestOfSource(t *testing.T) {
	t.Parallel()
	const e2023, e2024, options, shop, common = "editions/v1/e2023.proto", "editions/v1/e2024.proto",
		"options/v1/options.proto", "shop/v1/shop.proto", "common/v1/common.proto"
	for _, test := range []struct {
		name           string
		digested, file string
		old, new       string
		differs        bool
	}{
		{"comment", shop, shop, "// Shop sells products.", "// Shop buys products.", false},
		{"comment of an import", shop, common, "// Page is a part", "// A page is a part", false},
		{"go_package", shop, shop, "example.com/golden/shop/v1;shopv1", "example.com/else;v1", false},
		{"go_package of an import", shop, common, "example.com/golden/common/v1;commonv1", "example.com/else;v1", false},
		{"java_package", e2023, e2023, `option java_package = "com.example.editions";`, "", false},
		{"jstype", e2023, e2023, "jstype = JS_STRING", "jstype = JS_NUMBER", false},
		{"order of options", e2023, e2023,
			"option (options.v1.file).text = \"one\";\noption (options.v1.file).count = 2;",
			"option (options.v1.file).count = 2;\noption (options.v1.file).text = \"one\";", false},
		{"option in one piece", e2023, e2023,
			"option (options.v1.file).text = \"one\";\noption (options.v1.file).count = 2;",
			"option (options.v1.file) = { count: 2, text: \"one\" };", false},
		{"order of map entries", e2023, e2023,
			"weights: { key: \"b\" value: 2 }\n      weights: { key: \"a\" value: 1 }",
			"weights: { key: \"a\" value: 1 }\n      weights: { key: \"b\" value: 2 }", false},
		{"default of an option without presence", e2023, e2023, "implicit: false", "", false},
		{"option with the retention of source files", e2023, e2023, `option (options.v1.hidden_service) = "not in binaries";`, "", false},
		{"field with the retention of source files", e2023, e2023, `option (options.v1.service).hidden = "not in binaries";`, "", false},
		{"message with such fields alone", e2023, e2023, `all_hidden: { text: "gone" }`, "", false},
		{"naming style", e2024, e2024, "option features.enforce_naming_style = STYLE_LEGACY;", "option features.enforce_naming_style = STYLE2024;", false},
		{"such options by option import", e2024, e2024, `option (options.v1.hidden_service) = "not in binaries";`, "", false},
		{"comment in an option import", e2024, options, "message Hidden {", "// Hidden.\nmessage Hidden {", false},
		{"json_name as it would be", e2023, e2023, "string renamed = 2 [json_name = \"other\", ", "string renamed = 2 [json_name = \"other\" , ", false},

		{"field", shop, shop, "string name = 2;", "string name = 2; string more = 9;", true},
		{"field of an import", shop, common, "int32 number = 1;", "int32 number = 1; int32 more = 9;", true},
		{"number", shop, shop, "string name = 2;", "string name = 9;", true},
		{"method", shop, shop, "rpc Sell(Product)", "rpc Resell(Product)", true},
		{"stream", shop, shop, "rpc Sell(Product)", "rpc Sell(stream Product)", true},
		{"idempotency_level", shop, shop, "NO_SIDE_EFFECTS", "IDEMPOTENT", true},
		{"deprecated", shop, shop, "option deprecated = true;\n\n", "", true},
		{"custom option", e2023, e2023, `option (options.v1.file).text = "one";`, `option (options.v1.file).text = "two";`, true},
		{"order of repeated options", e2023, e2023,
			"option (options.v1.tags) = \"z\";\n  option (options.v1.tags) = \"a\";",
			"option (options.v1.tags) = \"a\";\n  option (options.v1.tags) = \"z\";", true},
		{"custom option by option import", e2024, e2024, "by option import", "in another way", true},
		{"feature", e2023, e2023, "features.field_presence = IMPLICIT", "features.field_presence = EXPLICIT", true},
		{"json_name", e2023, e2023, `json_name = "other"`, `json_name = "another"`, true},
		{"definition of a custom option", e2023, options, "double ratio = 11;", "double quotient = 11;", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := protoFiles(t)
			before := digestOf(t, compile(t, "", files), test.digested)
			changed := strings.Replace(files[test.file], test.old, test.new, 1)
			if changed == files[test.file] {
				t.Fatalf("%s does not contain %q", test.file, test.old)
			}
			if test.name == "definition of a custom option" {
				files[e2023] = strings.Replace(files[e2023], "ratio: 0.1", "quotient: 0.1", 1)
			}
			files[test.file] = changed
			if after := digestOf(t, compile(t, "", files), test.digested); (after != before) != test.differs {
				t.Errorf("digests are %s and %s, want them to differ: %v", before, after, test.differs)
			}
		})
	}
}

// TestDigestOfDescriptors changes what compilers differ in.
func TestDigestOfDescriptors(t *testing.T) {
	t.Parallel()
	const digested = "editions/v1/e2023.proto"
	req := compile(t, "", protoFiles(t))
	want := digestOf(t, proto.CloneOf(req), digested)
	for name, change := range map[string]func(req *pluginpb.CodeGeneratorRequest){
		"order of files": func(req *pluginpb.CodeGeneratorRequest) { slices.Reverse(req.ProtoFile) },
		"other files to generate": func(req *pluginpb.CodeGeneratorRequest) {
			req.FileToGenerate = []string{digested}
		},
		"without source info": func(req *pluginpb.CodeGeneratorRequest) {
			for _, file := range req.ProtoFile {
				file.SourceCodeInfo = nil
			}
		},
		"no json_name": func(req *pluginpb.CodeGeneratorRequest) {
			for _, file := range req.ProtoFile {
				for _, message := range file.MessageType {
					for _, field := range message.Field {
						if field.GetJsonName() == jsonName(field.GetName()) {
							field.JsonName = nil
						}
					}
				}
			}
		},
		"other descriptor.proto": func(req *pluginpb.CodeGeneratorRequest) {
			file := fileNamed(t, req, "google/protobuf/descriptor.proto")
			file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{Name: proto.String("New")})
		},
		"field of a newer descriptor.proto": func(req *pluginpb.CodeGeneratorRequest) {
			file := fileNamed(t, req, digested)
			file.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 999, protowire.BytesType), "x"))
		},
		"empty options": func(req *pluginpb.CodeGeneratorRequest) {
			fileNamed(t, req, digested).MessageType[0].Options = &descriptorpb.MessageOptions{}
		},
	} {
		changed := proto.CloneOf(req)
		change(changed)
		if got := digestOf(t, changed, digested); got != want {
			t.Errorf("%s: digest is %s, want %s", name, got, want)
		}
	}
}

func TestDigestOfProto2(t *testing.T) {
	t.Parallel()
	const digested = "legacy/v1/legacy.proto"
	req := compile(t, "", protoFiles(t))
	want := digestOf(t, proto.CloneOf(req), digested)
	for value, same := range map[string]bool{"1e10": true, "10000000000": true, "1e+010": true, "2e10": false} {
		changed := proto.CloneOf(req)
		file := fileNamed(t, changed, digested)
		file.Syntax = proto.String("proto2")
		part := file.MessageType[0].NestedType[0]
		if part.GetName() != "Part" {
			t.Fatalf("first nested message is %s", part.GetName())
		}
		part.Field[0].DefaultValue = proto.String(value)
		if got := digestOf(t, changed, digested); (got == want) != same {
			t.Errorf("default %s: digests are %s and %s, want them equal: %v", value, got, want, same)
		}
	}
}

// TestDigestsOnce digests a graph in which a walk without memory takes 2^60 steps.
func TestDigestsOnce(t *testing.T) {
	t.Parallel()
	req := &pluginpb.CodeGeneratorRequest{}
	const layers = 60
	name := func(layer, i int) string { return fmt.Sprintf("layer%d/f%d.proto", layer, i) }
	for layer := range layers {
		for i := range 2 {
			file := &descriptorpb.FileDescriptorProto{
				Name:    proto.String(name(layer, i)),
				Options: &descriptorpb.FileOptions{GoPackage: proto.String("example.com/x")},
			}
			if layer > 0 {
				file.Dependency = []string{name(layer-1, 0), name(layer-1, 1)}
			}
			req.ProtoFile = append(req.ProtoFile, file)
		}
	}
	req.FileToGenerate = []string{name(layers-1, 0)}
	digestOf(t, req, name(layers-1, 0))
}

// TestOptionsOfTwoDefinitions has two files in one run that use one number for
// different options, as files of different modules do. They are declared inside a
// message, where protogen does not see them: it refuses the run otherwise.
func TestOptionsOfTwoDefinitions(t *testing.T) {
	t.Parallel()
	definition := func(pkg, typ string) string {
		return `syntax = "proto3"; package ` + pkg + `; import "google/protobuf/descriptor.proto"; option go_package = "example.com/` + pkg + `";
			message Scope { extend google.protobuf.MessageOptions { ` + typ + ` rule = 50000; } }
			message R { int32 b = 1; int32 a = 2; }`
	}
	use := func(pkg, value string) string {
		return `syntax = "proto3"; package ` + pkg + `.use; import "` + pkg + `.proto"; option go_package = "example.com/` + pkg + `";
			message M { option (` + pkg + `.Scope.rule) = ` + value + `; }`
	}
	files := map[string]string{
		"a.proto": definition("a", "R"), "a_use.proto": use("a", "{ a: 1 b: 2 }"),
		"b.proto": definition("b", "string"), "b_use.proto": use("b", `"\020\001\010\002"`),
	}
	alone := make(map[string]*pluginpb.CodeGeneratorRequest)
	together := &pluginpb.CodeGeneratorRequest{}
	for _, pkg := range []string{"a", "b"} {
		own := maps.Clone(files)
		maps.DeleteFunc(own, func(path, _ string) bool { return !strings.HasPrefix(path, pkg) })
		req := compile(t, "", own)
		alone[pkg] = req
		together.FileToGenerate = append(together.FileToGenerate, req.GetFileToGenerate()...)
		for _, file := range proto.CloneOf(req).GetProtoFile() {
			if pkg == "a" || !strings.HasPrefix(file.GetName(), compilerFiles) {
				together.ProtoFile = append(together.ProtoFile, file)
			}
		}
	}
	for _, pkg := range []string{"a", "b"} {
		file := pkg + "_use.proto"
		if got, want := digestOf(t, proto.CloneOf(together), file), digestOf(t, alone[pkg], file); got != want {
			t.Errorf("%s: digest is %s together with others, %s alone", file, got, want)
		}
	}
}

func TestMissingOptionImport(t *testing.T) {
	t.Parallel()
	req := compile(t, goldenParameter, protoFiles(t))
	req.FileToGenerate = []string{"editions/v1/e2024.proto"}
	req.ProtoFile = slices.DeleteFunc(req.ProtoFile, func(file *descriptorpb.FileDescriptorProto) bool {
		return strings.HasPrefix(file.GetName(), "options/") || file.GetName() == "editions/v1/e2023.proto"
	})
	gen, err := protogen.Options{}.New(req)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`option import of "editions/v1/e2024.proto": the request lacks file "options/v1/options.proto"`)
	if err := Generate(gen, Options{}); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("got %v, want %s", err, want)
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/productinfo/productinfo/internal/skeleton"
)

func TestRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		args           []string
		stdin          string
		status         int
		stdout, stderr string // what each contains; empty: nothing
	}{
		{"version", []string{"--version"}, "", 0, "protoc-gen-productinfo " + skeleton.Version + "\n", ""},
		{"help", []string{"--help"}, "", 0, "module_path=PATH", ""},
		{"unknown argument", []string{"shop.proto"}, "", 2, "", `protoc-gen-productinfo: unknown argument "shop.proto": want --version or --help`},
		{"two arguments", []string{"--version", "x"}, "", 2, "", "unknown argument"},
		{"empty input", nil, "", 1, "", "protoc-gen-productinfo: standard input is empty"},
		{"garbage", nil, "garbage", 1, "", "protoc-gen-productinfo: standard input holds no code generator request: "},
	} {
		var stdout, stderr bytes.Buffer
		status := run(test.args, strings.NewReader(test.stdin), &stdout, &stderr)
		if status != test.status {
			t.Errorf("%s: status is %d, want %d", test.name, status, test.status)
		}
		for _, stream := range []struct{ got, want string }{{stdout.String(), test.stdout}, {stderr.String(), test.stderr}} {
			if !strings.Contains(stream.got, stream.want) || (stream.want == "" && stream.got != "") {
				t.Errorf("%s: printed %q, want %q", test.name, stream.got, stream.want)
			}
		}
	}
}

func TestRunPlugin(t *testing.T) {
	t.Parallel()
	in, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"a.proto"},
		ProtoFile: []*descriptorpb.FileDescriptorProto{{
			Name:    proto.String("a.proto"),
			Options: &descriptorpb.FileOptions{GoPackage: proto.String("example.com/a")},
			Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("S")}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := run(nil, bytes.NewReader(in), &stdout, &stderr); status != 0 {
		t.Fatalf("status is %d: %s", status, stderr.String())
	}
	var resp pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(stdout.Bytes(), &resp); err != nil {
		t.Fatal(err)
	}
	if resp.Error != nil || len(resp.GetFile()) != 1 || resp.GetFile()[0].GetName() != "example.com/a/a_productinfo.pb.go" {
		t.Errorf("got %v", &resp)
	}
}

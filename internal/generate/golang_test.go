package generate

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
)

// odd are protos that are hard on a generator.
func odd() map[string]string {
	return map[string]string{
		"empty.proto": proto3,
		"deprecated/d.proto": proto3 + "package deprecated;\noption deprecated = true;\n// M is old.\nmessage M { option deprecated = true; int32 x = 1 [deprecated = true]; }\n" +
			"enum E { option deprecated = true; ZERO = 0 [deprecated = true]; }\n",
		"options/o.proto": `syntax = "proto2";
package options;
import "google/protobuf/descriptor.proto";
message Value { optional string text = 1; repeated int32 numbers = 2; extensions 100 to max; }
extend Value { optional Value more = 100; }
extend google.protobuf.FieldOptions { optional Value value = 50001; repeated string words = 50000; optional string secret = 50002 [retention = RETENTION_SOURCE]; }
extend google.protobuf.FileOptions { optional Value file_value = 50001; optional double number = 50003; }
`,
		"options/use.proto": `syntax = "proto3";
package options;
import "options/o.proto";
option (options.number) = -inf;
option (options.file_value).text = "file";
option java_package = "x";
option (options.file_value).(options.more).numbers = 7;
message Used {
  // Options in an order of their own.
  string a = 1 [(words) = "b", json_name = "other", (value) = { numbers: [3, 1, 2], text: "\"\\\n\x00é" }, (secret) = "hidden", (words) = "a", deprecated = true];
  oneof which { int32 b = 2; Used c = 3; }
  map<string, Used> d = 4;
  optional bytes e = 5;
  reserved 10 to 20, 30; reserved "gone";
}
`,
		"old/old.proto": `syntax = "proto2";
package old;
message Old {
  required group Inner = 1 { optional int32 x = 1 [default = -2147483648]; }
  optional string text = 2 [default = "a\"b\\c\n\001é"];
  optional bytes raw = 3 [default = "\xff\x00x"];
  optional double d = 4 [default = nan]; optional float f = 5 [default = -inf]; optional double e = 6 [default = 1e-300];
  optional Kind kind = 7 [default = SECOND];
  extensions 100 to 199 [declaration = { number: 100, full_name: ".old.ext", type: "int32" }];
  enum Kind { option allow_alias = true; FIRST = -1; SECOND = 2; ANOTHER = 2; }
  extend Old { optional Old nested = 101; }
  repeated int32 packed = 8 [packed = true];
}
extend Old { optional int32 ext = 100; }
`,
		"opaque/o.proto": `edition = "2023";
package opaque;
import "google/protobuf/go_features.proto";
option features.(pb.go).api_level = API_OPAQUE;
message O { string a = 1; int32 b = 2 [features.field_presence = IMPLICIT]; O c = 3 [features.message_encoding = DELIMITED]; oneof x { int32 d = 4; string e = 5; } }
`,
		"hybrid/h.proto": `edition = "2024";
package hybrid;
import "google/protobuf/go_features.proto";
option features.(pb.go).api_level = API_HYBRID;
message H { string a = 1; enum E { ZERO = 0; } E e = 2; }
`,
		"comments/c.proto": "// Detached.\n\n/* Block\n * comment. */\nsyntax = \"proto3\"; // trailing\n\n// Package comment é世界.\npackage comments;\n\n// One.\n\n// Two.\n" +
			"message M {\n  // Leading.\n  int32 x = 1; // Trailing.\n\n  // Dangling.\n}\n\n// A service.\nservice S { /* a method */ rpc Do(M) returns (stream M); }\n",
		"names/n.proto": proto3 + "package names;\nmessage func { message type { string go = 1; } type var = 1; string String = 2; int32 reset = 3; int32 Reset = 4; string x_1 = 5; string _y = 6; }\nmessage func_type { }\n",
	}
}

func byName(files []File) map[string]string {
	all := make(map[string]string)
	for _, f := range files {
		all[f.Name] = string(f.Content)
	}
	return all
}

// sameFiles fails the test unless both sets of files are the same, byte for byte.
func sameFiles(t *testing.T, got, want []File) {
	t.Helper()
	g, w := byName(got), byName(want)
	if len(w) == 0 {
		t.Error("there is nothing to compare with")
	}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		content, ok := g[name]
		switch {
		case !ok:
			t.Errorf("%s is missing", name)
		case content != w[name]:
			gotLines, wantLines := strings.Split(content, "\n"), strings.Split(w[name], "\n")
			for i := range min(len(gotLines), len(wantLines)) {
				if gotLines[i] != wantLines[i] {
					t.Errorf("%s: line %d is\n%s\nwant\n%s", name, i+1, gotLines[i], wantLines[i])
					break
				}
			}
			if len(gotLines) != len(wantLines) {
				t.Errorf("%s has %d lines, want %d", name, len(gotLines), len(wantLines))
			}
		}
	}
	for name := range g {
		if _, ok := w[name]; !ok {
			t.Errorf("%s is there", name)
		}
	}
}

// TestGoMessages compares what is generated in this process with the output of the
// real protoc-gen-go for the same request.
func TestGoMessages(t *testing.T) {
	t.Parallel()
	requests := map[string]*Request{"odd": compile(t, odd())}
	wild := filepath.Join("..", "cli", "testdata", "wild")
	for _, name := range []string{"proto2", "edition-2023", "edition-2024", "go-names", "kept-go-package", "no-go-package", "service-type-names"} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(wild, name, "proto"))); err != nil {
			t.Fatal(err)
		}
		requests[name] = compileFolder(t, dir)
	}
	program := &Program{
		Generator: "real", Path: tools(t).Path("protoc-gen-go"), Timeout: 5 * time.Minute, Env: os.Environ(),
	}
	for name, req := range requests {
		for _, options := range [][]string{nil, {"paths=source_relative"}, {"default_api_level=API_OPAQUE"}} {
			t.Run(strings.Join(append([]string{name}, options...), " "), func(t *testing.T) {
				t.Parallel()
				same := *program
				same.Options = options
				want, wantErr := same.Generate(t.Context(), req)
				got, gotErr := GoMessages("test", options).Generate(t.Context(), req)
				if wantErr != nil || gotErr != nil {
					t.Fatalf("errors are %v, want %v", gotErr, wantErr)
				}
				sameFiles(t, got, want)
			})
		}
	}
}

// TestGoMessagesFaults holds that what the real one refuses is refused, as a
// finding.
func TestGoMessagesFaults(t *testing.T) {
	t.Parallel()
	req := compile(t, map[string]string{"a.proto": proto3})
	for _, options := range [][]string{{"plugins=grpc"}, {"none"}, {"paths=elsewhere"}, {"module=example.com/other"}} {
		_, err := GoMessages("test", options).Generate(t.Context(), req)
		var list diag.List
		if !errors.As(err, &list) || !strings.HasPrefix(list[0].Message, `generator "go": `) || list[0].Message == `generator "go": ` {
			t.Errorf("%q: error is %v", options, err)
		}
	}
	broken := *req
	broken.Inputs = []Input{{Path: "a.proto", Generate: true, Descriptor: []byte{0xff}}}
	if _, err := GoMessages("test", nil).Generate(t.Context(), &broken); err == nil {
		t.Error("a request that cannot be parsed was generated")
	}
	broken.Inputs = []Input{{Path: "a.proto", Generate: true}}
	if _, err := GoMessages("test", nil).Generate(t.Context(), &broken); err == nil {
		t.Error("an empty request was generated")
	}
}

// TestInProcessAtOnce runs one generator for one request many times at once, which
// protogen allows only as long as nothing is shared.
func TestInProcessAtOnce(t *testing.T) {
	t.Parallel()
	req := compile(t, odd())
	for _, g := range []Generator{GoMessages("test", nil), OwnPlugin("test", nil)} {
		want, err := g.Generate(t.Context(), req)
		if err != nil || len(want) == 0 {
			t.Fatalf("%s: %d files, %v", g.Name(), len(want), err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				got, err := g.Generate(t.Context(), req)
				if err != nil {
					t.Error(err)
				}
				sameFiles(t, got, want)
			})
		}
		group.Wait()
	}
}

func TestInProcessIdentity(t *testing.T) {
	t.Parallel()
	base := GoMessages("1", []string{"a", "b"}).Identity()
	for name, other := range map[string]Generator{
		"another build":   GoMessages("2", []string{"a", "b"}),
		"other options":   GoMessages("1", []string{"a,b"}),
		"another of them": OwnPlugin("1", []string{"a", "b"}),
	} {
		if other.Identity() == base {
			t.Errorf("%s has the same identity", name)
		}
	}
	if GoMessages("1", []string{"a", "b"}).Identity() != base {
		t.Error("the identity varies")
	}
	if !OwnPlugin("", nil).Traits().ServicesOnly || GoMessages("", nil).Traits().ServicesOnly || GoMessages("", nil).Traits().External {
		t.Error("the traits are not right")
	}
}

package schema

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	formatted "google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

func prototext(m proto.Message) string {
	// The formatter varies its spaces from build to build.
	return regexp.MustCompile(` +`).ReplaceAllString(formatted.Format(m), " ")
}

// TestBuf compares what the workspaces of internal/cli/testdata/wild compile to
// with the images that buf builds of them.
func TestBuf(t *testing.T) {
	t.Parallel()
	bin, err := reference.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := reference.Install(t.Context(), bin, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	wild := filepath.Join("..", "cli", "testdata", "wild")
	entries, err := os.ReadDir(wild)
	if err != nil || len(entries) < 15 {
		t.Fatalf("%d workspaces, %v", len(entries), err)
	}
	// Where the roots are not proto and third_party.
	roots := map[string][]string{"buf-workspace": {"apis/pets", "apis/shared"}}
	// What does not link as a whole.
	parts := map[string][]string{"same-name": {"proto/acme/invoices", "proto/acme/orders"}}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, nil)
			if err := os.CopyFS(r.dir, os.DirFS(filepath.Join(wild, entry.Name()))); err != nil {
				t.Fatal(err)
			}
			r.layout.Roots, r.layout.Vendor = []string{"proto"}, nil
			if special, ok := roots[entry.Name()]; ok {
				r.layout.Roots = special
			}
			modules := slices.Clone(r.layout.Roots)
			if _, err := os.Stat(filepath.Join(r.dir, "third_party")); err == nil {
				r.layout.Vendor = []string{"third_party"}
				modules = append(modules, "third_party")
			}
			r.groups = [][]string{}
			img := r.image()
			if err := tools.Configure(r.dir, reference.Config{Modules: modules}); err != nil {
				t.Fatal(err)
			}
			inputs := [][]string{}
			for _, root := range r.layout.Roots {
				inputs = append(inputs, []string{root})
			}
			if parts, ok := parts[entry.Name()]; ok {
				inputs = nil
				for _, part := range parts {
					inputs = append(inputs, []string{".", "--path", part})
				}
			}
			compared := make(map[string]bool)
			for _, input := range inputs {
				for _, want := range bufBuild(t, tools, r.dir, input) {
					compared[want.GetName()] = true
					if img.File(want.GetName()) == nil {
						t.Errorf("%s was compiled by buf alone", want.GetName())
						continue
					}
					got := descriptor(t, img, want.GetName())
					got.SourceCodeInfo = nil
					got.OptionDependency = nil // which buf leaves out of images
					if !proto.Equal(got, want) {
						t.Errorf("%s is\n%s\nwant\n%s", want.GetName(), prototext(got), prototext(want))
					}
				}
			}
			for path := range img.files {
				if !compared[path] {
					t.Errorf("%s was not compiled by buf", path)
				}
			}
		})
	}
}

func bufBuild(t *testing.T, tools reference.Tools, dir string, input []string) []*descriptorpb.FileDescriptorProto {
	t.Helper()
	args := append([]string{"build", "--exclude-source-info", "-o", "image.binpb"}, input...)
	cmd := exec.CommandContext(t.Context(), tools.Path("buf"), args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("buf build: %v\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(dir, "image.binpb"))
	if err != nil {
		t.Fatal(err)
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := unmarshal(content, set, noExtensions{}); err != nil {
		t.Fatal(err)
	}
	for _, fd := range set.GetFile() {
		fd.SourceCodeInfo = nil
		// Field 8042 is what buf adds of its own.
		fd.ProtoReflect().SetUnknown(without(fd.ProtoReflect().GetUnknown(), 8042))
	}
	return set.GetFile()
}

// without returns unknown fields without those of a number.
func without(raw []byte, number protowire.Number) []byte {
	var rest []byte
	for len(raw) > 0 {
		n, _, size := protowire.ConsumeField(raw)
		if size < 0 {
			return raw
		}
		if n != number {
			rest = append(rest, raw[:size]...)
		}
		raw = raw[size:]
	}
	return rest
}

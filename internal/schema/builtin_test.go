package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile/experimental/source"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// linkedIn returns the files below the built-in folders that this program holds.
func linkedIn() map[string]protoreflect.FileDescriptor {
	files := make(map[string]protoreflect.FileDescriptor)
	protoregistry.GlobalFiles.RangeFiles(func(fd protoreflect.FileDescriptor) bool {
		if slices.ContainsFunc(builtInFolders, func(folder string) bool { return strings.HasPrefix(fd.Path(), folder) }) {
			files[fd.Path()] = fd
		}
		return true
	})
	return files
}

// wellKnown are the files that the compiler brings along.
var wellKnown = []string{
	"any", "api", "compiler/plugin", "cpp_features", "descriptor", "duration", "empty", "field_mask", "go_features",
	"java_features", "source_context", "struct", "timestamp", "type", "wrappers",
}

// TestBuiltIns imports each built-in file and compares what it compiles to with
// the descriptor that it was printed from.
func TestBuiltIns(t *testing.T) {
	t.Parallel()
	linked := linkedIn()
	paths := sortedKeys(linked)
	for _, name := range wellKnown {
		paths = append(paths, "google/protobuf/"+name+".proto")
	}
	if len(paths) < 60 {
		t.Errorf("there are %d built-in files only", len(paths))
	}
	var importing strings.Builder
	importing.WriteString(proto3)
	for _, path := range paths {
		fmt.Fprintf(&importing, "import %q;\n", path)
	}
	r := newRepo(t, map[string]string{"proto/all.proto": importing.String()})
	img := r.image()
	for _, path := range paths {
		f := img.File(path)
		if f == nil || f.Own || f.Name != "<built-in>/"+path {
			t.Errorf("%s is %+v", path, f)
			continue
		}
		if f.GoPackage == "" && path != "google/protobuf/cpp_features.proto" && path != "google/protobuf/java_features.proto" {
			t.Errorf("%s has no go_package", path)
		}
		want := linked[path]
		if want == nil {
			continue // the compiler's own, whose version need not be that of the linked one
		}
		got := descriptor(t, img, path)
		got.SourceCodeInfo = nil
		if diff := differs(got, protodesc.ToFileDescriptorProto(want)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// TestBuiltInFolders holds that there is something in each, and nothing of what is
// linked in for other reasons.
func TestBuiltInFolders(t *testing.T) {
	t.Parallel()
	linked := sortedKeys(linkedIn())
	for _, folder := range builtInFolders {
		if !slices.ContainsFunc(linked, func(path string) bool { return strings.HasPrefix(path, folder) }) {
			t.Errorf("there is no built-in file in %s", folder)
		}
	}
	b := newBuiltIns()
	for _, path := range []string{
		"google/protobuf/none.proto", "google/api/none.proto", "google/api", "google/protobuf/", "", "../google/api/http.proto",
		"google/../google/api/http.proto", "grpc/reflection/v1/reflection.proto",
	} {
		if text, err := b.text(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is a built-in file: %v, %.40q", path, err, text)
		}
	}
	if _, err := source.WKTs().Open("google/protobuf/descriptor.proto"); err != nil {
		t.Error(err)
	}
}

// differs says where two descriptors differ, or nothing. Options that one of them
// has as bytes and the other as fields are the same.
func differs(got, want *descriptorpb.FileDescriptorProto) string {
	normal := func(fd *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
		raw, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(fd)
		if err != nil {
			return nil
		}
		// With all types that this program knows, so that the order in which
		// options were written does not count.
		parsed := new(descriptorpb.FileDescriptorProto)
		if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(raw, parsed); err != nil {
			return nil
		}
		if parsed.GetSyntax() == "proto2" {
			parsed.Syntax = nil
		}
		eachMessage(parsed.GetMessageType(), func(m *descriptorpb.DescriptorProto) {
			for _, f := range slices.Concat(m.GetField(), m.GetExtension()) {
				if f.GetJsonName() == jsonName(f.GetName()) {
					f.JsonName = nil
				}
			}
		})
		for _, f := range parsed.GetExtension() {
			f.JsonName = nil
		}
		for _, s := range parsed.GetService() {
			for _, m := range s.GetMethod() {
				if proto.Size(m.GetOptions()) == 0 {
					m.Options = nil
				}
			}
		}
		return parsed
	}
	g, w := normal(got), normal(want)
	if proto.Equal(g, w) {
		return ""
	}
	gotLines, wantLines := strings.Split(prototext(g), "\n"), strings.Split(prototext(w), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			return fmt.Sprintf("line %d of its descriptor is %s, want %s", i+1, gotLines[i], wantLines[i])
		}
	}
	return fmt.Sprintf("%d lines in its descriptor, want %d", len(gotLines), len(wantLines))
}

// jsonName is the JSON name that a field has unless it is given another, as
// protobuf's language guide defines it.
func jsonName(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range name {
		switch {
		case c == '_':
			upper = true
		case upper:
			b.WriteString(strings.ToUpper(string(c)))
			upper = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

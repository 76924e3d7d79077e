package check_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/check"
)

// TestImageCarriesWhatTheCompilerKnows has descriptors as the compiler makes
// them: what buf's IMPORT_USED and SYNTAX_SPECIFIED go by is in the source info.
func TestImageCarriesWhatTheCompilerKnows(t *testing.T) {
	t.Parallel()
	dir := files{"shop/v1/cart.proto": bad}.write(t)
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image(t, dir), &set); err != nil {
		t.Fatal(err)
	}
	for _, file := range set.File {
		file.ProtoReflect().SetUnknown(nil) // buf's own marks
		if file.GetName() != "shop/v1/cart.proto" {
			continue
		}
		notes := protowire.AppendTag(nil, 2, protowire.VarintType)
		notes = protowire.AppendVarint(notes, 1)
		notes = protowire.AppendTag(notes, 3, protowire.BytesType)
		notes = protowire.AppendBytes(notes, []byte{0, 7}) // 7 is an import option, after all others
		raw := protowire.AppendTag(nil, 536000000, protowire.BytesType)
		file.SourceCodeInfo.ProtoReflect().SetUnknown(protowire.AppendBytes(raw, notes))
	}
	isImport := func(importPath string) bool { return importPath != "shop/v1/cart.proto" }
	unmarked, err := proto.Marshal(&set)
	if err != nil {
		t.Fatal(err)
	}
	img, err := check.Mark(unmarked, isImport)
	if err != nil {
		t.Fatal(err)
	}
	r := runner(t, dir, ".")
	rules := check.Config{Lint: []string{"IMPORT_USED", "SYNTAX_SPECIFIED"}}
	want := []string{"shop/v1/cart.proto 1:1-1:1 SYNTAX_SPECIFIED", "shop/v1/cart.proto 2:1-2:38 IMPORT_USED"}
	list, err := r.Lint(t.Context(), img, rules)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), want)

	// Marked again, as for each module of a workspace, it says the same.
	if img, err = check.Mark(img, isImport); err != nil {
		t.Fatal(err)
	}
	if list, err = r.Lint(t.Context(), img, rules); err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), want)
}

func FuzzMark(f *testing.F) {
	set, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		{Name: proto.String("a.proto"), Dependency: []string{"b.proto"}, SourceCodeInfo: &descriptorpb.SourceCodeInfo{}},
		{Name: proto.String("b.proto"), Package: proto.String("b")},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(set)
	f.Add([]byte("\x0a\x00"))
	f.Fuzz(func(t *testing.T, set []byte) {
		img, err := check.Mark(set, func(importPath string) bool { return importPath == "b.proto" })
		if err != nil {
			return
		}
		var before, after descriptorpb.FileDescriptorSet
		if proto.Unmarshal(set, &before) != nil {
			return
		}
		if err := proto.Unmarshal(img, &after); err != nil {
			t.Fatalf("what was marked cannot be read: %v", err)
		}
		if len(before.File) != len(after.File) {
			t.Fatalf("%d files became %d", len(before.File), len(after.File))
		}
		for i := range before.File {
			before.File[i].ProtoReflect().SetUnknown(nil)
			after.File[i].ProtoReflect().SetUnknown(nil)
			if !proto.Equal(before.File[i], after.File[i]) {
				t.Errorf("file %d was changed", i)
			}
		}
	})
}

package schema

import (
	"hash/fnv"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/descriptorpb"
)

// symbolsOf returns hashes of what a file declares that no other file linked with
// it may declare: the names directly in its package, and the numbers by which it
// extends messages. Names further in clash only where these do. Two different
// names may share a hash, so a clash of hashes is a question, not an answer.
func symbolsOf(fd *descriptorpb.FileDescriptorProto) []uint64 {
	var hashes []uint64
	add := func(kind, name string) {
		hashes = append(hashes, symbolHash(kind, name))
	}
	prefix := ""
	if fd.GetPackage() != "" {
		prefix = fd.GetPackage() + "."
	}
	for _, m := range fd.GetMessageType() {
		add("name", prefix+m.GetName())
	}
	for _, e := range fd.GetEnumType() {
		add("name", prefix+e.GetName())
		for _, v := range e.GetValue() {
			add("name", prefix+v.GetName())
		}
	}
	for _, s := range fd.GetService() {
		add("name", prefix+s.GetName())
	}
	for _, x := range fd.GetExtension() {
		add("name", prefix+x.GetName())
	}
	eachMessage(fd.GetMessageType(), func(m *descriptorpb.DescriptorProto) {
		for _, x := range m.GetExtension() {
			add("number", x.GetExtendee()+":"+strconv.Itoa(int(x.GetNumber())))
		}
	})
	for _, x := range fd.GetExtension() {
		add("number", x.GetExtendee()+":"+strconv.Itoa(int(x.GetNumber())))
	}
	return hashes
}

func symbolHash(kind, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(name))
	return h.Sum64()
}

func eachMessage(messages []*descriptorpb.DescriptorProto, visit func(*descriptorpb.DescriptorProto)) {
	for _, m := range messages {
		visit(m)
		eachMessage(m.GetNestedType(), visit)
	}
}

// declaresSourceOptions reports whether a field or extension of the file is
// retained in source only.
func declaresSourceOptions(fd *descriptorpb.FileDescriptorProto) bool {
	inSource := func(fields []*descriptorpb.FieldDescriptorProto) bool {
		return slices.ContainsFunc(fields, func(f *descriptorpb.FieldDescriptorProto) bool {
			return f.GetOptions().GetRetention() == descriptorpb.FieldOptions_RETENTION_SOURCE
		})
	}
	found := inSource(fd.GetExtension())
	eachMessage(fd.GetMessageType(), func(m *descriptorpb.DescriptorProto) {
		found = found || inSource(m.GetField()) || inSource(m.GetExtension())
	})
	return found
}

// hasRangeOptions reports whether an extension range of the file has options.
func hasRangeOptions(fd *descriptorpb.FileDescriptorProto) bool {
	found := false
	eachMessage(fd.GetMessageType(), func(m *descriptorpb.DescriptorProto) {
		found = found || slices.ContainsFunc(m.GetExtensionRange(), func(r *descriptorpb.DescriptorProto_ExtensionRange) bool {
			return r.Options != nil
		})
	})
	return found
}

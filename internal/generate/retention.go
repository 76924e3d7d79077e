package generate

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// StripSourceOptions returns a serialized FileDescriptorProto without the options
// that are retained in source only, which generated code must not hold. imports
// are the descriptors of all that the file imports, each after its imports: they
// say which options these are.
//
// As protoc does, it clears fields however deep in an option, and leaves out
// options of which nothing is left.
func StripSourceOptions(descriptor []byte, imports [][]byte) ([]byte, error) {
	set := new(descriptorpb.FileDescriptorSet)
	for _, raw := range imports {
		fd := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(raw, fd); err != nil {
			return nil, err
		}
		set.File = append(set.File, fd)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	fd := new(descriptorpb.FileDescriptorProto)
	parse := proto.UnmarshalOptions{AllowPartial: true, Resolver: dynamicpb.NewTypes(files)}
	if err := parse.Unmarshal(descriptor, fd); err != nil {
		return nil, err
	}
	if !clearSourceOnly(fd.ProtoReflect()) {
		return descriptor, nil
	}
	clearEmptied(fd.ProtoReflect())
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(fd)
}

// clearSourceOnly clears every field, however deep, that is retained in source
// only, and reports whether there was one.
func clearSourceOnly(message protoreflect.Message) (cleared bool) {
	inside := func(m protoreflect.Message) {
		if clearSourceOnly(m) {
			cleared = true
		}
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		options, ok := field.Options().(*descriptorpb.FieldOptions)
		switch {
		case ok && options.GetRetention() == descriptorpb.FieldOptions_RETENTION_SOURCE:
			message.Clear(field)
			cleared = true
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					inside(v.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				inside(value.List().Get(i).Message())
			}
		default:
			inside(value.Message())
		}
		return true
	})
	return cleared
}

// clearEmptied clears, in a descriptor, the options that hold nothing.
func clearEmptied(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				clearEmptied(value.List().Get(i).Message())
			}
		case field.Name() == "options":
			if proto.Size(value.Message().Interface()) == 0 {
				message.Clear(field)
			}
		}
		return true
	})
}

package generate

import (
	"fmt"

	"github.com/bufbuild/protocompile/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// StripSourceOptions returns a serialized FileDescriptorProto without the options
// that are retained in source only, which generated code must not hold. imports
// are the descriptors of all that the file imports, each after its imports: they
// say which options these are.
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
	stripped, err := options.StripSourceRetentionOptionsFromFile(fd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fd.GetName(), err)
	}
	if stripped == fd {
		return descriptor, nil
	}
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(stripped)
}

package schema

import (
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile/experimental/fdp"
	"github.com/bufbuild/protocompile/experimental/ir"
	"github.com/bufbuild/protocompile/experimental/seq"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// resolver finds the extensions that a file's options may use.
type resolver interface {
	FindExtensionByName(protoreflect.FullName) (protoreflect.ExtensionType, error)
	FindExtensionByNumber(protoreflect.FullName, protoreflect.FieldNumber) (protoreflect.ExtensionType, error)
}

// optionTypes makes resolvers. The compiler writes options in the order of the
// source; parsed by the types that they have, and serialized again, they are in
// the order that protobuf's Go runtime gives them, whatever the source's. So do
// buf and protoc's plugins get them. Goroutines may share it.
type optionTypes struct {
	mu        sync.Mutex
	extending map[*ir.File]bool
	files     map[*ir.File]*descriptorpb.FileDescriptorProto
	resolvers map[string]resolver
}

func newOptionTypes() *optionTypes {
	return &optionTypes{
		extending: make(map[*ir.File]bool),
		files:     make(map[*ir.File]*descriptorpb.FileDescriptorProto),
		resolvers: make(map[string]resolver),
	}
}

// of returns the resolver for a file: it knows the extensions that the file or
// its imports declare.
func (o *optionTypes) of(f *ir.File) (resolver, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var declaring []*ir.File
	if o.extends(f) {
		declaring = append(declaring, f)
	}
	for imp := range seq.Values(f.TransitiveImports()) {
		if o.extends(imp.File) {
			declaring = append(declaring, imp.File)
		}
	}
	if len(declaring) == 0 {
		return noExtensions{}, nil
	}
	slices.SortFunc(declaring, func(a, b *ir.File) int { return strings.Compare(a.Path(), b.Path()) })
	var key strings.Builder
	for _, file := range declaring {
		key.WriteString(file.Path())
		key.WriteByte(0)
	}
	if r, ok := o.resolvers[key.String()]; ok {
		return r, nil
	}
	r, err := o.build(declaring)
	if err != nil {
		return nil, err
	}
	o.resolvers[key.String()] = r
	return r, nil
}

func (o *optionTypes) extends(f *ir.File) bool {
	is, ok := o.extending[f]
	if !ok {
		is = f.AllExtensions().Len() > 0
		o.extending[f] = is
	}
	return is
}

// build links the declaring files and what they import.
func (o *optionTypes) build(declaring []*ir.File) (resolver, error) {
	set := new(descriptorpb.FileDescriptorSet)
	seen := make(map[*ir.File]bool)
	add := func(f *ir.File) error {
		if seen[f] {
			return nil
		}
		seen[f] = true
		fd, err := o.file(f)
		set.File = append(set.File, fd)
		return err
	}
	for _, f := range declaring {
		for imp := range seq.Values(f.TransitiveImports()) {
			if err := add(imp.File); err != nil {
				return nil, err
			}
		}
		if err := add(f); err != nil {
			return nil, err
		}
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	return dynamicpb.NewTypes(files), nil
}

func (o *optionTypes) file(f *ir.File) (*descriptorpb.FileDescriptorProto, error) {
	if fd, ok := o.files[f]; ok {
		return fd, nil
	}
	raw, err := fdp.DescriptorProtoBytes(f)
	if err != nil {
		return nil, err
	}
	fd := new(descriptorpb.FileDescriptorProto)
	if err := unmarshal(raw, fd, noExtensions{}); err != nil {
		return nil, err
	}
	o.files[f] = fd
	return fd, nil
}

// noExtensions is a resolver that knows no extension, whatever happens to be
// linked into this program.
type noExtensions struct{}

func (noExtensions) FindExtensionByName(protoreflect.FullName) (protoreflect.ExtensionType, error) {
	return nil, protoregistry.NotFound
}

func (noExtensions) FindExtensionByNumber(protoreflect.FullName, protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	return nil, protoregistry.NotFound
}

func unmarshal(raw []byte, m proto.Message, types resolver) error {
	return proto.UnmarshalOptions{AllowPartial: true, Resolver: types}.Unmarshal(raw, m)
}

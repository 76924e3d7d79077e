package generate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/gofeaturespb"
)

// protoc-gen-go writes each file's descriptor into the Go file as one expression,
// a string for each line of bytes, joined by "+". go/printer, which protogen
// formats with, takes time quadratic in the length of such a chain: on the
// googleapis, a quarter of all the time that generating them takes. So it is
// shown a file without a descriptor, and the expression, which is formatted the
// same way whatever it holds, is put in afterwards.

// rawDescriptors are the descriptors that were taken out, by the name of the Go
// file that each belongs into.
type rawDescriptors struct {
	byFile map[string][]byte
	types  resolver
}

// resolver finds the extensions that a file's options use.
type resolver interface {
	protoregistry.ExtensionTypeResolver
}

// takeOut hides the descriptors of the files to generate from the generator,
// save for the one option that it looks at.
func takeOut(req *Request, plugin *protogen.Plugin) (*rawDescriptors, error) {
	taken := &rawDescriptors{byFile: make(map[string][]byte)}
	var err error
	if taken.types, err = requestExtensions(plugin); err != nil {
		return nil, err
	}
	for _, input := range req.Inputs {
		if !input.Generate {
			continue
		}
		file := plugin.FilesByPath[input.Path]
		// The second is written beside the first where the API level is hybrid.
		taken.byFile[file.GeneratedFilenamePrefix+".pb.go"] = input.Descriptor
		taken.byFile[file.GeneratedFilenamePrefix+"_protoopaque.pb.go"] = input.Descriptor
		deprecated := file.Proto.GetOptions().GetDeprecated()
		file.Proto = &descriptorpb.FileDescriptorProto{Name: file.Proto.Name}
		if deprecated {
			file.Proto.Options = &descriptorpb.FileOptions{Deprecated: proto.Bool(true)}
		}
	}
	return taken, nil
}

// requestExtensions knows the extensions that the files of a request declare.
// protogen parses options by these, but takes those that are linked into the
// program for parsed already, as they are in protoc-gen-go's own. This program
// links more.
func requestExtensions(plugin *protogen.Plugin) (resolver, error) {
	local := new(protoregistry.Types)
	register := func(extensions []*protogen.Extension) error {
		for _, x := range extensions {
			if x.Desc.FullName() == gofeaturespb.E_Go.TypeDescriptor().FullName() {
				continue
			}
			if err := local.RegisterExtension(dynamicpb.NewExtensionType(x.Desc)); err != nil {
				return err
			}
		}
		return nil
	}
	var inMessages func(messages []*protogen.Message) error
	inMessages = func(messages []*protogen.Message) error {
		for _, m := range messages {
			if err := errors.Join(register(m.Extensions), inMessages(m.Messages)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, file := range plugin.Files {
		if err := errors.Join(register(file.Extensions), inMessages(file.Messages)); err != nil {
			return nil, err
		}
	}
	return either{goExtensions{}, local}, nil
}

// either looks in one resolver and then in another.
type either [2]resolver

func (e either) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	if t, err := e[0].FindExtensionByName(name); err == nil {
		return t, nil
	}
	return e[1].FindExtensionByName(name)
}

func (e either) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if t, err := e[0].FindExtensionByNumber(message, number); err == nil {
		return t, nil
	}
	return e[1].FindExtensionByNumber(message, number)
}

// putBack replaces the expression in each file. It reports an error where the
// file does not look as it must, so that nothing wrong is ever written.
func (taken *rawDescriptors) putBack(files []File) error {
	for i, file := range files {
		descriptor, ok := taken.byFile[file.Name]
		if !ok {
			return fmt.Errorf("protoc-gen-go wrote %q, which is for no file", file.Name)
		}
		raw, err := taken.raw(descriptor)
		if err != nil {
			return err
		}
		start, end, ok := findExpression(file.Content)
		if !ok {
			return fmt.Errorf("protoc-gen-go wrote %q without a descriptor where one is expected", file.Name)
		}
		var b bytes.Buffer
		b.Grow(len(file.Content) + 2*len(raw))
		b.Write(file.Content[:start])
		for _, line := range bytes.SplitAfter(raw, []byte{'\n'}) {
			fmt.Fprintf(&b, " +\n\t%q", line)
		}
		b.Write(file.Content[end:])
		files[i].Content = b.Bytes()
	}
	return nil
}

// raw returns the bytes that protoc-gen-go would have written for a descriptor.
func (taken *rawDescriptors) raw(descriptor []byte) ([]byte, error) {
	fd := new(descriptorpb.FileDescriptorProto)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: taken.types}).Unmarshal(descriptor, fd); err != nil {
		return nil, err
	}
	// Of the types that protoc-gen-go knows, only features and the options of
	// extension ranges have fields that are retained in source only.
	if fd.Edition != nil || hasRangeOptions(fd.GetMessageType()) {
		clearSourceOnly(fd.ProtoReflect())
	}
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(fd)
}

// findExpression returns where, in a generated file, the strings of the
// descriptor stand: from behind the empty string that the expression begins with
// to the end of its last line.
func findExpression(content []byte) (start, end int, ok bool) {
	opening := []byte("_rawDesc = \"\" +\n")
	start = bytes.Index(content, opening)
	if start < 0 || bytes.Contains(content[start+1:], opening) {
		return 0, 0, false
	}
	line := content[bytes.LastIndexByte(content[:start], '\n')+1 : start]
	if !bytes.HasPrefix(line, []byte("const ")) {
		return 0, 0, false
	}
	start += len(opening) - len(" +\n")
	for end = start; bytes.HasPrefix(content[end:], []byte(" +\n\t\"")); {
		length := bytes.IndexByte(content[end+len(" +\n"):], '\n')
		if length < 0 {
			return 0, 0, false
		}
		end += len(" +\n") + length
		if bytes.HasSuffix(content[:end], []byte(" +")) {
			end -= len(" +")
		}
	}
	return start, end, end > start
}

func hasRangeOptions(messages []*descriptorpb.DescriptorProto) bool {
	return slices.ContainsFunc(messages, func(m *descriptorpb.DescriptorProto) bool {
		return hasRangeOptions(m.GetNestedType()) || slices.ContainsFunc(m.GetExtensionRange(),
			func(r *descriptorpb.DescriptorProto_ExtensionRange) bool { return r.Options != nil })
	})
}

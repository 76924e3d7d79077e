package skeleton

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	digestFormat = "productinfo schema digest v1"
	// compilerFiles is where the files stand that every compiler brings along.
	compilerFiles = "google/protobuf/"
)

// digester makes the schema digests that the package comment defines. It belongs
// to one run and one goroutine, and digests each file once.
type digester struct {
	gen        *protogen.Plugin
	protos     map[string]*descriptorpb.FileDescriptorProto // by path, option imports included
	digests    map[string][sha256.Size]byte                 // by path
	extensions map[string]extensionSet                      // by path of the file that can use them
	registry   *protoregistry.Files                         // all files; nil before the first option import
}

func newDigester(gen *protogen.Plugin) *digester {
	d := &digester{
		gen:        gen,
		protos:     make(map[string]*descriptorpb.FileDescriptorProto),
		digests:    make(map[string][sha256.Size]byte),
		extensions: make(map[string]extensionSet),
	}
	for _, file := range gen.Request.GetProtoFile() {
		d.protos[file.GetName()] = file
	}
	return d
}

// file returns the digest of a file.
func (d *digester) file(file protoreflect.FileDescriptor) ([sha256.Size]byte, error) {
	path := file.Path()
	if digest, ok := d.digests[path]; ok {
		return digest, nil
	}
	h := sha256.New()
	frame(h, []byte(digestFormat))
	frame(h, []byte(path))
	if !strings.HasPrefix(path, compilerFiles) {
		descriptor, err := d.descriptor(file)
		if err != nil {
			return [sha256.Size]byte{}, err
		}
		frame(h, descriptor)
		for i, imports := 0, file.Imports(); i < imports.Len(); i++ {
			digest, err := d.file(imports.Get(i).FileDescriptor)
			if err != nil {
				return [sha256.Size]byte{}, err
			}
			frame(h, digest[:])
		}
	}
	digest := [sha256.Size]byte(h.Sum(nil))
	d.digests[path] = digest
	return digest, nil
}

func frame(h hash.Hash, b []byte) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
	h.Write(b)
}

// descriptor returns the canonical encoding of a file's descriptor.
func (d *digester) descriptor(file protoreflect.FileDescriptor) ([]byte, error) {
	extensions, err := d.visible(file)
	if err != nil {
		return nil, err
	}
	// A copy without source_code_info, which is half of the bytes, shares the rest.
	full := d.protos[file.Path()].ProtoReflect()
	lean := full.New()
	full.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Name() != "source_code_info" {
			lean.Set(fd, v)
		}
		return true
	})
	encoded, err := proto.MarshalOptions{AllowPartial: true}.Marshal(lean.Interface())
	if err != nil {
		return nil, fmt.Errorf("descriptor of %q: %w", file.Path(), err)
	}
	canonical, err := extensions.canonical(lean.Descriptor(), encoded, 0)
	if err != nil {
		return nil, fmt.Errorf("descriptor of %q: %w", file.Path(), err)
	}
	return canonical, nil
}

// extensionKey is what an option's bytes tell of its type.
type extensionKey struct {
	extendee protoreflect.FullName
	number   protoreflect.FieldNumber
}

// extensionSet is the extensions that a file can use. Sets are shared: nobody
// changes one that is in a digester.
type extensionSet map[extensionKey]protoreflect.FieldDescriptor

// visible returns the extensions that the file and what it imports declare, its
// option imports included.
func (d *digester) visible(file protoreflect.FileDescriptor) (extensionSet, error) {
	set, err := d.reachable(file)
	if err != nil {
		return nil, err
	}
	options := d.protos[file.Path()].GetOptionDependency()
	if len(options) == 0 {
		return set, nil
	}
	set = maps.Clone(set)
	for _, path := range options {
		imported, err := d.find(path)
		if err != nil {
			return nil, fmt.Errorf("option import of %q: %w", file.Path(), err)
		}
		more, err := d.reachable(imported)
		if err != nil {
			return nil, err
		}
		maps.Copy(set, more)
	}
	return set, nil
}

// reachable returns the extensions that a file and its imports declare.
func (d *digester) reachable(file protoreflect.FileDescriptor) (extensionSet, error) {
	if set, ok := d.extensions[file.Path()]; ok {
		return set, nil
	}
	set := make(extensionSet)
	if !strings.HasPrefix(file.Path(), compilerFiles) {
		addExtensionsOf(set, file)
		for i, imports := 0, file.Imports(); i < imports.Len(); i++ {
			more, err := d.reachable(imports.Get(i).FileDescriptor)
			if err != nil {
				return nil, err
			}
			switch {
			case len(set) == 0:
				set = more // most files declare none, and share the set of an import
			case !containsAll(set, more):
				set = maps.Clone(set)
				maps.Copy(set, more)
			}
		}
	}
	d.extensions[file.Path()] = set
	return set, nil
}

func containsAll(set, more extensionSet) bool {
	for key := range more {
		if set[key] == nil {
			return false
		}
	}
	return true
}

// scope is a file or a message: what extensions are declared in.
type scope interface {
	Messages() protoreflect.MessageDescriptors
	Extensions() protoreflect.ExtensionDescriptors
}

func addExtensionsOf(set extensionSet, s scope) {
	for i, extensions := 0, s.Extensions(); i < extensions.Len(); i++ {
		extension := extensions.Get(i)
		set[extensionKey{extension.ContainingMessage().FullName(), extension.Number()}] = extension
	}
	for i, messages := 0, s.Messages(); i < messages.Len(); i++ {
		addExtensionsOf(set, messages.Get(i))
	}
}

// find returns the file at path, which may be one that is only ever imported for
// its options: protogen leaves those alone, so they are linked here.
func (d *digester) find(path string) (protoreflect.FileDescriptor, error) {
	if file := d.gen.FilesByPath[path]; file != nil {
		return file.Desc, nil
	}
	if d.registry == nil {
		d.registry = new(protoregistry.Files)
		for _, file := range d.gen.Files {
			if err := d.registry.RegisterFile(file.Desc); err != nil {
				return nil, err
			}
		}
	}
	return d.link(path, nil)
}

// link links a file and its imports. importers are the files on the way to it.
func (d *digester) link(path string, importers []string) (protoreflect.FileDescriptor, error) {
	if file, err := d.registry.FindFileByPath(path); err == nil {
		return file, nil
	}
	file := d.protos[path]
	if file == nil {
		return nil, fmt.Errorf("the request lacks file %q", path)
	}
	if slices.Contains(importers, path) {
		return nil, fmt.Errorf("file %q imports itself", path)
	}
	for _, imported := range file.GetDependency() {
		if _, err := d.link(imported, append(importers, path)); err != nil {
			return nil, err
		}
	}
	linked, err := protodesc.NewFile(file, d.registry)
	if err != nil {
		return nil, err
	}
	return linked, d.registry.RegisterFile(linked)
}

package schema

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/digest"
)

// recordFormat changes when what a record holds does.
const recordFormat = "1"

// The fields of a record. Digests are bytes; symbols are packed fixed64.
const (
	fieldPackage       protowire.Number = 1
	fieldGoPackage     protowire.Number = 2
	fieldImport        protowire.Number = 3
	fieldOptionImport  protowire.Number = 4
	fieldImported      protowire.Number = 5
	fieldServices      protowire.Number = 6
	fieldEditions      protowire.Number = 7
	fieldSourceOptions protowire.Number = 8
	fieldDescriptorSum protowire.Number = 9
	fieldInfoSum       protowire.Number = 10
	fieldSymbols       protowire.Number = 11
	fieldDescriptor    protowire.Number = 12
	fieldInfo          protowire.Number = 13
	fieldRangeOptions  protowire.Number = 14
)

var errRecord = errors.New("malformed record")

// newFile takes from a descriptor what a record says of it. The descriptor's
// source info is cut off it; types know the extensions in its options.
func newFile(fd *descriptorpb.FileDescriptorProto, types resolver) (*File, error) {
	info, err := marshal(fd.GetSourceCodeInfo())
	if err != nil {
		return nil, err
	}
	fd.SourceCodeInfo = nil
	descriptor, err := marshal(fd)
	if err != nil {
		return nil, err
	}
	fd = new(descriptorpb.FileDescriptorProto)
	if err := unmarshal(descriptor, fd, types); err != nil {
		return nil, err
	}
	if descriptor, err = marshal(fd); err != nil {
		return nil, err
	}
	return &File{
		Path:          fd.GetName(),
		Package:       fd.GetPackage(),
		GoPackage:     fd.GetOptions().GetGoPackage(),
		Imports:       fd.GetDependency(),
		OptionImports: fd.GetOptionDependency(),
		Services:      len(fd.GetService()),
		Editions:      fd.Edition != nil,
		RangeOptions:  hasRangeOptions(fd),
		SourceOptions: declaresSourceOptions(fd),
		Descriptor:    digest.Of(descriptor),
		Info:          digest.Of(info),
		symbols:       symbolsOf(fd),
		descriptor:    descriptor,
		info:          info,
	}, nil
}

func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(m)
}

// encode writes the record; with whole it includes descriptor and source info.
func (f *File) encode(whole bool) []byte {
	size := 512 + 8*len(f.symbols)
	if whole {
		size += len(f.descriptor) + len(f.info)
	}
	b := make([]byte, 0, size)
	str := func(n protowire.Number, s string) {
		b = protowire.AppendTag(b, n, protowire.BytesType)
		b = protowire.AppendString(b, s)
	}
	raw := func(n protowire.Number, v []byte) {
		b = protowire.AppendTag(b, n, protowire.BytesType)
		b = protowire.AppendBytes(b, v)
	}
	num := func(n protowire.Number, v uint64) {
		if v != 0 {
			b = protowire.AppendTag(b, n, protowire.VarintType)
			b = protowire.AppendVarint(b, v)
		}
	}
	str(fieldPackage, f.Package)
	str(fieldGoPackage, f.GoPackage)
	for _, path := range f.Imports {
		str(fieldImport, path)
	}
	for _, path := range f.OptionImports {
		str(fieldOptionImport, path)
	}
	for _, d := range f.imported {
		raw(fieldImported, d[:])
	}
	num(fieldServices, uint64(f.Services))
	num(fieldEditions, protowire.EncodeBool(f.Editions))
	num(fieldSourceOptions, protowire.EncodeBool(f.SourceOptions))
	num(fieldRangeOptions, protowire.EncodeBool(f.RangeOptions))
	raw(fieldDescriptorSum, f.Descriptor[:])
	raw(fieldInfoSum, f.Info[:])
	b = protowire.AppendTag(b, fieldSymbols, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(8*len(f.symbols)))
	for _, symbol := range f.symbols {
		b = protowire.AppendFixed64(b, symbol)
	}
	if whole {
		raw(fieldDescriptor, f.descriptor)
		raw(fieldInfo, f.info)
	}
	return b
}

// decodeFile reads a record. Path, Name, Own and Linked are the caller's to set.
func decodeFile(b []byte) (*File, error) {
	f := &File{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, errRecord
		}
		b = b[n:]
		if kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return nil, errRecord
			}
			b = b[n:]
			f.setNumber(number, v)
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if kind != protowire.BytesType || n < 0 {
			return nil, errRecord
		}
		b = b[n:]
		if err := f.setBytes(number, v); err != nil {
			return nil, err
		}
	}
	if len(f.imported) != len(f.Imports)+len(f.OptionImports) {
		return nil, errRecord
	}
	return f, nil
}

func (f *File) setNumber(number protowire.Number, v uint64) {
	switch number {
	case fieldServices:
		f.Services = int(v)
	case fieldEditions:
		f.Editions = protowire.DecodeBool(v)
	case fieldSourceOptions:
		f.SourceOptions = protowire.DecodeBool(v)
	case fieldRangeOptions:
		f.RangeOptions = protowire.DecodeBool(v)
	}
}

func (f *File) setBytes(number protowire.Number, v []byte) error {
	switch number {
	case fieldPackage:
		f.Package = string(v)
	case fieldGoPackage:
		f.GoPackage = string(v)
	case fieldImport:
		f.Imports = append(f.Imports, string(v))
	case fieldOptionImport:
		f.OptionImports = append(f.OptionImports, string(v))
	case fieldImported, fieldDescriptorSum, fieldInfoSum:
		if len(v) != digest.Size {
			return errRecord
		}
		switch number {
		case fieldImported:
			f.imported = append(f.imported, digest.Digest(v))
		case fieldDescriptorSum:
			f.Descriptor = digest.Digest(v)
		default:
			f.Info = digest.Digest(v)
		}
	case fieldSymbols:
		if len(v)%8 != 0 {
			return errRecord
		}
		f.symbols = make([]uint64, 0, len(v)/8)
		for len(v) > 0 {
			symbol, n := protowire.ConsumeFixed64(v)
			f.symbols = append(f.symbols, symbol)
			v = v[n:]
		}
	case fieldDescriptor:
		f.descriptor = v
	case fieldInfo:
		f.info = v
	}
	return nil
}

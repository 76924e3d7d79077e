package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers: of descriptor.proto, of buf's image.proto, and of buf's
// extension of SourceCodeInfo.
const (
	setFile protowire.Number = 1

	fileName       protowire.Number = 1
	filePackage    protowire.Number = 2
	fileDependency protowire.Number = 3
	fileSourceInfo protowire.Number = 9
	// fileOptionDependency holds edition 2024's `import option`.
	fileOptionDependency protowire.Number = 15
	fileBufExtension     protowire.Number = 8042

	extIsImport          protowire.Number = 1
	extSyntaxUnspecified protowire.Number = 3
	extUnusedDependency  protowire.Number = 4

	sourceInfoExtension     protowire.Number = 536000000
	sourceSyntaxUnspecified protowire.Number = 2
	sourceUnusedDependency  protowire.Number = 3
)

// Mark turns a serialized FileDescriptorSet into an image without decoding its
// files: it appends to each what says whether the file is an import. A mark that
// is there already is overruled. Each file's imports must be in the set.
func Mark(set []byte, isImport func(importPath string) bool) ([]byte, error) {
	files, err := parseImage(set)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].imported = isImport(files[i].name)
	}
	return files.encode(), nil
}

// imageFile is one file of an image. Its bytes are never changed, only copied.
type imageFile struct {
	name, pkg string
	deps      []string
	// raw is the serialized descriptor, without the marks below.
	raw []byte
	// marked tells that raw has buf's extension already.
	marked   bool
	imported bool
	// notes are the fields of buf's extension that were found in the source info,
	// encoded.
	notes []byte
}

type imageFiles []imageFile

// fields calls visit for each field of an encoded message: with the value of a
// field that is bytes, and the number of one that is a varint.
func fields(message []byte, visit func(number protowire.Number, kind protowire.Type, value []byte, varint uint64)) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		var value []byte
		var varint uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			varint, n = protowire.ConsumeVarint(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		visit(number, kind, value, varint)
		message = message[n:]
	}
	return nil
}

// parseImage splits an image into its files.
func parseImage(image []byte) (imageFiles, error) {
	var files imageFiles
	var faults []error
	err := fields(image, func(number protowire.Number, kind protowire.Type, value []byte, _ uint64) {
		if number != setFile || kind != protowire.BytesType {
			return
		}
		f, err := parseFile(value)
		if err != nil {
			faults = append(faults, err)
		}
		files = append(files, f)
	})
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, fmt.Errorf("not an image: %w", err)
	}
	return files, nil
}

func parseFile(raw []byte) (imageFile, error) {
	f := imageFile{raw: raw}
	var faults []error
	var imports int
	var notes []byte
	err := fields(raw, func(number protowire.Number, kind protowire.Type, value []byte, _ uint64) {
		if kind != protowire.BytesType {
			return
		}
		switch number {
		case fileName:
			f.name = string(value)
		case filePackage:
			f.pkg = string(value)
		case fileDependency:
			f.deps = append(f.deps, string(value))
			imports++
		case fileOptionDependency:
			f.deps = append(f.deps, string(value))
		case fileSourceInfo:
			faults = append(faults, fields(value, func(number protowire.Number, kind protowire.Type, value []byte, _ uint64) {
				if number == sourceInfoExtension && kind == protowire.BytesType {
					notes = value
				}
			}))
		case fileBufExtension:
			f.marked = true
			faults = append(faults, fields(value, func(number protowire.Number, _ protowire.Type, _ []byte, varint uint64) {
				if number == extIsImport {
					f.imported = varint != 0
				}
			}))
		}
	})
	if err := errors.Join(append(faults, err)...); err != nil {
		return f, err
	}
	if f.name == "" {
		return f, errors.New("a file has no name")
	}
	f.notes, err = translateNotes(notes, imports)
	return f, err
}

// translateNotes turns buf's extension of the source info into the fields of its
// extension of the file. Indexes count `import option` too, which come last; buf
// refuses those, so they are dropped.
func translateNotes(notes []byte, imports int) ([]byte, error) {
	var out []byte
	unused := func(index uint64) {
		if index < uint64(imports) {
			out = protowire.AppendTag(out, extUnusedDependency, protowire.VarintType)
			out = protowire.AppendVarint(out, index)
		}
	}
	var fault error
	err := fields(notes, func(number protowire.Number, kind protowire.Type, value []byte, varint uint64) {
		switch {
		case number == sourceSyntaxUnspecified && kind == protowire.VarintType:
			out = protowire.AppendTag(out, extSyntaxUnspecified, protowire.VarintType)
			out = protowire.AppendVarint(out, varint)
		case number == sourceUnusedDependency && kind == protowire.VarintType:
			unused(varint)
		case number == sourceUnusedDependency && kind == protowire.BytesType:
			for len(value) > 0 {
				index, n := protowire.ConsumeVarint(value)
				if n < 0 {
					fault = protowire.ParseError(n)
					return
				}
				unused(index)
				value = value[n:]
			}
		}
	})
	return out, errors.Join(err, fault)
}

// encode serializes the image with its marks. A message field that stands twice
// is merged, the later scalar winning, so a mark is appended and not replaced.
func (files imageFiles) encode() []byte {
	var image []byte
	for _, f := range files {
		mark := protowire.AppendTag(nil, extIsImport, protowire.VarintType)
		mark = protowire.AppendVarint(mark, protowire.EncodeBool(f.imported))
		if !f.marked {
			mark = append(mark, f.notes...)
		}
		tail := protowire.AppendTag(nil, fileBufExtension, protowire.BytesType)
		tail = protowire.AppendBytes(tail, mark)
		image = protowire.AppendTag(image, setFile, protowire.BytesType)
		image = protowire.AppendVarint(image, uint64(len(f.raw)+len(tail)))
		image = append(image, f.raw...)
		image = append(image, tail...)
	}
	return image
}

// subset returns the files that are to be checked and, as imports, what they
// import. It is empty where nothing is to be checked.
func (files imageFiles) subset(checked func(importPath string) bool) imageFiles {
	index := make(map[string]int, len(files))
	for i, f := range files {
		index[f.name] = i
	}
	keep := make([]bool, len(files))
	var need func(i int)
	need = func(i int) {
		if keep[i] {
			return
		}
		keep[i] = true
		for _, dep := range files[i].deps {
			if j, ok := index[dep]; ok {
				need(j)
			}
		}
	}
	for i, f := range files {
		if !f.imported && checked(f.name) {
			need(i)
		}
	}
	var out imageFiles
	for i, f := range files {
		if keep[i] {
			f.imported = f.imported || !checked(f.name)
			out = append(out, f)
		}
	}
	return out
}

// inferImports decides for the files of a baseline without marks which of them
// are imports.
func (files imageFiles) inferImports(now imageFiles) {
	if slices.ContainsFunc(files, func(f imageFile) bool { return f.marked }) {
		return
	}
	imported := map[string]bool{}
	for _, f := range now {
		imported[f.name] = f.imported
	}
	for i, f := range files {
		is, known := imported[f.name]
		files[i].imported = is || !known && strings.HasPrefix(f.name, "google/protobuf/")
	}
}

// placeholder is an image with nothing to check: buf refuses one without files.
func placeholder() imageFiles {
	const name = "productinfo/placeholder.proto"
	raw := protowire.AppendTag(nil, fileName, protowire.BytesType)
	raw = protowire.AppendString(raw, name)
	return imageFiles{{name: name, raw: raw, imported: true}}
}

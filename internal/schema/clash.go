package schema

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/diag"
)

// packageClashes returns a fault for each name that a file of a group declares and
// that is also the package of another: protoc refuses that, and a Go program that
// links both panics when it starts, but this compiler has nothing against it.
func (img *Image) packageClashes(ctx context.Context, groups [][]string) (diag.List, error) {
	var faults diag.List
	for _, group := range groups {
		packages := make(map[string]*File)
		for _, path := range group {
			f := img.files[path]
			for name := f.Package; name != ""; name = parent(name) {
				if _, ok := packages[name]; !ok {
					packages[name] = f
				}
			}
		}
		for _, path := range group {
			f := img.files[path]
			for _, name := range sortedKeys(packages) {
				if !slices.Contains(f.symbols, symbolHash("name", name)) {
					continue
				}
				pos, ok, err := img.declaration(ctx, f, name)
				if err != nil {
					return nil, err
				}
				if ok {
					faults = append(faults, diag.Diagnostic{
						Rule:     "compile",
						Position: pos,
						Message:  fmt.Sprintf("%q is declared here and is, or holds, the package of %s", name, packages[name].Name),
						Help:     "rename one of the two: a program that has both cannot start",
					})
				}
			}
		}
	}
	faults.Sort()
	return slices.CompactFunc(faults, func(a, b diag.Diagnostic) bool { return a.String() == b.String() }), nil
}

// declaration returns where a file declares a name directly in its package, and
// false where it does not.
func (img *Image) declaration(ctx context.Context, f *File, name string) (diag.Position, bool, error) {
	pos := diag.Position{File: f.Name}
	raw, rawInfo, err := img.Bytes(ctx, f)
	if err != nil {
		return pos, false, err
	}
	fd, info := new(descriptorpb.FileDescriptorProto), new(descriptorpb.SourceCodeInfo)
	if err := unmarshal(raw, fd, noExtensions{}); err != nil {
		return pos, false, fmt.Errorf("%s: descriptor: %w", f.Name, err)
	}
	if err := proto.Unmarshal(rawInfo, info); err != nil {
		return pos, false, fmt.Errorf("%s: source info: %w", f.Name, err)
	}
	var at []int32
	look := func(declared string, path ...int) {
		if fd.GetPackage() != "" {
			declared = fd.GetPackage() + "." + declared
		}
		if declared != name || at != nil {
			return
		}
		for _, element := range append(path, 1) { // the field name of all of them
			at = append(at, int32(element))
		}
	}
	for i, m := range fd.GetMessageType() {
		look(m.GetName(), 4, i)
	}
	for i, e := range fd.GetEnumType() {
		look(e.GetName(), 5, i)
		for j, v := range e.GetValue() {
			look(v.GetName(), 5, i, 2, j)
		}
	}
	for i, s := range fd.GetService() {
		look(s.GetName(), 6, i)
	}
	for i, x := range fd.GetExtension() {
		look(x.GetName(), 7, i)
	}
	for _, location := range info.GetLocation() {
		if slices.Equal(location.GetPath(), at) && len(location.GetSpan()) >= 3 {
			pos.Line, pos.Column = int(location.Span[0])+1, int(location.Span[1])+1
		}
	}
	return pos, at != nil, nil
}

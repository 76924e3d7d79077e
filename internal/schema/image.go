package schema

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// Image is a workspace's files, compiled and linked. Goroutines may share it.
type Image struct {
	run   *run
	files map[string]*File
	own   []*File

	// again compiles what the cache has lost, one file at a time, and parses each
	// import once; nil until something was lost.
	mu    sync.Mutex
	again *frontend
}

func (r *run) image() *Image {
	img := &Image{run: r, files: make(map[string]*File, len(r.nodes))}
	for path, n := range r.nodes {
		if n.state == linked {
			img.files[path] = n.file
			// Whoever asks the sources from now on, to make a key, means what was
			// compiled, though a file may have changed since.
			r.sources.compiled(n.source, n.file.content)
		}
	}
	for _, src := range r.sources.own {
		img.own = append(img.own, img.files[src.Path])
	}
	return img
}

// Own returns the workspace's own files, sorted by import path.
func (img *Image) Own() []*File {
	return img.own
}

// File returns the file of an import path, or nil.
func (img *Image) File(path string) *File {
	return img.files[path]
}

// Closure returns files and all that they import, each after its imports, in an
// order that depends on paths and imports alone.
func (img *Image) Closure(paths []string) []*File {
	return img.run.closure(paths)
}

func (r *run) closure(paths []string) []*File {
	var ordered []*File
	seen := make(map[string]bool, 2*len(paths))
	var visit func(path string)
	visit = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		f := r.nodes[path].file
		for _, dep := range f.dependencies() {
			visit(dep)
		}
		ordered = append(ordered, f)
	}
	for _, path := range paths {
		visit(path)
	}
	return ordered
}

// Bytes returns a file's FileDescriptorProto without source info, and its
// SourceCodeInfo, both in wire format, for reading only. They come from the
// cache; if it has lost them, the file is compiled again and put back there.
func (img *Image) Bytes(ctx context.Context, f *File) (descriptor, info []byte, err error) {
	if f.descriptor != nil {
		return f.descriptor, f.info, nil
	}
	if stored := img.stored(f); stored != nil {
		return stored.descriptor, stored.info, nil
	}
	img.mu.Lock()
	defer img.mu.Unlock()
	if stored := img.stored(f); stored != nil { // put back while this goroutine waited
		return stored.descriptor, stored.info, nil
	}
	if img.again == nil {
		img.again = newFrontend(img.run.sources, img.run.Jobs, nil)
	}
	again, faults, err := img.again.compile(ctx, []string{f.Path})
	switch {
	case err != nil:
		return nil, nil, err
	case faults.Failed():
		return nil, nil, faults
	case again[0].Descriptor != f.Descriptor || again[0].Info != f.Info || !img.run.sources.is(f.Path, f.content):
		return nil, nil, fmt.Errorf("%s: changed while it was being read: run the command again", f.Name)
	}
	again[0].imported = f.imported
	return again[0].descriptor, again[0].info, img.run.Cache.SetValue(f.key, again[0].encode(true))
}

// stored returns the record that the cache has of a file, or nil.
func (img *Image) stored(f *File) *File {
	value, ok := img.run.Cache.Value(f.key)
	if !ok {
		return nil
	}
	stored, err := decodeFile(value)
	if err != nil || digest.Of(stored.descriptor) != f.Descriptor || digest.Of(stored.info) != f.Info {
		return nil
	}
	return stored
}

// ImportPosition returns the place of the statement by which a file imports
// another.
func (img *Image) ImportPosition(ctx context.Context, path, imported string) (diag.Position, error) {
	f := img.files[path]
	pos := diag.Position{File: f.Name}
	_, raw, err := img.Bytes(ctx, f)
	if err != nil {
		return pos, err
	}
	var info descriptorpb.SourceCodeInfo
	if err := proto.Unmarshal(raw, &info); err != nil {
		return pos, fmt.Errorf("%s: source info: %w", f.Name, err)
	}
	const dependencyField = 3 // of FileDescriptorProto
	at := []int32{dependencyField, int32(slices.Index(f.Imports, imported))}
	for _, location := range info.GetLocation() {
		if slices.Equal(location.GetPath(), at) && len(location.GetSpan()) >= 3 {
			pos.Line, pos.Column = int(location.Span[0])+1, int(location.Span[1])+1
		}
	}
	return pos, nil
}

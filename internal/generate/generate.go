// Package generate turns compiled protos into files.
//
// A [Generator] gets a [Request] and returns files; it neither reads nor writes
// anything else. There are three kinds: protoc-gen-go, run inside this process
// ([GoMessages]); productinfo's own plugin, likewise ([OwnPlugin]); and any
// protoc plugin, as a program ([Program]).
//
// What a generator sees is what its cache key covers: of the files to generate
// the descriptors with source info, of those they import the descriptors alone.
// Generators are hostile until checked: see [CheckFiles].
package generate

import (
	"context"

	"github.com/productinfo/productinfo/internal/digest"
)

// Generator makes files from protos. Goroutines call Generate at once.
type Generator interface {
	// Name is the generator's name in the configuration.
	Name() string
	// Identity covers all that can change the output besides the request: name,
	// version, options.
	Identity() digest.Digest
	// Traits says how it may be called.
	Traits() Traits
	// Generate makes the files of req. Faults of the protos are a diag.List; any
	// other error is the generator's.
	Generate(ctx context.Context, req *Request) ([]File, error)
}

// Traits are what must be known of a generator in order to call it well.
type Traits struct {
	// Batch says that the output for a file depends on that file and its imports
	// alone, and that output lies in the Go package of the file it is for, so
	// that many units go into one call.
	Batch bool
	// ServicesOnly says that files without services give no output.
	ServicesOnly bool
	// External says that a call is a process of its own.
	External bool
	// Inserts are the generators into whose files this one may insert text.
	Inserts []string
}

// Request is what a generator is called with.
type Request struct {
	// Inputs are the files to generate and all that they import, each after its
	// imports.
	Inputs []Input
	// GoModule is the path of the Go module that the files belong to.
	GoModule string
}

// Input is a file as a generator sees it. The slices are shared: they are for
// reading only.
type Input struct {
	// Path is the import path, and Name the file as findings name it: its path
	// relative to the workspace's folder.
	Path string
	Name string
	// Generate is true for the files to generate, false for mere imports.
	Generate bool
	// Descriptor is a FileDescriptorProto in wire format: without source info,
	// without options that are retained in source only where Generate is set,
	// and with go_package as productinfo assigns it.
	Descriptor []byte
	// Info is the SourceCodeInfo in wire format; nil for mere imports.
	Info []byte
	// Source is Descriptor with all its options; nil for mere imports.
	Source []byte
}

// File is a generated file. Name is slash-separated; what it is relative to is
// the generator's affair until [Relocate].
type File struct {
	Name    string
	Content []byte
	// InsertionPoint, if not empty, says that Content is no file but text to be
	// inserted, with [Insert], into a file of that name by another generator.
	InsertionPoint string
}

// Package schema turns .proto files into linked descriptors.
//
// [Scan] finds the files of a workspace, [Compiler.Compile] compiles them into an
// [Image]. Compilation is incremental: what a file compiled to is stored under
// the digest of its bytes, together with the digests of what it imported, and
// holds as long as those are as they were. So only a changed file, and the files
// that import one whose descriptor changed, are parsed again.
//
// # Digests
//
// A file's descriptor digest is the SHA-256 of its FileDescriptorProto without
// source info, so comments and positions are not in it. Its linked digest adds
// those of its imports, and of theirs. A file's compiled form depends on its own
// bytes and its imports' linked digests, on nothing else.
//
// # Records
//
// A compiled file is stored as a record, in protobuf's wire format (see
// record.go), under the key ("schema file", version of this format, identity of
// the compiler, import path, digest of the bytes). A record names each import
// with its linked digest: when one differs the record does not hold, and a second
// place, whose key includes those digests, is tried before the file is compiled.
//
// This package alone knows the compiler, protocompile.
package schema

import (
	"github.com/productinfo/productinfo/internal/digest"
)

// Cache keeps what files compiled to. Goroutines call it at once.
type Cache interface {
	Value(key digest.Digest) (value []byte, ok bool)
	SetValue(key digest.Digest, value []byte) error
}

// File is a compiled file. Its fields are set once and then only read.
type File struct {
	// Path is the path by which other files import it.
	Path string
	// Name is the file's path relative to the workspace's folder, or
	// "<built-in>/" and its import path.
	Name string
	// Own is true for files below a root, and false for those that are only
	// imported: vendored or built in.
	Own bool

	// Package is the proto package, and GoPackage the go_package option; either
	// may be empty.
	Package   string
	GoPackage string
	// Imports are the files it imports, in order, without those imported for
	// their options alone, which OptionImports lists.
	Imports       []string
	OptionImports []string
	// Services counts the services it declares.
	Services int
	// Editions is true when the file is in an edition rather than a syntax.
	Editions bool
	// RangeOptions is true when an extension range of the file has options, of
	// which some are retained in source only.
	RangeOptions bool
	// SourceOptions is true when the file declares a field that is retained in
	// source only, so that files that import it may have to be stripped of it.
	SourceOptions bool

	// Descriptor, Info and Linked are the digests of the descriptor without
	// source info, of the source info, and of descriptor and imports.
	Descriptor digest.Digest
	Info       digest.Digest
	Linked     digest.Digest

	symbols []uint64
	// imported are the linked digests of Imports and OptionImports, in order.
	imported []digest.Digest
	// content and key say where the record came from.
	content digest.Digest
	// descriptor and info are kept for a file that was compiled in this process,
	// and read from the cache, under key, for the others.
	descriptor []byte
	info       []byte
	key        digest.Digest
}

// dependencies returns everything that the file needs in order to compile.
func (f *File) dependencies() []string {
	if len(f.OptionImports) == 0 {
		return f.Imports
	}
	return append(f.Imports[:len(f.Imports):len(f.Imports)], f.OptionImports...)
}

// Package skeleton is the plugin's body: what protoc-gen-productinfo emits.
//
// For each proto file with services it emits one Go file, beside the files of
// protoc-gen-go and protoc-gen-go-grpc and in the same Go package, which imports
// grpc and protobuf's message packages alone. For a service ProductInfo it holds
//
//   - FakeProductInfoServer, a server whose methods are function fields;
//   - DialProductInfo, which opens a connection and makes a client on it;
//   - ProductInfo_ServiceConfig, the grpc service config that DialProductInfo
//     uses, as JSON;
//   - ProductInfo_ModulePath, the path of the Go module that holds the package;
//   - ProductInfo_SchemaDigest, the digest of the schema that the code was
//     generated from.
//
// # Names
//
// Go names of services and methods are those of protoc-gen-go-grpc. A name of the
// list above that the Go package already declares, in any file of the request,
// gets underscores appended until it is free; so does a second one of our own,
// where files are taken by path and services in the order of declaration. In a
// fake server the field of method M is MFunc, again with underscores appended
// until no method has that name.
//
// # Schema digest
//
// The digest of a file is SHA-256, in lower-case hexadecimal, over
//
//	frame("productinfo schema digest v1") frame(path) frame(descriptor)
//	and, for each import in the order of declaration, frame(digest of the import)
//
// where frame(x) is the length of x in bytes as 8 big-endian bytes, then x, and
// the digest of an import enters as its 32 bytes. So it covers the descriptors of
// the file and of all that it imports, each after its own imports. Files below
// google/protobuf/ belong to the compiler, and no two compilers bring the same
// ones: their descriptors are left out, and they count by their path alone.
//
// descriptor is the file's FileDescriptorProto in a canonical encoding, the same
// from protoc, from buf and from the compiler inside the tool:
//
//   - Fields come in the order of their numbers, numbers and lengths in their
//     shortest form, repeated numbers unpacked, map entries by key. A message in
//     several pieces is merged, and written with its length before it, groups
//     too. A field without presence that holds its default is left out.
//   - So it is inside custom options: their types are looked up among the file's
//     own imports, never among what is linked into the program. An option whose
//     type is not found there keeps its bytes.
//   - Left out are comments and positions (source_code_info), the list of option
//     imports, a json_name that follows from the field's name, syntax = "proto2",
//     which is the default, whatever has the retention of source files alone,
//     uninterpreted options, and fields that this package's descriptor.proto
//     does not know.
//   - Left out, since they speak to one language, are all of FileOptions save
//     deprecated, features and custom options, the field options ctype and
//     jstype, and the features of one language (extensions of FeatureSet).
//   - An options message in which nothing is left is left out.
//   - The default of a float or double field is written in its shortest form.
package skeleton

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	// Name is the name of the plugin's program.
	Name = "protoc-gen-productinfo"
	// Version is the version that generated files name. It changes whenever the
	// same request gives other bytes.
	Version = "v0.1.0"
)

// What Generate tells protoc that it understands.
const (
	supportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL |
		pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)
	minimumEdition = descriptorpb.Edition_EDITION_PROTO2
	maximumEdition = descriptorpb.Edition_EDITION_2024
)

// Generate adds to gen a file for each file to generate that has services. It
// reads gen's descriptors and changes none of them. An error is the user's fault,
// for the response's error field.
func Generate(gen *protogen.Plugin, opts Options) error {
	gen.SupportedFeatures = supportedFeatures
	gen.SupportedEditionsMinimum = minimumEdition
	gen.SupportedEditionsMaximum = maximumEdition

	names := newNamer(gen)
	digests := newDigester(gen)
	for _, file := range gen.Files {
		if !file.Generate || len(file.Services) == 0 {
			continue
		}
		if err := generateFile(gen, opts, file, names, digests); err != nil {
			return fmt.Errorf("%s: %w", file.Desc.Path(), err)
		}
	}
	return nil
}

func generateFile(gen *protogen.Plugin, opts Options, file *protogen.File, names *namer, digests *digester) error {
	// The path goes into a comment of one line.
	if strings.ContainsFunc(file.Desc.Path(), func(r rune) bool { return r < ' ' }) {
		return fmt.Errorf("file name %q holds a control character", file.Desc.Path())
	}
	modulePath, err := opts.modulePath(gen.Request.GetParameter(), string(file.GoImportPath))
	if err != nil {
		return err
	}
	digest, err := digests.file(file.Desc)
	if err != nil {
		return err
	}
	g := gen.NewGeneratedFile(file.GeneratedFilenamePrefix+"_productinfo.pb.go", file.GoImportPath)
	printHeader(g, file)
	for _, service := range file.Services {
		s := &serviceFile{
			g:          g,
			file:       file,
			service:    service,
			names:      names.service(file, service),
			modulePath: modulePath,
			digest:     fmt.Sprintf("%x", digest),
		}
		s.print()
	}
	return nil
}

// printHeader prints all up to the first service. No compiler's version is in it:
// the same schema gives the same bytes, whichever compiler read it.
func printHeader(g *protogen.GeneratedFile, file *protogen.File) {
	printSyntaxComments(g, file)
	g.P("// Code generated by ", Name, ". DO NOT EDIT.")
	g.P("// versions:")
	g.P("// - ", Name, " ", Version)
	if file.Proto.GetOptions().GetDeprecated() {
		g.P("// ", file.Desc.Path(), " is a deprecated file.")
	} else {
		g.P("// source: ", file.Desc.Path())
	}
	g.P()
	g.P("package ", file.GoPackageName)
	g.P()
	g.P("// This is a compile-time assertion that the grpc package is new enough for")
	g.P("// this file, which needs gRPC-Go v1.64.0 or later.")
	g.P("const _ = ", grpcPackage.Ident("SupportPackageIsVersion9"))
	g.P()
}

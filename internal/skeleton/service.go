package skeleton

import (
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	contextPackage     = protogen.GoImportPath("context")
	grpcPackage        = protogen.GoImportPath("google.golang.org/grpc")
	codesPackage       = protogen.GoImportPath("google.golang.org/grpc/codes")
	credentialsPackage = protogen.GoImportPath("google.golang.org/grpc/credentials")
	statusPackage      = protogen.GoImportPath("google.golang.org/grpc/status")
)

// serviceFile prints what is generated for one service.
type serviceFile struct {
	g          *protogen.GeneratedFile
	file       *protogen.File
	service    *protogen.Service
	names      *serviceNames
	modulePath string
	digest     string // lower-case hexadecimal
}

func (s *serviceFile) print() {
	for _, comment := range s.service.Comments.LeadingDetached {
		printDetached(s.g, comment)
	}
	s.printConstants()
	s.printDial()
	s.printFake()
}

func (s *serviceFile) deprecated() bool {
	options, _ := s.service.Desc.Options().(*descriptorpb.ServiceOptions)
	return options.GetDeprecated()
}

func methodOptions(method *protogen.Method) *descriptorpb.MethodOptions {
	options, _ := method.Desc.Options().(*descriptorpb.MethodOptions)
	return options
}

// annotate ties a name in the Go file to its origin in the proto, for annotate_code.
func (s *serviceFile) annotate(name string, location protogen.Location) {
	s.g.AnnotateSymbol(name, protogen.Annotation{Location: location})
}

func (s *serviceFile) printConstants() {
	var d doc
	d.text(s.names.modulePath+" is the path of the Go module that this package, and with it the",
		"API of "+s.service.GoName+", is released in.").
		deprecated(s.deprecated(), s.file).print(s.g)
	s.annotate(s.names.modulePath, s.service.Location)
	s.g.P("const ", s.names.modulePath, " = ", strconv.Quote(s.modulePath))
	s.g.P()

	d = doc{}
	d.text(s.names.schemaDigest+" is the SHA-256, in hexadecimal, of the schema that this package",
		"was generated from: the proto file of "+s.service.GoName+" and all that it imports, without",
		"comments. Two programs with equal digests speak the same API.").
		deprecated(s.deprecated(), s.file).print(s.g)
	s.annotate(s.names.schemaDigest, s.service.Location)
	s.g.P("const ", s.names.schemaDigest, " = ", strconv.Quote(s.digest))
	s.g.P()
}

func (s *serviceFile) printFake() {
	name, server := s.names.fake, s.service.GoName+"Server"
	embedded := "Unimplemented" + server
	if s.names.base != "" {
		s.g.P("// ", s.names.base, " names the type that ", name, " embeds, which has a method of its own name.")
		s.g.P("type ", s.names.base, " = ", embedded)
		s.g.P()
		embedded = s.names.base
	}
	fields := fieldNames(s.service, embedded)

	var d doc
	d.text(name+" is a ["+server+"] for tests, whose methods are its fields: each",
		"method calls the field that is named after it, and answers with the code",
		"Unimplemented where that is nil. The zero value is ready for use. Set the fields",
		"before the server serves, for it calls them from many goroutines at once.").
		proto(s.service.Comments).deprecated(s.deprecated(), s.file).print(s.g)
	s.annotate(name, s.service.Location)
	s.g.P("type ", name, " struct {")
	s.g.P(embedded)
	for i, method := range s.service.Methods {
		s.g.P()
		for _, comment := range method.Comments.LeadingDetached {
			printDetached(s.g, comment)
		}
		d = doc{}
		d.text(fields[i]+" answers "+method.GoName+".").
			proto(method.Comments).deprecated(methodOptions(method).GetDeprecated(), s.file).print(s.g)
		s.annotate(name+"."+fields[i], method.Location)
		s.g.P(fields[i], " func", s.signature(method, false))
	}
	s.g.P("}")
	s.g.P()
	for i, method := range s.service.Methods {
		s.printFakeMethod(method, fields[i])
	}
}

func (s *serviceFile) printFakeMethod(method *protogen.Method, field string) {
	g, name := s.g, s.names.fake
	var d doc
	d.text(method.GoName+" calls f."+field+", or answers with the code Unimplemented where that", "is nil.").
		proto(method.Comments).deprecated(methodOptions(method).GetDeprecated(), s.file).print(g)
	s.annotate(name+"."+method.GoName, method.Location)
	g.P("func (f *", name, ") ", method.GoName, s.signature(method, true), " {")
	g.P("if f.", field, " == nil {")
	message := fmt.Sprintf("%s.%s is nil: method /%s/%s not implemented",
		name, field, s.service.Desc.FullName(), method.Desc.Name())
	failure := "return "
	if !streams(method.Desc) {
		failure = "return nil, "
	}
	g.P(failure, statusPackage.Ident("Error"), "(", codesPackage.Ident("Unimplemented"), ", ", strconv.Quote(message), ")")
	g.P("}")
	switch {
	case !streams(method.Desc):
		g.P("return f.", field, "(ctx, in)")
	case method.Desc.IsStreamingClient():
		g.P("return f.", field, "(stream)")
	default:
		g.P("return f.", field, "(in, stream)")
	}
	g.P("}")
	g.P()
}

// signature returns a server method's parameters and results, the same as those
// of protoc-gen-go-grpc.
func (s *serviceFile) signature(method *protogen.Method, named bool) string {
	param := func(name string, typ string) string {
		if named {
			return name + " " + typ
		}
		return typ
	}
	in, out := s.g.QualifiedGoIdent(method.Input.GoIdent), s.g.QualifiedGoIdent(method.Output.GoIdent)
	generic := func(name string, types string) string {
		return param("stream", s.g.QualifiedGoIdent(grpcPackage.Ident(name))+"["+types+"]")
	}
	client, server := method.Desc.IsStreamingClient(), method.Desc.IsStreamingServer()
	switch {
	case client && server:
		return "(" + generic("BidiStreamingServer", in+", "+out) + ") error"
	case client:
		return "(" + generic("ClientStreamingServer", in+", "+out) + ") error"
	case server:
		return "(" + param("in", "*"+in) + ", " + generic("ServerStreamingServer", out) + ") error"
	default:
		ctx := param("ctx", s.g.QualifiedGoIdent(contextPackage.Ident("Context")))
		return "(" + ctx + ", " + param("in", "*"+in) + ") (*" + out + ", error)"
	}
}

// idempotent returns the methods whose idempotency_level says that a call may be
// repeated.
func idempotent(service *protogen.Service) []*protogen.Method {
	return slices.DeleteFunc(slices.Clone(service.Methods), func(m *protogen.Method) bool {
		switch methodOptions(m).GetIdempotencyLevel() {
		case descriptorpb.MethodOptions_NO_SIDE_EFFECTS, descriptorpb.MethodOptions_IDEMPOTENT:
			return false
		}
		return true
	})
}

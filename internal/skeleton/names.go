package skeleton

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// serviceNames are the package-level names generated for one service.
type serviceNames struct {
	fake          string
	base          string // an alias for the type that fake embeds, where one is needed
	dial          string
	serviceConfig string
	modulePath    string
	schemaDigest  string
}

// namer finds names that nothing else in a Go package has. It belongs to one run.
type namer struct {
	filesByPath map[string]*protogen.File
	packages    map[protogen.GoImportPath][]*protogen.File // in the order of paths
	services    map[*protogen.Service]*serviceNames
}

func newNamer(gen *protogen.Plugin) *namer {
	n := &namer{
		filesByPath: gen.FilesByPath,
		packages:    make(map[protogen.GoImportPath][]*protogen.File),
		services:    make(map[*protogen.Service]*serviceNames),
	}
	for _, file := range gen.Files {
		n.packages[file.GoImportPath] = append(n.packages[file.GoImportPath], file)
	}
	for _, files := range n.packages {
		slices.SortFunc(files, func(a, b *protogen.File) int {
			return cmp.Compare(a.Desc.Path(), b.Desc.Path())
		})
	}
	return n
}

// service returns the names for a service of a file. The services of a Go package
// are named all at once, those that are not to be generated too: which files of a
// package a run generates then has no influence on names.
func (n *namer) service(file *protogen.File, service *protogen.Service) *serviceNames {
	if n.services[service] == nil {
		n.namePackage(n.packages[file.GoImportPath])
	}
	return n.services[service]
}

func (n *namer) namePackage(files []*protogen.File) {
	taken := make(nameSet)
	for _, file := range files {
		n.addDeclared(taken, file)
	}
	for _, file := range files {
		for _, service := range file.Services {
			name := service.GoName
			names := &serviceNames{
				fake:          taken.claim("Fake" + name + "Server"),
				dial:          taken.claim("Dial" + name),
				serviceConfig: taken.claim(name + "_ServiceConfig"),
				modulePath:    taken.claim(name + "_ModulePath"),
				schemaDigest:  taken.claim(name + "_SchemaDigest"),
			}
			embedded := "Unimplemented" + name + "Server"
			if slices.ContainsFunc(service.Methods, func(m *protogen.Method) bool { return m.GoName == embedded }) {
				names.base = taken.claim("base" + names.fake)
			}
			n.services[service] = names
		}
	}
}

// fieldNames returns the names of a fake server's fields, one for each method. A
// Go type cannot have a field and a method of one name.
func fieldNames(service *protogen.Service, embedded string) []string {
	taken := nameSet{embedded: true}
	for _, method := range service.Methods {
		taken[method.GoName] = true
	}
	fields := make([]string, len(service.Methods))
	for i, method := range service.Methods {
		fields[i] = taken.claim(method.GoName + "Func")
	}
	return fields
}

// nameSet is the names that one scope has.
type nameSet map[string]bool

// claim adds name to the set, with underscores appended until it is new.
func (s nameSet) claim(name string) string {
	for s[name] {
		name += "_"
	}
	s[name] = true
	return name
}

func (s nameSet) add(names ...string) {
	for _, name := range names {
		s[name] = true
	}
}

// addDeclared adds what protoc-gen-go and protoc-gen-go-grpc declare for a file,
// save names that no claim of ours can equal.
func (n *namer) addDeclared(taken nameSet, file *protogen.File) {
	addMessages(taken, file)
	for _, service := range file.Services {
		addService(taken, service)
	}
	// A public import of another package is forwarded: what it declares, without
	// its services and what it forwards itself, gets an alias in this package.
	for i, imports := 0, file.Desc.Imports(); i < imports.Len(); i++ {
		imported := n.filesByPath[imports.Get(i).Path()]
		if !imports.Get(i).IsPublic || imported == nil || imported.GoImportPath == file.GoImportPath {
			continue
		}
		forwarded := make(nameSet)
		addMessages(forwarded, imported)
		for name := range forwarded {
			if r, _ := utf8.DecodeRuneInString(name); unicode.IsUpper(r) {
				taken.add(name)
			}
		}
	}
}

func addMessages(taken nameSet, file *protogen.File) {
	taken.add(file.GoDescriptorIdent.GoName)
	addEnums(taken, file.Enums)
	addExtensions(taken, file.Extensions)
	for _, message := range file.Messages {
		addMessage(taken, message)
	}
}

func addMessage(taken nameSet, message *protogen.Message) {
	taken.add(message.GoIdent.GoName)
	for _, field := range message.Fields {
		if field.Oneof != nil {
			taken.add(field.GoIdent.GoName) // the wrapper of a oneof's field
		}
		if field.Desc.HasDefault() {
			taken.add("Default_" + message.GoIdent.GoName + "_" + field.GoName)
		}
	}
	addEnums(taken, message.Enums)
	addExtensions(taken, message.Extensions)
	for _, nested := range message.Messages {
		addMessage(taken, nested)
	}
}

func addEnums(taken nameSet, enums []*protogen.Enum) {
	for _, enum := range enums {
		taken.add(enum.GoIdent.GoName, enum.GoIdent.GoName+"_name", enum.GoIdent.GoName+"_value")
		for _, value := range enum.Values {
			taken.add(value.GoIdent.GoName, value.PrefixedAlias.GoName)
		}
	}
}

func addExtensions(taken nameSet, extensions []*protogen.Extension) {
	for _, extension := range extensions {
		taken.add("E_" + extension.GoIdent.GoName)
	}
}

func addService(taken nameSet, service *protogen.Service) {
	name := service.GoName
	taken.add(
		name+"Client", "New"+name+"Client", strings.ToLower(name[:1])+name[1:]+"Client",
		name+"Server", "Unimplemented"+name+"Server", "Unsafe"+name+"Server",
		"Register"+name+"Server", name+"_ServiceDesc",
	)
	for _, method := range service.Methods {
		taken.add(name + "_" + method.GoName + "_FullMethodName")
		if streams(method.Desc) {
			taken.add(name+"_"+method.GoName+"Client", name+"_"+method.GoName+"Server")
		}
	}
}

func streams(method protoreflect.MethodDescriptor) bool {
	return method.IsStreamingClient() || method.IsStreamingServer()
}

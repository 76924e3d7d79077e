package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/diag"
)

// RuleClash is the rule of what [Clashes] finds.
const RuleClash = "symbol-clash"

// kindPackage is the one kind of declaration that modules may share.
const kindPackage = "package"

// ModuleFiles is what one module declares.
type ModuleFiles struct {
	// Name is the module's name.
	Name string
	// Files are the module's own files, with source info, without what they import.
	Files []*descriptorpb.FileDescriptorProto
	// Locate turns an import path of this module into a path relative to the
	// workspace. Nil means that the two are the same.
	Locate func(importPath string) string
}

// declaration is something that a Go program may link once only.
type declaration struct {
	module *ModuleFiles
	file   *descriptorpb.FileDescriptorProto
	kind   string
	// container is the declaration that makes this one clash when it clashes
	// itself: the file, or the enum of a value.
	container string
	// path is where the declaration's name stands, as in SourceCodeInfo.
	path []int32
}

// Clashes returns a finding, in each place, for whatever two of the modules
// declare both: a file's import path, the full name of a message, enum, enum
// value, extension or service, a package and one of these, or the number of an
// extension of the same message. These are what the Go protobuf runtime panics
// about when a program links both. What follows from another clash, such as the
// names in a file that two modules have, is left out. The result is sorted.
func Clashes(modules []ModuleFiles) diag.List {
	all := map[string][]declaration{}
	packages := map[string][]declaration{}
	for i := range modules {
		for _, file := range modules[i].Files {
			declare(&modules[i], file, all, packages)
		}
	}
	// A package may be in many modules, but nothing else may have its name.
	for name, declared := range all {
		all[name] = append(declared, packages[name]...)
	}
	clashing := func(name string) bool {
		declared := all[name]
		return slices.ContainsFunc(declared, func(d declaration) bool { return d.module != declared[0].module })
	}
	var list diag.List
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !clashing(name) {
			continue
		}
		declared := all[name]
		if !slices.ContainsFunc(declared, func(d declaration) bool { return d.container == "" || !clashing(d.container) }) {
			continue
		}
		for i, d := range declared {
			others := slices.Concat(declared[:i:i], declared[i+1:])
			others = slices.DeleteFunc(others, func(o declaration) bool {
				return o.module == d.module || o.kind == kindPackage && d.kind == kindPackage
			})
			if len(others) > 0 {
				list = append(list, d.clash(name, others))
			}
		}
	}
	list.Sort()
	return list
}

// clash is the finding for a declaration that others clash with.
func (d declaration) clash(name string, others []declaration) diag.Diagnostic {
	_, shown, _ := strings.Cut(name, "\x00")
	finding := diag.Diagnostic{
		Rule:     RuleClash,
		Position: d.position(),
		Help:     "give one of them another package, or make them one module",
	}
	subject := fmt.Sprintf("%s %q", d.kind, shown)
	finding.Message = fmt.Sprintf("%s of module %q is declared in module %q too", subject, d.module.Name, others[0].module.Name)
	for _, other := range others {
		finding.Notes = append(finding.Notes, fmt.Sprintf("%s %q of module %q is declared at %s", other.kind, shown, other.module.Name, other.position()))
	}
	finding.Notes = append(finding.Notes, "a Go program that links both modules panics at start-up")
	return finding
}

// The keys of declarations: each kind of name has a space of its own, and what
// follows the zero byte is what people are shown.
func fileKey(path string) string   { return "file\x00" + path }
func symbolKey(name string) string { return "symbol\x00" + name }

// declare adds what a file declares.
func declare(module *ModuleFiles, file *descriptorpb.FileDescriptorProto, all, packages map[string][]declaration) {
	container := fileKey(file.GetName())
	add := func(key, kind, container string, path ...int32) {
		all[key] = append(all[key], declaration{module, file, kind, container, path})
	}
	name := func(n string) string {
		if file.GetPackage() == "" {
			return n
		}
		return file.GetPackage() + "." + n
	}
	add(container, "file", "")
	for prefix := file.GetPackage(); prefix != ""; {
		key := symbolKey(prefix)
		// One place a module is enough to show where a package is.
		if n := len(packages[key]); n == 0 || packages[key][n-1].module != module {
			packages[key] = append(packages[key], declaration{module, file, kindPackage, container, []int32{2}})
		}
		prefix = prefix[:max(0, strings.LastIndexByte(prefix, '.'))]
	}
	for i, message := range file.GetMessageType() {
		add(symbolKey(name(message.GetName())), "message", container, 4, int32(i), 1)
		nestedExtensions(message, []int32{4, int32(i)}, func(extension *descriptorpb.FieldDescriptorProto, path []int32) {
			add(numberKey(extension), "extension number", container, append(path, 3)...)
		})
	}
	for i, enum := range file.GetEnumType() {
		key := symbolKey(name(enum.GetName()))
		add(key, "enum", container, 5, int32(i), 1)
		for j, value := range enum.GetValue() {
			add(symbolKey(name(value.GetName())), "enum value", key, 5, int32(i), 2, int32(j), 1)
		}
	}
	for i, service := range file.GetService() {
		add(symbolKey(name(service.GetName())), "service", container, 6, int32(i), 1)
	}
	for i, extension := range file.GetExtension() {
		key := symbolKey(name(extension.GetName()))
		add(key, "extension", container, 7, int32(i), 1)
		add(numberKey(extension), "extension number", key, 7, int32(i), 3)
	}
}

func numberKey(extension *descriptorpb.FieldDescriptorProto) string {
	return fmt.Sprintf("number\x00%d of %s", extension.GetNumber(), strings.TrimPrefix(extension.GetExtendee(), "."))
}

// nestedExtensions visits the extensions that are declared in a message and in
// the messages within.
func nestedExtensions(message *descriptorpb.DescriptorProto, path []int32, visit func(*descriptorpb.FieldDescriptorProto, []int32)) {
	for i, extension := range message.GetExtension() {
		visit(extension, append(slices.Clip(path), 6, int32(i)))
	}
	for i, nested := range message.GetNestedType() {
		nestedExtensions(nested, append(slices.Clip(path), 3, int32(i)), visit)
	}
}

// position is where a declaration's name stands, or the file when there is no
// source info.
func (d declaration) position() diag.Position {
	p := diag.Position{File: d.file.GetName()}
	if d.module.Locate != nil {
		p.File = cmp.Or(d.module.Locate(p.File), p.File)
	}
	if len(d.path) == 0 {
		return p
	}
	for _, location := range d.file.GetSourceCodeInfo().GetLocation() {
		if !slices.Equal(location.GetPath(), d.path) {
			continue
		}
		span := location.GetSpan()
		switch len(span) {
		case 3: // On one line: line, column, end column.
			p.Line, p.Column, p.EndLine, p.EndColumn = int(span[0])+1, int(span[1])+1, int(span[0])+1, int(span[2])+1
		case 4:
			p.Line, p.Column, p.EndLine, p.EndColumn = int(span[0])+1, int(span[1])+1, int(span[2])+1, int(span[3])+1
		}
		break
	}
	return p
}

package skeleton

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Numbers of fields of FieldDescriptorProto and FileDescriptorProto.
const (
	fieldName         = 1
	fieldExtendee     = 2
	fieldType         = 5
	fieldDefaultValue = 7
	fieldJSONName     = 10
	fileSyntax        = 12
)

// ofDescriptor reports whether a message is one of google/protobuf/descriptor.proto.
func ofDescriptor(md protoreflect.MessageDescriptor) bool {
	return md.ParentFile().Path() == "google/protobuf/descriptor.proto"
}

// leftOut reports whether a field has no part in the digest. fd is nil where the
// field is not known.
func leftOut(md protoreflect.MessageDescriptor, fd protoreflect.FieldDescriptor, number protowire.Number) bool {
	if !ofDescriptor(md) {
		return fd != nil && sourceOnly(fd)
	}
	if md.Name() == "FeatureSet" && md.ExtensionRanges().Has(number) {
		return true // the features of one language
	}
	if fd == nil {
		return !md.ExtensionRanges().Has(number) // of a newer descriptor.proto
	}
	if sourceOnly(fd) {
		return true
	}
	if fd.IsExtension() {
		return false
	}
	switch md.Name() {
	case "FileDescriptorProto":
		return fd.Name() == "source_code_info" || fd.Name() == "option_dependency"
	case "FileOptions":
		return fd.Name() != "deprecated" && fd.Name() != "features"
	case "FieldOptions":
		return fd.Name() == "ctype" || fd.Name() == "jstype" || fd.Name() == "uninterpreted_option"
	default:
		return fd.Name() == "uninterpreted_option"
	}
}

// sourceOnly reports whether compilers take a field away before they hand out
// options.
func sourceOnly(fd protoreflect.FieldDescriptor) bool {
	options, ok := fd.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetRetention() == descriptorpb.FieldOptions_RETENTION_SOURCE
}

func holdsSourceOnly(md protoreflect.MessageDescriptor) bool {
	for i, fields := 0, md.Fields(); i < fields.Len(); i++ {
		if sourceOnly(fields.Get(i)) {
			return true
		}
	}
	return false
}

// normalize returns the records of a message without the differences between
// compilers, which write one meaning in several ways. It may change records.
func normalize(md protoreflect.MessageDescriptor, records []record) []record {
	if !ofDescriptor(md) {
		return records
	}
	switch md.Name() {
	case "FileDescriptorProto":
		if last(records, fileSyntax) == "proto2" {
			records = without(records, fileSyntax)
		}
	case "FieldDescriptorProto":
		if last(records, fieldExtendee) != "" || last(records, fieldJSONName) == jsonName(last(records, fieldName)) {
			records = without(records, fieldJSONName)
		}
		if bits := floatBits(records); bits != 0 {
			shortenDefault(records, bits)
		}
	}
	return records
}

func without(records []record, number protowire.Number) []record {
	return slices.DeleteFunc(records, func(r record) bool { return r.number == number })
}

// last returns the value of a string field.
func last(records []record, number protowire.Number) string {
	for _, r := range slices.Backward(records) {
		if r.number == number {
			return string(r.value)
		}
	}
	return ""
}

// shortenDefault writes the default of a field in the shortest form.
func shortenDefault(field []record, bits int) {
	for i, r := range field {
		if r.number != fieldDefaultValue {
			continue
		}
		if v, err := strconv.ParseFloat(string(r.value), bits); err == nil {
			field[i].value = strconv.AppendFloat(nil, v, 'g', -1, bits)
		}
	}
}

// floatBits returns the size of a field's type if that is a float, else 0.
func floatBits(field []record) int {
	typ, _ := protowire.ConsumeVarint([]byte(last(field, fieldType)))
	switch descriptorpb.FieldDescriptorProto_Type(typ) {
	case descriptorpb.FieldDescriptorProto_TYPE_FLOAT:
		return 32
	case descriptorpb.FieldDescriptorProto_TYPE_DOUBLE:
		return 64
	}
	return 0
}

// jsonName returns the JSON name that a field has unless it names another, as the
// language guide's "ProtoJSON" defines it.
func jsonName(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			upper = true
			continue
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		upper = false
		b.WriteByte(c)
	}
	return b.String()
}

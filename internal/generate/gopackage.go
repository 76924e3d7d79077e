package generate

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// GoPackage returns the go_package of a file of a module: the one it has, if that
// lies in the module already, else the module's path and the file's folder below
// the module's.
//
// The package's name follows the convention of buf's managed mode: where the
// proto package ends in a version, its last two elements together, "ecommercev1";
// else protoc-gen-go derives it from the path.
func GoPackage(goModule, folder, protoPackage, declared string) string {
	if p, _, _ := strings.Cut(declared, ";"); p == goModule || strings.HasPrefix(p, goModule+"/") {
		return declared
	}
	assigned := path.Join(goModule, folder)
	elements := strings.Split(protoPackage, ".")
	if n := len(elements); n >= 2 && isVersion(elements[n-1]) {
		assigned += ";" + elements[n-2] + elements[n-1]
	}
	return assigned
}

// isVersion reports whether the last element of a package is a version: v1,
// v1beta1, v1p1alpha1, v1test, v1testfoo. Its numbers are 1 to 2147483647 and may
// have leading zeros.
func isVersion(element string) bool {
	match := version.FindStringSubmatch(element)
	if match == nil {
		return false
	}
	for _, number := range match[1:] {
		if _, err := strconv.ParseInt(number, 10, 32); number != "" && err != nil {
			return false
		}
	}
	return true
}

var version = regexp.MustCompile(`^v` + number + `(?:(?:p` + number + `)?(?:alpha|beta)` + number + `?|test.*)?$`)

const number = `(0*[1-9][0-9]*)`

// GoImportPath returns the import path in a go_package.
func GoImportPath(goPackage string) string {
	p, _, _ := strings.Cut(goPackage, ";")
	return p
}

// Numbers of fields in descriptor.proto.
const (
	fileOptionsField    protowire.Number = 8
	fileSourceInfoField protowire.Number = 9
	goPackageField      protowire.Number = 11
)

// SetGoPackage returns a serialized FileDescriptorProto with its go_package set.
// It appends: of a scalar that occurs twice the last one counts, and messages
// that occur twice are merged (protobuf's encoding guide, "Last One Wins").
func SetGoPackage(descriptor []byte, goPackage string) []byte {
	var options []byte
	options = protowire.AppendTag(options, goPackageField, protowire.BytesType)
	options = protowire.AppendString(options, goPackage)
	out := make([]byte, 0, len(descriptor)+len(options)+8)
	out = append(out, descriptor...)
	out = protowire.AppendTag(out, fileOptionsField, protowire.BytesType)
	return protowire.AppendBytes(out, options)
}

package engine

import (
	"errors"
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
)

// keyFormat changes when keys or results are made otherwise.
const keyFormat = "1"

// unit is what is generated and cached as one: the files of one Go package, which
// are those of one folder unless a go_package that is kept says otherwise.
type unit struct {
	module   *module.Module
	folder   string // import path of the first file's folder
	files    []*schema.File
	goImport string // Go import path of the package
	services bool
}

// name says to people which unit it is.
func (u *unit) name() string {
	return u.folder
}

// units divides a module's files, in the order of their paths. No two units are of
// one Go package: what a generator made in it could not be told apart.
func (p *packages) units(m *module.Module) []*unit {
	var list []*unit
	at := make(map[string]*unit)
	for _, file := range m.Files {
		f := p.image.File(file)
		goImport := generate.GoImportPath(p.assigned[file])
		u, ok := at[goImport]
		if !ok {
			u = &unit{module: m, folder: path.Dir(file), goImport: goImport}
			at[goImport] = u
			list = append(list, u)
		}
		u.files = append(u.files, f)
		u.services = u.services || f.Services > 0
	}
	return list
}

// keys makes action keys.
type keys struct {
	packages *packages
	imported map[string]digest.Digest
}

func newKeys(p *packages) *keys {
	return &keys{packages: p, imported: make(map[string]digest.Digest)}
}

// action returns the key of generating a unit: the format, the generator, the
// module, then for each file its path, descriptor, source info and Go package,
// and for each of its imports what a generator can know of that.
func (k *keys) action(g generate.Generator, u *unit) digest.Digest {
	h := digest.NewHasher("productinfo action")
	h.String(keyFormat)
	h.String(g.Name())
	h.Digest(g.Identity())
	h.String(u.module.GoPath)
	h.String(u.module.Folder)
	for _, f := range u.files {
		h.String(f.Path)
		h.Digest(f.Descriptor)
		h.Digest(f.Info)
		h.String(k.packages.assigned[f.Path])
		for _, dep := range f.Imports {
			h.Digest(k.imports(dep))
		}
		for _, dep := range f.OptionImports {
			h.Digest(k.imports(dep))
		}
	}
	return h.Sum()
}

// imports returns the digest of what can be known of an imported file: its
// descriptor without source info, its Go package, and the same of all that it
// imports.
func (k *keys) imports(path string) digest.Digest {
	if d, ok := k.imported[path]; ok {
		return d
	}
	f := k.packages.image.File(path)
	h := digest.NewHasher("productinfo import")
	h.String(f.Path)
	h.Digest(f.Descriptor)
	h.String(k.packages.assigned[path])
	for _, dep := range f.Imports {
		h.Digest(k.imports(dep))
	}
	for _, dep := range f.OptionImports {
		h.Digest(k.imports(dep))
	}
	d := h.Sum()
	k.imported[path] = d
	return d
}

// result is what an action made.
type result struct {
	// outputs are relative to the module's folder in dist/.
	outputs []Output
	// imports are the Go packages that the files import, without the standard
	// library's and the module's own.
	imports []string
	// inserts are what is to be inserted into files of other generators, in the
	// order in which it came.
	inserts []insertion
	// generator is its name; it is not stored.
	generator string
}

// insertion is text for an insertion point of a file, which is named as an output
// is; the digest is that of the text.
type insertion struct {
	Output
	point string
}

// The wire form of a result: field 1 is a path, directly followed by field 2, its
// digest; field 3 is an import; field 4 is an insertion, framed as a result whose
// one output is the file with the digest of the text, and whose one import is the
// point.
const (
	fieldPath   protowire.Number = 1
	fieldDigest protowire.Number = 2
	fieldImport protowire.Number = 3
	fieldInsert protowire.Number = 4
)

func (r *result) encode() []byte {
	var b []byte
	for _, o := range r.outputs {
		b = protowire.AppendTag(b, fieldPath, protowire.BytesType)
		b = protowire.AppendString(b, o.Path)
		b = protowire.AppendTag(b, fieldDigest, protowire.BytesType)
		b = protowire.AppendBytes(b, o.Digest[:])
	}
	for _, path := range r.imports {
		b = protowire.AppendTag(b, fieldImport, protowire.BytesType)
		b = protowire.AppendString(b, path)
	}
	for _, i := range r.inserts {
		inner := (&result{outputs: []Output{i.Output}, imports: []string{i.point}}).encode()
		b = protowire.AppendTag(b, fieldInsert, protowire.BytesType)
		b = protowire.AppendBytes(b, inner)
	}
	return b
}

var errResult = errors.New("malformed result")

func decodeResult(b []byte) (*result, error) {
	r := new(result)
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 || kind != protowire.BytesType {
			return nil, errResult
		}
		v, size := protowire.ConsumeBytes(b[n:])
		if size < 0 {
			return nil, errResult
		}
		b = b[n+size:]
		switch number {
		case fieldPath:
			r.outputs = append(r.outputs, Output{Path: string(v)})
		case fieldDigest:
			if len(r.outputs) == 0 || len(v) != digest.Size {
				return nil, errResult
			}
			r.outputs[len(r.outputs)-1].Digest = digest.Digest(v)
		case fieldImport:
			r.imports = append(r.imports, string(v))
		case fieldInsert:
			inner, err := decodeResult(v)
			if err != nil || len(inner.outputs) != 1 || len(inner.imports) != 1 {
				return nil, errResult
			}
			r.inserts = append(r.inserts, insertion{Output: inner.outputs[0], point: inner.imports[0]})
		default:
			return nil, errResult
		}
	}
	return r, nil
}

func sortOutputs(outputs []Output) {
	slices.SortFunc(outputs, func(a, b Output) int { return strings.Compare(a.Path, b.Path) })
}

package schema

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/productinfo/productinfo/internal/digest"
)

// sample is a file whose every field is set.
func sample() *File {
	d := func(text string) digest.Digest { return digest.Of([]byte(text)) }
	return &File{
		Package: "acme.v1", GoPackage: "example.com/acme;acmev1",
		Imports: []string{"b.proto", "a.proto", "b.proto"}, OptionImports: []string{"o.proto"},
		Services: 300, Editions: true, RangeOptions: true, SourceOptions: true,
		Descriptor: d("descriptor"), Info: d("info"),
		symbols:    []uint64{1, 1 << 63, 0},
		imported:   []digest.Digest{d("b"), d("a"), d("b"), d("o")},
		descriptor: []byte("descriptor"), info: []byte("info"),
	}
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*File{"full": sample(), "empty": {symbols: []uint64{}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeFile(f.encode(true))
			if err != nil {
				t.Fatal(err)
			}
			want := *f
			if want.descriptor == nil {
				want.descriptor, want.info = []byte{}, []byte{}
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("decoded as\n%+v\nwant\n%+v", *got, want)
			}
			if got, err = decodeFile(f.encode(false)); err != nil {
				t.Fatal(err)
			}
			want.descriptor, want.info = nil, nil
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("without its bytes decoded as\n%+v\nwant\n%+v", *got, want)
			}
		})
	}
}

// TestRecordNamesAllFields fails when File gets a field that encode may have to
// know: add it to sample and to the numbers here.
func TestRecordNamesAllFields(t *testing.T) {
	t.Parallel()
	notStored := []string{"Path", "Name", "Own", "Linked", "content", "key"}
	f := reflect.ValueOf(*sample())
	for i := range f.NumField() {
		name := f.Type().Field(i).Name
		zero := f.Field(i).IsZero()
		stored := true
		for _, other := range notStored {
			stored = stored && name != other
		}
		if stored == zero {
			t.Errorf("field %s: stored is %v, and the sample has a value: %v", name, stored, !zero)
		}
	}
}

func TestRecordMalformed(t *testing.T) {
	t.Parallel()
	whole := sample().encode(true)
	missing := sample()
	missing.imported = missing.imported[1:]
	for name, record := range map[string][]byte{
		"cut":                   whole[:len(whole)-1],
		"cut in the middle":     whole[:len(whole)/2],
		"an unknown kind":       append(bytes.Clone(whole), 0x7d, 1, 2, 3, 4),
		"a short digest":        append(bytes.Clone(whole), 0x4a, 1, 0),
		"symbols of no length":  append(bytes.Clone(whole), 0x5a, 3, 1, 2, 3),
		"an import without sum": missing.encode(true),
	} {
		if f, err := decodeFile(record); err == nil {
			t.Errorf("%s: decoded as %+v", name, f)
		}
	}
}

func FuzzDecodeFile(f *testing.F) {
	f.Add(sample().encode(true))
	f.Add(sample().encode(false))
	f.Add([]byte{})
	f.Add([]byte{0x5a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, record []byte) {
		first, err := decodeFile(record)
		if err != nil {
			return
		}
		second, err := decodeFile(first.encode(true))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.encode(true), second.encode(true)) {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}

// FuzzMemo gives the reader memos whose checksum is right, since no other
// reaches it.
func FuzzMemo(f *testing.F) {
	record := sample().encode(false)
	entry := append([]byte{7}, "a.proto"...)
	entry = append(entry, make([]byte, 2*digest.Size)...)
	entry = binary.AppendUvarint(entry, uint64(len(record)))
	f.Add(append(entry, record...))
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, body []byte) {
		content := append([]byte(memoMagic+"\x02id"), body...)
		sum := digest.Of(content)
		for path, file := range parseMemo(append(content, sum[:]...), "id") {
			if file == nil || len(file.imported) != len(file.dependencies()) {
				t.Errorf("%q is %+v", path, file)
			}
		}
	})
}

package skeleton

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ruleMessage returns the message options.v1.Rule and what extends it.
func ruleMessage(t testing.TB) (protoreflect.MessageDescriptor, extensionSet) {
	t.Helper()
	gen, err := protogen.Options{}.New(compile(t, "", protoFiles(t)))
	if err != nil {
		t.Fatal(err)
	}
	file := gen.FilesByPath["options/v1/options.proto"].Desc
	set := make(extensionSet)
	addExtensionsOf(set, file)
	return file.Messages().ByName("Rule"), set
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	rule, set := ruleMessage(t)
	varint := func(number protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
	}
	bytesOf := func(number protowire.Number, parts ...[]byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), bytes.Join(parts, nil))
	}
	group := func(number protowire.Number, parts ...[]byte) []byte {
		return protowire.AppendGroup(protowire.AppendTag(nil, number, protowire.StartGroupType), number, bytes.Join(parts, nil))
	}
	text := func(s string) []byte { return bytesOf(1, []byte(s)) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	minus := uint64(0xffffffffffffffff)

	for _, test := range []struct {
		name    string
		a, want []byte
	}{
		{"order", join(varint(2, 7), text("x")), join(text("x"), varint(2, 7))},
		{"last one wins", join(text("x"), text("y")), text("y")},
		{"long varint", []byte{2 << 3, 0x87, 0x80, 0x00}, varint(2, 7)},
		{"negative", varint(2, uint64(uint32(minus))), varint(2, minus)},
		{"packed", bytesOf(5, []byte{1, 2}), join(varint(5, 1), varint(5, 2))},
		{"unpacked", join(varint(5, 1), varint(5, 2)), join(varint(5, 1), varint(5, 2))},
		{"merged", join(bytesOf(7, text("x")), bytesOf(7, varint(2, 1))), bytesOf(7, text("x"), varint(2, 1))},
		{"group", group(8, varint(2, 1), text("x")), bytesOf(8, text("x"), varint(2, 1))},
		{"implicit", varint(9, 0), nil},
		{"implicit and true", varint(9, 3), varint(9, 1)},
		{"source", bytesOf(3, []byte("x")), nil},
		{"source alone", bytesOf(12, text("x")), nil},
		{"empty message", bytesOf(7), bytesOf(7)[:0]},
		{"map", join(bytesOf(4, bytesOf(1, []byte("b")), varint(2, 1)), bytesOf(4, varint(2, 2), bytesOf(1, []byte("a"))), bytesOf(4, bytesOf(1, []byte("b")))),
			join(bytesOf(4, bytesOf(1, []byte("a")), varint(2, 2)), bytesOf(4, bytesOf(1, []byte("b"))))},
		{"extension", join(bytesOf(100, []byte("b")), bytesOf(100, []byte("a"))), bytesOf(100, []byte("a"))},
		{"unknown", join(bytesOf(199, []byte("b")), varint(198, 1), bytesOf(199, []byte("a"))), join(varint(198, 1), bytesOf(199, []byte("b")), bytesOf(199, []byte("a")))},
		{"wrong type", join(varint(1, 1), text("x")), join(varint(1, 1), text("x"))},
	} {
		got, err := set.canonical(rule, test.a, 0)
		if err != nil || !bytes.Equal(got, test.want) {
			t.Errorf("%s: got %x, %v, want %x", test.name, got, err, test.want)
			continue
		}
		if again, err := set.canonical(rule, got, 0); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: canonical of %x is %x, %v", test.name, got, again, err)
		}
	}
}

func TestCanonicalDepth(t *testing.T) {
	t.Parallel()
	rule, set := ruleMessage(t)
	var deep []byte
	for range maxDepth + 10 {
		deep = protowire.AppendGroup(protowire.AppendTag(nil, 8, protowire.StartGroupType), 8, deep)
		if len(deep) > 1<<16 {
			break
		}
	}
	if _, err := set.canonical(rule, deep, maxDepth-5); err == nil {
		t.Error("no error for a message that is nested too deep")
	}
}

// FuzzCanonical holds that a canonical encoding is its own.
func FuzzCanonical(f *testing.F) {
	rule, set := ruleMessage(f)
	f.Add([]byte("\x0a\x01x\x10\x07"))
	f.Add([]byte("\x22\x05\x0a\x01b\x10\x01\x22\x00"))
	f.Add([]byte("\x2a\x02\x01\x02\x43\x0a\x01x\x44"))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := set.canonical(rule, in, 0)
		if err != nil {
			return
		}
		twice, err := set.canonical(rule, once, 0)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("canonical of %x is %x, and of that %x, %v", in, once, twice, err)
		}
	})
}

package skeleton

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxDepth is how deep messages may lie in each other, as in all of protobuf.
const maxDepth = 10000

// record is one field on the wire. value has no tag, and no length or end tag
// around it.
type record struct {
	number protowire.Number
	typ    protowire.Type
	value  []byte
}

// parse splits an encoded message into its records, by number, and keeps the
// order of those of one number.
func parse(b []byte) ([]record, error) {
	records := make([]record, 0, 8)
	inOrder := true
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		var value []byte
		switch typ {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		case protowire.StartGroupType:
			value, n = protowire.ConsumeGroup(number, b)
		default:
			n = protowire.ConsumeFieldValue(number, typ, b)
			value = b[:max(n, 0)]
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		inOrder = inOrder && (len(records) == 0 || records[len(records)-1].number <= number)
		records = append(records, record{number, typ, value})
	}
	if !inOrder {
		slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.number, b.number) })
	}
	return records, nil
}

func (r record) append(b []byte) []byte {
	b = protowire.AppendTag(b, r.number, r.typ)
	switch r.typ {
	case protowire.BytesType:
		return protowire.AppendBytes(b, r.value)
	case protowire.StartGroupType:
		return protowire.AppendGroup(b, r.number, r.value)
	default:
		return append(b, r.value...)
	}
}

// canonical returns the canonical encoding of a message, as the package comment
// defines it: equal for all encodings of equal messages.
func (s extensionSet) canonical(md protoreflect.MessageDescriptor, b []byte, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("messages nested deeper than %d", maxDepth)
	}
	records, err := parse(b)
	if err != nil {
		return nil, err
	}
	records = normalize(md, records)
	out := make([]byte, 0, len(b))
	for len(records) > 0 {
		number := records[0].number
		n := 1
		for n < len(records) && records[n].number == number {
			n++
		}
		field := records[:n]
		records = records[n:]

		fd := md.Fields().ByNumber(number)
		if fd == nil && md.ExtensionRanges().Has(number) {
			fd = s[extensionKey{md.FullName(), number}]
		}
		if leftOut(md, fd, number) {
			continue
		}
		values, known := unpack(fd, field)
		switch {
		case !known:
			for _, r := range field {
				out = r.append(out)
			}
		case fd.Message() != nil:
			if values, err = s.messages(md, fd, values, depth+1); err != nil {
				return nil, err
			}
			for _, r := range values {
				out = r.append(out)
			}
		default:
			out = appendScalars(out, fd, values)
		}
	}
	return out, nil
}

// messages returns the canonical records of a field that holds messages.
func (s extensionSet) messages(md protoreflect.MessageDescriptor, fd protoreflect.FieldDescriptor, values []record, depth int) ([]record, error) {
	if !fd.IsList() && !fd.IsMap() && len(values) > 1 {
		merged := values[0]
		merged.value = slices.Clone(merged.value)
		for _, r := range values[1:] {
			merged.value = append(merged.value, r.value...)
		}
		values = []record{merged}
	}
	for i := range values {
		value, err := s.canonical(fd.Message(), values[i].value, depth)
		if err != nil {
			return nil, err
		}
		values[i].value = value
	}
	switch {
	case fd.IsMap():
		return sortedEntries(values), nil
	case fd.IsList():
		return values, nil
	case len(values[0].value) == 0 && (ofDescriptor(md) || holdsSourceOnly(fd.Message())):
		// Some compilers keep an empty message where they took all fields away.
		return nil, nil
	default:
		return values, nil
	}
}

// sortedEntries sorts the canonical entries of a map by their keys, of which the
// last one wins.
func sortedEntries(entries []record) []record {
	byKey := make(map[string]record, len(entries))
	for _, entry := range entries {
		// The key, if it is there, is the first field of the entry.
		key := ""
		if number, typ, n := protowire.ConsumeTag(entry.value); n > 0 && number == 1 {
			if m := protowire.ConsumeFieldValue(number, typ, entry.value[n:]); m >= 0 {
				key = string(entry.value[:n+m])
			}
		}
		byKey[key] = entry
	}
	sorted := make([]record, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		sorted = append(sorted, byKey[key])
	}
	return sorted
}

// appendScalars appends the canonical records of a field that holds no messages.
func appendScalars(out []byte, fd protoreflect.FieldDescriptor, values []record) []byte {
	if !fd.IsList() {
		values = values[len(values)-1:] // the last one wins
	}
	for _, r := range values {
		if r.typ == protowire.VarintType {
			r.value = protowire.AppendVarint(nil, varint(fd.Kind(), r.value))
		}
		if fd.IsList() || fd.HasPresence() || !isZero(r) {
			out = r.append(out)
		}
	}
	return out
}

// isZero reports whether a canonical record holds its type's zero.
func isZero(r record) bool {
	if r.typ == protowire.BytesType {
		return len(r.value) == 0
	}
	return !slices.ContainsFunc(r.value, func(b byte) bool { return b != 0 })
}

// varint returns a number as its type holds it, whatever else is in its bytes.
func varint(kind protoreflect.Kind, value []byte) uint64 {
	v, _ := protowire.ConsumeVarint(value)
	switch kind {
	case protoreflect.BoolKind:
		return protowire.EncodeBool(protowire.DecodeBool(v))
	case protoreflect.Int32Kind, protoreflect.EnumKind:
		return uint64(int32(v))
	case protoreflect.Uint32Kind, protoreflect.Sint32Kind:
		return uint64(uint32(v))
	default:
		return v
	}
}

// unpack returns a field's values, one a record, packed or not, and messages with
// their length before them. It reports false where the field's type is unknown or
// another than on the wire.
func unpack(fd protoreflect.FieldDescriptor, records []record) ([]record, bool) {
	if fd == nil {
		return nil, false
	}
	want := wireType(fd.Kind())
	if !slices.ContainsFunc(records, func(r record) bool { return r.typ != want }) {
		return records, true
	}
	values := make([]record, 0, len(records))
	for _, r := range records {
		switch {
		case fd.Message() != nil && (r.typ == protowire.BytesType || r.typ == protowire.StartGroupType):
			// Compilers differ in how they write an option's message that has the
			// delimited encoding.
			values = append(values, record{r.number, protowire.BytesType, r.value})
		case fd.Message() != nil:
			return nil, false
		case r.typ == want:
			values = append(values, r)
		case r.typ == protowire.BytesType && fd.IsList():
			for b := r.value; len(b) > 0; {
				n := protowire.ConsumeFieldValue(r.number, want, b)
				if n < 0 {
					return nil, false
				}
				values = append(values, record{r.number, want, b[:n]})
				b = b[n:]
			}
		default:
			return nil, false
		}
	}
	return values, len(values) > 0
}

func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind:
		return protowire.BytesType
	default:
		return protowire.VarintType
	}
}

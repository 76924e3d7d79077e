package generate

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
)

const retained = `syntax = "proto2";
package r;
import "google/protobuf/descriptor.proto";
message Value { optional string kept = 1; optional string dropped = 2 [retention = RETENTION_SOURCE]; optional Value more = 3; }
extend google.protobuf.MessageOptions {
  optional string kept = 50001;
  optional string dropped = 50002 [retention = RETENTION_SOURCE];
  optional Value value = 50003;
}
`

func TestStripSourceOptions(t *testing.T) {
	t.Parallel()
	compiled := func(options string) (descriptor []byte, all [][]byte) {
		req := compile(t, map[string]string{
			"r.proto": retained,
			"a.proto": proto3 + "package a;\nimport \"r.proto\";\nmessage M { " + options + " }\n",
		})
		for _, input := range req.Inputs {
			all = append(all, input.Descriptor)
			if input.Path == "a.proto" {
				descriptor = input.Descriptor
			}
		}
		return descriptor, all
	}
	tests := []struct{ name, with, without string }{
		{"an option", "option (r.kept) = \"k\"; option (r.dropped) = \"d\";", "option (r.kept) = \"k\";"},
		{"a field of one", "option (r.value) = { kept: \"k\", dropped: \"d\" };", "option (r.value) = { kept: \"k\" };"},
		{
			"a field far inside",
			"option (r.value) = { more: { more: { kept: \"k\" dropped: \"d\" } } };", "option (r.value) = { more: { more: { kept: \"k\" } } };",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			with, all := compiled(test.with)
			got, err := StripSourceOptions(with, all)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := compiled(test.without)
			if !proto.Equal(parse(t, got), parse(t, want)) {
				t.Errorf("stripped to\n%v\nwant\n%v", parse(t, got), parse(t, want))
			}
			again, err := StripSourceOptions(want, all)
			if err != nil || !bytes.Equal(again, want) {
				t.Errorf("what has no such option was changed (%v)", err)
			}
		})
	}
	descriptor, all := compiled("")
	if _, err := StripSourceOptions(descriptor, all[1:]); err == nil {
		t.Error("it was stripped though its imports are not complete")
	}
	if _, err := StripSourceOptions([]byte{0xff}, all); err == nil {
		t.Error("what is no descriptor was stripped")
	}
}

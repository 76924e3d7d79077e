package generate

import "testing"

func TestFinding(t *testing.T) {
	t.Parallel()
	one := &Request{Inputs: []Input{{Path: "v.proto", Name: "vendor/v.proto"}, {Path: "a.proto", Name: "proto/a.proto", Generate: true}}}
	two := &Request{Inputs: append(one.Inputs, Input{Path: "b.proto", Name: "proto/b.proto", Generate: true})}
	for _, test := range []struct {
		req           *Request
		message, want string
	}{
		{one, "no", `proto/a.proto: generator "x": no (generate)`},
		{one, "v.proto: no", `proto/a.proto: generator "x": v.proto: no (generate)`},
		{two, "no", `generator "x": no (generate)`},
		{two, "b.proto: no", `proto/b.proto: generator "x": no (generate)`},
		{two, "b.proto:12:3: no: no", `proto/b.proto:12:3: generator "x": no: no (generate)`},
		{two, "b.proto:12: no", `proto/b.proto:12: generator "x": no (generate)`},
		{two, "b.proto:0:-1: no", `proto/b.proto: generator "x": 0:-1: no (generate)`},
		{two, "b.protobuf: no", `generator "x": b.protobuf: no (generate)`},
	} {
		if got := finding("x", test.message, test.req).String(); got != test.want {
			t.Errorf("%q is %s, want %s", test.message, got, test.want)
		}
	}
}

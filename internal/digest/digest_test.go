package digest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc", from FIPS 180-2
	d := Of([]byte("abc"))
	if got := d.String(); got != abc {
		t.Errorf("String is %s, want %s", got, abc)
	}
	tests := []struct {
		text string
		ok   bool
	}{
		{abc, true},
		{strings.ToUpper(abc), true},
		{"", false},
		{abc[:62], false},
		{abc + "00", false},
		{abc[:63] + "g", false},
		{" " + abc[:63], false},
		{strings.Repeat("é", 32), false},
	}
	for _, test := range tests {
		got, err := Parse(test.text)
		switch {
		case test.ok && (err != nil || got != d):
			t.Errorf("Parse(%q) = %v, %v", test.text, got, err)
		case !test.ok && (err == nil || !strings.Contains(err.Error(), "want 64 hexadecimal digits")):
			t.Errorf("Parse(%q) has the error %v", test.text, err)
		case !test.ok && got != (Digest{}):
			t.Errorf("Parse(%q) returned %v with its error", test.text, got)
		}
	}
}

func TestDigestIsTextInJSON(t *testing.T) {
	t.Parallel()
	want := map[string]Digest{"a": Of([]byte("a")), "none": {}}
	encoded, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(encoded), `"`+want["a"].String()+`"`) {
		t.Errorf("encoded as %s", encoded)
	}
	got := make(map[string]Digest)
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["a"] != want["a"] || got["none"] != (Digest{}) {
		t.Errorf("decoded as %v", got)
	}
	if err := json.Unmarshal([]byte(`{"a":"12"}`), &got); err == nil {
		t.Error("half a digest was decoded")
	}
}

// TestHasherFrames holds that fields which run into each other when joined are
// told apart.
func TestHasherFrames(t *testing.T) {
	t.Parallel()
	d := Of(nil)
	lists := map[string]func(h *Hasher){
		"nothing":              func(*Hasher) {},
		"an empty field":       func(h *Hasher) { h.String("") },
		"two empty fields":     func(h *Hasher) { h.String(""); h.String("") },
		"ab":                   func(h *Hasher) { h.String("ab") },
		"a, b":                 func(h *Hasher) { h.String("a"); h.String("b") },
		"b, a":                 func(h *Hasher) { h.String("b"); h.String("a") },
		"ab, nothing":          func(h *Hasher) { h.String("ab"); h.String("") },
		"nothing, ab":          func(h *Hasher) { h.String(""); h.String("ab") },
		"a, NUL, b":            func(h *Hasher) { h.String("a\x00b") },
		"a list of none":       func(h *Hasher) { h.Strings(nil); h.String("") },
		"a list of one":        func(h *Hasher) { h.Strings([]string{"ab"}) },
		"a list of two":        func(h *Hasher) { h.Strings([]string{"a", "b"}) },
		"a list, then a field": func(h *Hasher) { h.Strings([]string{"a"}); h.String("b") },
		"two lists":            func(h *Hasher) { h.Strings([]string{"a"}); h.Strings([]string{"b"}) },
		"a frame as text":      func(h *Hasher) { h.String("\x00\x00\x00\x00\x00\x00\x00\x01a") },
		"a digest":             func(h *Hasher) { h.Digest(d) },
		"two digests":          func(h *Hasher) { h.Digest(d); h.Digest(d) },
		"a digest as text":     func(h *Hasher) { h.String(d.String()) },
		"two digests as one":   func(h *Hasher) { h.String(string(d[:]) + string(d[:])) },
	}
	seen := make(map[Digest]string)
	for name, add := range lists {
		h := NewHasher("test")
		add(h)
		if other, ok := seen[h.Sum()]; ok {
			t.Errorf("%q and %q are the same", name, other)
		}
		seen[h.Sum()] = name
	}
	if NewHasher("a").Sum() == NewHasher("b").Sum() {
		t.Error("the domain is not part of the key")
	}
}

func TestHasherGoesOnAfterSum(t *testing.T) {
	t.Parallel()
	h, other := NewHasher("test"), NewHasher("test")
	h.String("a")
	if first := h.Sum(); first != h.Sum() {
		t.Error("asking for the sum changed it")
	}
	h.String("b")
	other.String("a")
	other.String("b")
	if h.Sum() != other.Sum() {
		t.Error("asking for the sum in between changed it")
	}
}

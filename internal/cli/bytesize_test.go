package cli

import (
	"math"
	"testing"
)

func TestByteSize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want byteSize
		form string
	}{
		{"0", 0, "0B"},
		{"12", 12, "12B"},
		{"1023B", 1023, "1023B"},
		{"1kib", 1024, "1KiB"},
		{"1.5 MiB", 3 << 19, "1.5MiB"},
		{"500MB", 500e6, "476.8MiB"},
		{"1048575", 1<<20 - 1, "1MiB"},
		{"5GiB", 5 << 30, "5GiB"},
		{"2TB", 2e12, "1.8TiB"},
		{"1TiB", 1 << 40, "1TiB"},
		{"4096TiB", 1 << 52, "4096TiB"},
	} {
		var got byteSize
		if err := got.Set(test.text); err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got != test.want || got.String() != test.form {
			t.Errorf("%q is %d, printed %q; want %d, %q", test.text, int64(got), got, int64(test.want), test.form)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1XB", "1 2", "NaN", "Inf", "9e30", "1.2.3MB"} {
		got := byteSize(7)
		if err := got.Set(text); err == nil || got != 7 {
			t.Errorf("%q: read as %d, error %v; want an error", text, int64(got), err)
		}
	}
}

func FuzzByteSize(f *testing.F) {
	for _, text := range []string{"0", "5GiB", "1.5 MB", "NaN", "0x1p-2KiB", "-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var size byteSize
		if size.Set(text) != nil {
			return
		}
		if size < 0 {
			t.Fatalf("%q is %d", text, int64(size))
		}
		var again byteSize
		if err := again.Set(size.String()); err != nil {
			t.Fatalf("%q prints as %q: %v", text, size, err)
		}
		// Printed to a tenth of a unit, of which there is one at least.
		if math.Abs(float64(again-size)) > 0.06*float64(size) {
			t.Errorf("%q is %d, and %q is %d", text, int64(size), size, int64(again))
		}
	})
}

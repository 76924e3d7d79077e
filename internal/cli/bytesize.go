package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes as people write and read it. It is a value of a
// flag.
type byteSize int64

// byteUnits are the units that a size is read in, the largest of each kind first.
func byteUnits() []struct {
	name string
	size float64
} {
	return []struct {
		name string
		size float64
	}{
		{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
	}
}

// String returns the size to a tenth of its largest binary unit: "5GiB" or
// "1.2MiB".
func (b byteSize) String() string {
	for _, unit := range byteUnits()[:4] {
		// What rounds up to 1024 of the unit below is one of this.
		if float64(b) >= unit.size*(1-0.05/1024) {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(b)/unit.size), ".0") + unit.name
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

// Set reads a size: a number, which may have a fraction, and a unit in upper or
// lower case. Without a unit it is bytes.
func (b *byteSize) Set(text string) error {
	number, factor := text, 1.0
	for _, unit := range byteUnits() {
		if n := len(text) - len(unit.name); n >= 0 && strings.EqualFold(text[n:], unit.name) {
			number, factor = text[:n], unit.size
			break
		}
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if size := value * factor; err == nil && size >= 0 && size < math.MaxInt64 {
		*b = byteSize(size)
		return nil
	}
	return fmt.Errorf("%q is no size: want a number and a unit (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB), such as 500MB or 5GiB", text)
}

// Type returns what the help calls the flag's value.
func (b *byteSize) Type() string { return "SIZE" }

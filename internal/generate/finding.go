package generate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/productinfo/productinfo/internal/diag"
)

// finding is what a generator says of the protos. The protocol knows no positions,
// so the file is the one that the message begins with, as most plugins have it,
// maybe with line and column; or else the only one that there is.
func finding(generator, message string, req *Request) diag.Diagnostic {
	d := diag.Diagnostic{Rule: "generate"}
	var only []string
	for _, input := range req.Inputs {
		if !input.Generate {
			continue
		}
		only = append(only, input.Name)
		if rest, ok := strings.CutPrefix(message, input.Path+":"); ok && input.Name != "" {
			d.File = input.Name
			if d.Line, rest = leadingNumber(rest); d.Line > 0 {
				d.Column, rest = leadingNumber(rest)
			}
			d.Message = fmt.Sprintf("generator %q: %s", generator, strings.TrimSpace(rest))
			return d
		}
	}
	if len(only) == 1 {
		d.File = only[0]
	}
	d.Message = fmt.Sprintf("generator %q: %s", generator, message)
	return d
}

// leadingNumber cuts a number above 0 and the colon behind it off s. Without one it
// returns 0 and s.
func leadingNumber(s string) (int, string) {
	before, after, ok := strings.Cut(s, ":")
	n, err := strconv.Atoi(before)
	if !ok || err != nil || n <= 0 {
		return 0, s
	}
	return n, after
}

package schema

import (
	"fmt"
	"strings"

	"github.com/productinfo/productinfo/internal/diag"
)

// maxNesting is how deep brackets of any kind may be nested in a file. The
// compiler's time and memory grow with the square of the depth, and protobuf's own
// decoders, in C++ and Java, give up on descriptors of this depth.
const maxNesting = 100

// checkNesting returns the fault of a file that is nested too deep, or nil. The
// fault's position is the first bracket that is one too many.
func checkNesting(name, text string) *diag.Diagnostic {
	offset := tooDeep(text, maxNesting)
	if offset < 0 {
		return nil
	}
	before := text[:offset]
	return &diag.Diagnostic{
		Rule: "compile",
		Position: diag.Position{
			File:   name,
			Line:   strings.Count(before, "\n") + 1,
			Column: offset - strings.LastIndexByte(before, '\n'),
		},
		Message: fmt.Sprintf("brackets are nested more than %d deep", maxNesting),
		Help:    "move inner messages out of the outer ones",
	}
}

// tooDeep returns the offset of the first bracket that is nested deeper than
// limit, or -1. Brackets in strings and comments do not count; closing ones need
// not match, which is for the compiler to say.
func tooDeep(text string, limit int) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[', '(', '<':
			if depth++; depth > limit {
				return i
			}
		case '}', ']', ')', '>':
			depth = max(depth-1, 0)
		case '"', '\'':
			i = endOfString(text, i)
		case '/':
			i = endOfComment(text, i)
		}
	}
	return -1
}

// endOfString returns the offset of the quote that ends the string which starts
// at an offset, or that of the line's end if there is none.
func endOfString(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[start], '\n':
			return i
		}
	}
	return len(text)
}

// endOfComment returns the offset of the last byte of the comment that starts at
// an offset, or the offset itself if none does.
func endOfComment(text string, start int) int {
	rest := text[start:]
	end := ""
	switch {
	case strings.HasPrefix(rest, "//"):
		end = "\n"
	case strings.HasPrefix(rest, "/*"):
		end = "*/"
	default:
		return start
	}
	i := strings.Index(rest[2:], end)
	if i < 0 {
		return len(text)
	}
	return start + 2 + i + len(end) - 1
}

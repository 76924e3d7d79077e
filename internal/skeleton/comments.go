package skeleton

import (
	"go/doc/comment"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Numbers of the fields of FileDescriptorProto to which compilers attach the
// comments at the top of a file.
const (
	syntaxField  = 12
	editionField = 14
)

// maxPasses bounds the search for a comment that gofmt would not change.
const maxPasses = 5

// printSyntaxComments prints the comments above the syntax or edition statement,
// where licences stand.
func printSyntaxComments(g *protogen.GeneratedFile, file *protogen.File) {
	for _, field := range []int32{syntaxField, editionField} {
		loc := file.Desc.SourceLocations().ByPath(protoreflect.SourcePath{field})
		for _, text := range append(loc.LeadingDetachedComments, loc.LeadingComments) {
			printDetached(g, protogen.Comments(text))
		}
	}
}

// printDetached prints a comment that documents nothing in particular.
func printDetached(g *protogen.GeneratedFile, text protogen.Comments) {
	lines := commentLines(text)
	for _, line := range lines {
		g.P("//", line)
	}
	if len(lines) > 0 {
		g.P()
	}
}

// doc collects the paragraphs of a doc comment.
type doc struct{ lines []string }

// text adds a paragraph of our own; each line is one of the comment.
func (d *doc) text(lines ...string) *doc {
	for i, line := range lines {
		lines[i] = " " + line
	}
	return d.add(lines)
}

// proto adds the comments of the proto that belong to a declaration.
func (d *doc) proto(comments protogen.CommentSet) *doc {
	d.add(commentLines(comments.Leading))
	return d.add(commentLines(comments.Trailing))
}

// deprecated adds the paragraph by which Go tools know what is deprecated.
func (d *doc) deprecated(is bool, file *protogen.File) *doc {
	if is {
		d.text("Deprecated: Marked as deprecated in " + file.Desc.Path() + ".")
	}
	return d
}

func (d *doc) add(lines []string) *doc {
	if len(d.lines) > 0 && len(lines) > 0 {
		d.lines = append(d.lines, "")
	}
	d.lines = append(d.lines, lines...)
	return d
}

// print prints the comment as gofmt leaves it. Lists and code take gofmt more than
// one pass at times, and protogen makes just one.
func (d *doc) print(g *protogen.GeneratedFile) {
	var text strings.Builder
	for _, line := range d.lines {
		text.WriteString(strings.TrimPrefix(line, " "))
		text.WriteByte('\n')
	}
	before := text.String()
	var parser comment.Parser
	var printer comment.Printer
	for range maxPasses {
		after := string(printer.Comment(parser.Parse(before)))
		if after == before {
			break
		}
		before = after
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(before, "\n"), "\n") {
		if line != "" && line[0] != '\t' {
			line = " " + line
		}
		g.P("//", line)
	}
}

// commentLines returns what follows the slashes in each line of a comment,
// without empty lines at both ends. Text that touches the slashes gets a space
// before it, lest it become a directive to the Go tools.
func commentLines(text protogen.Comments) []string {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case 0, '\r', '\uFEFF', utf8.RuneError: // what a Go file cannot hold
			return -1
		}
		return r
	}, string(text))
	lines := strings.Split(clean, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\f\v")
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			line = " " + line
		}
		lines[i] = line
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

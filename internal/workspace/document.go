package workspace

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on a document. The parser recurses with the depth, and its stack cannot
// be caught when it overflows; its work on repeated keys is quadratic.
const (
	maxDepth  = 32
	maxTokens = 50_000
)

// document returns the file's only YAML value, or nil after reporting why there
// is none. The size is that of the whole file, of which data may be the start.
func (r *reader) document(size int64) ast.Node {
	if size > maxFileSize {
		r.fault(r.place(1, 1), "", "the file has %d bytes, the limit is %d", size, maxFileSize)
		return nil
	}
	if !r.characters() {
		return nil
	}
	file, err := r.parse()
	if err != nil {
		r.syntax(err)
		return nil
	}
	if file == nil {
		return nil
	}
	var body ast.Node
	for i, doc := range file.Docs {
		if i > 0 {
			r.fault(r.at(doc), "", "the file has more than one YAML document: keep one")
			return nil
		}
		body = doc.Body
	}
	if body == nil || body.Type() == ast.NullType {
		r.fault(r.place(1, 1), "", "the file is empty")
		return nil
	}
	return body
}

// characters reports whether the file is UTF-8 text, which the lexer takes for
// granted.
func (r *reader) characters() bool {
	for i, line := range r.lines {
		if j := bytes.IndexByte(line, 0); j >= 0 {
			r.fault(r.place(i+1, j+1), "", "the file is not text: it has a NUL byte")
			return false
		}
		if utf8.Valid(line) {
			continue
		}
		for j := 0; j < len(line); {
			c, n := utf8.DecodeRune(line[j:])
			if c == utf8.RuneError && n == 1 {
				r.fault(r.place(i+1, j+1), "save the file as UTF-8", "the byte 0x%02x is not UTF-8", line[j])
				return false
			}
			j += n
		}
	}
	return true
}

// parse returns the file's documents, or nil after reporting what this package
// refuses although YAML has it.
func (r *reader) parse() (file *ast.File, err error) {
	defer func() {
		// The parser has a history of panics on malformed input, and a mistake in
		// a configuration must not end in a stack trace.
		if v := recover(); v != nil {
			file, err = nil, errUnreadable
		}
	}()
	tokens := lexer.Tokenize(string(bytes.Join(r.lines, []byte("\n"))))
	// An invalid token is the parser's to report: what comes after is noise.
	if tokens.InvalidToken() == nil && !r.accept(tokens) {
		return nil, nil
	}
	// Repeated keys are found by reader.entries, all of them.
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

var errUnreadable = errors.New("the parser gave up on the file")

// accept reports whether the tokens are all of the YAML that is read here, and
// within bounds.
func (r *reader) accept(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		r.fault(r.place(1, 1), "", "the file has %d YAML tokens, the limit is %d", len(tokens), maxTokens)
		return false
	}
	before := len(r.faults)
	var flow, line, openers int
	begun := false
	for _, t := range tokens {
		if t.Position.Line != line {
			line, openers = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			r.fault(r.of(t), "write the value out", "anchors, aliases and merge keys are not allowed here")
		case token.TagType:
			r.fault(r.of(t), "", "the tag %q is not allowed here", t.Value)
		case token.DirectiveType:
			r.fault(r.of(t), "", "YAML directives are not allowed here")
			return false
		case token.MappingKeyType:
			r.fault(r.of(t), "write `key: value`", "keys marked by \"?\" are not allowed here")
		case token.DocumentHeaderType:
			if begun {
				r.fault(r.of(t), "", "the file has more than one YAML document: keep one")
				return false
			}
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.CollectEntryType:
			openers = 0
		case token.SequenceEntryType, token.MappingValueType:
			openers++
		}
		if flow > maxDepth || openers > maxDepth {
			r.fault(r.of(t), "", "values are nested more than %d deep", maxDepth)
			return false
		}
		begun = begun || t.Type != token.CommentType
	}
	return len(r.faults) == before
}

// syntax reports an error of the parser.
func (r *reader) syntax(err error) {
	pos := r.place(1, 1)
	message := err.Error()
	var positioned interface {
		GetMessage() string
		GetToken() *token.Token
	}
	if errors.As(err, &positioned) {
		message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil {
			pos = r.of(t)
		}
	}
	help := ""
	if column := r.indentationTab(pos.Line); column > 0 {
		pos.Column = column
		help = "YAML is indented with spaces, not with tabs"
	}
	r.fault(pos, help, "invalid YAML: %s", strings.ReplaceAll(message, "\t", `\t`))
}

// indentationTab returns the column of the first tab in a line's indentation, 0
// for none.
func (r *reader) indentationTab(line int) int {
	content := r.lines[line-1]
	indentation := content[:len(content)-len(bytes.TrimLeft(content, " \t"))]
	return bytes.IndexByte(indentation, '\t') + 1
}

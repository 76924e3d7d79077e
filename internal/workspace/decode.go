package workspace

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/productinfo/productinfo/internal/diag"
)

// reader takes one configuration file apart and collects its faults.
type reader struct {
	file  string
	lines [][]byte
	// wide has the lines, from 0, in which a character is not always a byte.
	wide   map[int]bool
	faults diag.List
}

func newReader(file string, data []byte) *reader {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	// Files edited on Windows; the lexer counts a lone return as a line, too.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	r := &reader{file: file, lines: bytes.Split(data, []byte("\n")), wide: map[int]bool{}}
	for i, line := range r.lines {
		r.wide[i] = utf8.RuneCount(line) != len(line)
	}
	return r
}

// text is a string of the file and its place.
type text struct {
	value string
	pos   diag.Position
}

// entry is a key of a mapping and its value.
type entry struct {
	key   text
	value ast.Node
}

// field is a key that a mapping may have. The path that read gets is the dotted
// name of the value, for messages.
type field struct {
	key  string
	read func(n ast.Node, path string)
}

func (r *reader) fault(pos diag.Position, help, format string, args ...any) {
	r.faults = append(r.faults, diag.Diagnostic{Position: pos, Message: fmt.Sprintf(format, args...), Help: help})
}

// place returns a position in the file, moved into it where it is outside: the
// parser's idea of an end may be a line too far.
func (r *reader) place(line, column int) diag.Position {
	line = min(max(line, 1), len(r.lines))
	column = min(max(column, 1), len(r.lines[line-1])+1)
	return diag.Position{File: r.file, Line: line, Column: column}
}

// of returns the position of a token, whose column counts characters.
func (r *reader) of(t *token.Token) diag.Position {
	if t == nil || t.Position == nil {
		return r.place(1, 1)
	}
	pos := r.place(t.Position.Line, t.Position.Column)
	if !r.wide[pos.Line-1] {
		return pos
	}
	line, column := r.lines[pos.Line-1], 0
	for range t.Position.Column - 1 {
		_, n := utf8.DecodeRune(line[column:])
		column += n
	}
	return r.place(pos.Line, column+1)
}

// at returns the position at which a node begins.
func (r *reader) at(n ast.Node) diag.Position {
	switch n := n.(type) {
	case *ast.DocumentNode:
		if n.Start != nil || n.Body == nil {
			return r.of(n.Start)
		}
		return r.at(n.Body)
	case *ast.MappingNode:
		// The token of a block mapping is its first colon.
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return r.at(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return r.at(n.Key)
	}
	return r.of(n.GetToken())
}

// kind names what a node is, in an error about what it should be.
func kind(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "a string"
	case *ast.BoolNode:
		return "the boolean " + n.Token.Value
	case *ast.IntegerNode:
		return "the number " + n.Token.Value
	case *ast.FloatNode:
		return "the number " + n.Token.Value
	case *ast.InfinityNode:
		return "the number " + n.Token.Value
	case *ast.NanNode:
		return "the number " + n.Token.Value
	}
	return "something else"
}

// wrong reports that a node is not what its path wants.
func (r *reader) wrong(n ast.Node, path, want string) {
	help := ""
	switch n.(type) {
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		if strings.Contains(want, "string") {
			help = "put it in quotes if it is meant"
		}
	case *ast.NullNode:
		r.fault(r.at(n), "", "%s has no value: it wants %s", path, want)
		return
	}
	r.fault(r.at(n), help, "%s wants %s, not %s", path, want, kind(n))
}

// entries returns the keys of a mapping, without those that repeat one before.
func (r *reader) entries(n ast.Node, path string) ([]entry, bool) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.wrong(n, path, "a mapping")
		return nil, false
	}
	var entries []entry
	seen := map[string]diag.Position{}
	for _, v := range values {
		key, ok := r.text(v.Key, "a key of "+path)
		if !ok {
			continue
		}
		if first, repeated := seen[key.value]; repeated {
			r.fault(key.pos, "", "the key %q is repeated: it stands in line %d already", key.value, first.Line)
			continue
		}
		seen[key.value] = key.pos
		entries = append(entries, entry{key, v.Value})
	}
	return entries, true
}

// mapping reads the fields of a mapping and returns the places of the keys that
// it has, misspelt ones among them; nil for what is no mapping. The path "" is
// the file itself.
func (r *reader) mapping(n ast.Node, path string, fields ...field) map[string]diag.Position {
	where, prefix := path, path+"."
	if path == "" {
		where, prefix = "the file", ""
	}
	entries, ok := r.entries(n, where)
	if !ok {
		return nil
	}
	valid := make([]string, len(fields))
	for i, f := range fields {
		valid[i] = f.key
	}
	found := map[string]diag.Position{}
	for _, e := range entries {
		known := false
		for _, f := range fields {
			if f.key == e.key.value {
				known = true
				found[f.key] = e.key.pos
				f.read(e.value, prefix+f.key)
			}
		}
		if known {
			continue
		}
		if meant, ok := nearest(e.key.value, valid); ok {
			// It is misspelt, not missing as well.
			if _, ok := found[meant]; !ok {
				found[meant] = e.key.pos
			}
			r.fault(e.key.pos, "", "unknown key %q in %s: did you mean %q?", e.key.value, where, meant)
		} else {
			r.fault(e.key.pos, "", "unknown key %q in %s: the keys are %s", e.key.value, where, strings.Join(valid, ", "))
		}
	}
	return found
}

// text returns a node's string, which is not empty and all of which can be seen.
func (r *reader) text(n ast.Node, path string) (text, bool) {
	s := ""
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	default:
		r.wrong(n, path, "a string")
		return text{}, false
	}
	pos := r.at(n)
	switch {
	case strings.TrimSpace(s) == "":
		r.fault(pos, "", "%s is an empty string", path)
	case strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s):
		r.fault(pos, "", "%s has control characters: %q", path, s)
	case strings.TrimSpace(s) != s:
		r.fault(pos, "", "%s begins or ends with a space: %q", path, s)
	default:
		return text{s, pos}, true
	}
	return text{}, false
}

// texts returns the strings of a list.
func (r *reader) texts(n ast.Node, path string) []text {
	var list []text
	for i, item := range r.items(n, path, "a list of strings") {
		if t, ok := r.text(item, fmt.Sprintf("%s[%d]", path, i)); ok {
			list = append(list, t)
		}
	}
	return list
}

// textOrTexts returns the strings of a list, or of a string alone.
func (r *reader) textOrTexts(n ast.Node, path string) []text {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		if t, ok := r.text(n, path); ok {
			return []text{t}
		}
		return nil
	case *ast.SequenceNode:
		return r.texts(n, path)
	}
	r.wrong(n, path, "a string or a list of strings")
	return nil
}

// items returns the nodes of a list.
func (r *reader) items(n ast.Node, path, want string) []ast.Node {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(n, path, want)
		return nil
	}
	return list.Values
}

// some reports a list that is empty where one entry is needed.
func (r *reader) some(n ast.Node, path, help string) {
	if list, ok := n.(*ast.SequenceNode); ok && len(list.Values) == 0 {
		r.fault(r.at(n), help, "%s is an empty list", path)
	}
}

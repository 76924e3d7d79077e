// Package diag holds positioned diagnostics: what every part of productinfo
// that reads a user's file reports its findings with.
//
// A [Diagnostic] says what is wrong, where, and what to do about it. Findings
// travel as a [List], which is an error, so that a function returns all of them
// rather than the first. Printing is apart from finding: see [Printer].
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a diagnostic fails the command that found it.
type Severity int

const (
	// SeverityError fails the command.
	SeverityError Severity = iota
	// SeverityWarning is shown and fails nothing.
	SeverityWarning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == SeverityWarning {
		return "warning"
	}
	return "error"
}

// Position is a place in a file. Lines and columns count from 1; columns count
// bytes. Zero means unknown, and a zero end means the place is a point.
type Position struct {
	// File is slash-separated and relative to the workspace's folder.
	File      string
	Line      int
	Column    int
	EndLine   int
	EndColumn int
}

// String returns file:line:col, without the parts that are unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Diagnostic is one finding. It is a value; goroutines may share copies.
type Diagnostic struct {
	Severity Severity
	// Rule names what was broken, for people who want to look it up or switch
	// it off: a buf rule ("FIELD_LOWER_SNAKE_CASE"), or one of productinfo's own
	// in lower case ("symbol-clash"). It may be empty.
	Rule string
	Position
	// Message is one line: lower case, no full stop, user text in quotes.
	Message string
	// Notes are further facts, a line each.
	Notes []string
	// Help is what to do about it. It may be empty.
	Help string
	// Rendered is the finding as text with its source excerpt, several lines and
	// without colour. When set, the text form prints it instead of the fields.
	Rendered string
}

// String returns the finding on one line, as file:line:col: message.
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.Position.String())
		b.WriteString(": ")
	}
	if d.Severity == SeverityWarning {
		b.WriteString("warning: ")
	}
	b.WriteString(d.Message)
	if d.Rule != "" {
		fmt.Fprintf(&b, " (%s)", d.Rule)
	}
	return b.String()
}

// List is findings in the order in which they are to be shown. As an error it
// means that a user's files, not the environment, are at fault.
type List []Diagnostic

// Error returns the findings, a line each.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Failed reports whether any finding is an error rather than a warning.
func (l List) Failed() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// Sort orders findings by file, line, column, rule and message, so that the same
// findings are shown the same way however they were come by.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

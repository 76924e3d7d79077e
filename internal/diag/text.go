package diag

import (
	"bytes"
	"strings"
	"unicode"
)

// ANSI escapes of the text form.
const (
	styleReset  = "\x1b[0m"
	styleBold   = "\x1b[1m"
	styleDim    = "\x1b[2m"
	styleRed    = "\x1b[31m"
	styleYellow = "\x1b[33m"
	styleCyan   = "\x1b[36m"
)

// text appends the finding as people read it.
func (p Printer) text(b *bytes.Buffer, d Diagnostic) error {
	if d.Rendered != "" {
		b.WriteString(Harmless(strings.TrimRight(d.Rendered, "\n")))
		b.WriteByte('\n')
		return nil
	}
	if d.File != "" {
		p.styled(b, styleBold, d.Position.String()+":")
		b.WriteByte(' ')
	}
	if d.Severity == SeverityWarning {
		p.styled(b, styleYellow, "warning:")
		b.WriteByte(' ')
		b.WriteString(Harmless(d.Message))
	} else {
		p.styled(b, styleRed, d.Message)
	}
	if d.Rule != "" {
		b.WriteByte(' ')
		p.styled(b, styleDim, "("+d.Rule+")")
	}
	b.WriteByte('\n')
	for _, note := range d.Notes {
		b.WriteString("  " + indented(note) + "\n")
	}
	if d.Help != "" {
		b.WriteString("  ")
		p.styled(b, styleCyan, "help:")
		b.WriteString(" " + indented(d.Help) + "\n")
	}
	return nil
}

// styled appends s, between escapes if the printer uses colour.
func (p Printer) styled(b *bytes.Buffer, style, s string) {
	s = Harmless(s)
	if p.Color {
		s = style + s + styleReset
	}
	b.WriteString(s)
}

// indented keeps the further lines of a note below its first.
func indented(s string) string {
	return strings.ReplaceAll(Harmless(s), "\n", "\n  ")
}

// Harmless replaces what a terminal would obey: messages quote files and the
// output of programs, which nobody has vetted.
func Harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

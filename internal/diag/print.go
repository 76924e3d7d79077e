package diag

import (
	"bytes"
	"fmt"
	"io"
	"path"
)

// Format names a way in which findings are printed.
type Format string

const (
	// Text is for people: see [Printer.Print].
	Text Format = "text"
	// JSON is one JSON object a line: see [Printer.Print].
	JSON Format = "json"
	// GitHub is one workflow command a line, which GitHub Actions shows as an
	// annotation of the file.
	GitHub Format = "github"
)

// ParseFormat returns the format that s names. The error for any other s lists
// the valid ones.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Text, JSON, GitHub:
		return f, nil
	}
	return "", fmt.Errorf("unknown format %q: want %q, %q or %q", s, Text, JSON, GitHub)
}

// Printer prints findings. The zero value prints text without colour. It is a
// value that goroutines may share.
type Printer struct {
	// Format is how to print; empty means [Text].
	Format Format
	// Color adds ANSI colours to the text form. Findings that come rendered are
	// printed without.
	Color bool
	// Base is a slash path that is put before the file of each finding: the
	// workspace's folder relative to where the reader stands. Empty or "." puts
	// nothing. Absolute file names are left as they are.
	Base string
}

// Print writes the findings to w in the order of the list, with one call of
// Write, and with none when there are no findings. The error is that of w, or
// that the format is unknown.
//
// The text form of a finding is its Rendered, or else
//
//	proto/acme/v1/user.proto:3:8: warning: message (RULE)
//	  a note
//	  help: what to do about it
//
// without "warning:" for errors. Control characters other than line feed and
// tab, which a terminal could obey, are shown as U+FFFD.
//
// The JSON form has one object a line with these fields. All but severity and
// message are left out where they are unknown or empty. Lines and columns count
// from 1, columns in bytes.
//
//	severity    string    "error" or "warning"
//	rule        string
//	file        string    slash-separated
//	line        number
//	column      number
//	end_line    number
//	end_column  number
//	message     string
//	notes       list of strings
//	help        string
//
// The GitHub form has one line a finding, with the message, the notes and the
// help as its text and the rule as its title:
//
//	::error file=…,line=…,endLine=…,col=…,endColumn=…,title=…::message%0Ahelp
//
// Columns are left out of a finding that spans lines, as GitHub demands.
func (p Printer) Print(w io.Writer, list List) error {
	var write func(*bytes.Buffer, Diagnostic) error
	switch p.Format {
	case Text, "":
		write = p.text
	case JSON:
		write = writeJSON
	case GitHub:
		write = writeGitHub
	default:
		_, err := ParseFormat(string(p.Format))
		return err
	}
	var b bytes.Buffer
	for _, d := range list {
		d.File = p.rebase(d.File)
		if err := write(&b, d); err != nil {
			return err
		}
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := w.Write(b.Bytes())
	return err
}

// rebase returns the file as it is named from where the reader stands.
func (p Printer) rebase(file string) string {
	if file == "" || path.IsAbs(file) || p.Base == "" || p.Base == "." {
		return file
	}
	return path.Join(p.Base, file)
}

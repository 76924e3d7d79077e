package diag

import (
	"bytes"
	"encoding/json"
)

// record is the JSON form of a finding. Programs read it: names stay, fields are
// only added.
type record struct {
	Severity  string   `json:"severity"`
	Rule      string   `json:"rule,omitempty"`
	File      string   `json:"file,omitempty"`
	Line      int      `json:"line,omitempty"`
	Column    int      `json:"column,omitempty"`
	EndLine   int      `json:"end_line,omitempty"`
	EndColumn int      `json:"end_column,omitempty"`
	Message   string   `json:"message"`
	Notes     []string `json:"notes,omitempty"`
	Help      string   `json:"help,omitempty"`
}

// writeJSON appends the finding as one JSON object on one line.
func writeJSON(b *bytes.Buffer, d Diagnostic) error {
	enc := json.NewEncoder(b)
	// Messages speak of generics and arrows; nothing here ends up in a web page.
	enc.SetEscapeHTML(false)
	return enc.Encode(record{
		Severity:  d.Severity.String(),
		Rule:      d.Rule,
		File:      d.File,
		Line:      d.Line,
		Column:    d.Column,
		EndLine:   d.EndLine,
		EndColumn: d.EndColumn,
		Message:   d.Message,
		Notes:     d.Notes,
		Help:      d.Help,
	})
}

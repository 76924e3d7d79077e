package diag

import (
	"bytes"
	"strconv"
	"strings"
)

// writeGitHub appends the finding as one GitHub workflow command. The form and
// its escapes are those of "Workflow commands for GitHub Actions" in GitHub's
// documentation and of the command module of its actions toolkit.
func writeGitHub(b *bytes.Buffer, d Diagnostic) error {
	b.WriteString("::" + d.Severity.String())
	separator := byte(' ')
	property := func(name, value string) {
		b.WriteByte(separator)
		separator = ','
		b.WriteString(name + "=" + escapeProperty(value))
	}
	number := func(name string, value int) {
		if value > 0 {
			property(name, strconv.Itoa(value))
		}
	}
	if d.File != "" {
		property("file", d.File)
		number("line", d.Line)
		number("endLine", d.EndLine)
		// GitHub refuses columns when the lines differ.
		if d.EndLine == 0 || d.EndLine == d.Line {
			number("col", d.Column)
			number("endColumn", d.EndColumn)
		}
	}
	if d.Rule != "" {
		property("title", d.Rule)
	}
	b.WriteString("::")
	lines := append([]string{d.Message}, d.Notes...)
	if d.Help != "" {
		lines = append(lines, "help: "+d.Help)
	}
	b.WriteString(escapeData(strings.Join(lines, "\n")))
	b.WriteByte('\n')
	return nil
}

// escapeData escapes the text of a workflow command, which ends with its line.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty escapes a property of a workflow command, which also ends at a
// comma or at a colon.
func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

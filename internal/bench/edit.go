package main

import (
	"fmt"
	"strings"
)

// edit is a change of one file that can be found in what is generated from it.
type edit struct {
	// file is the import path of the changed file.
	file string
	// apply returns the changed source. The token is part of what is inserted.
	apply func(source, token string) (string, error)
	// mark is what the generated Go then holds.
	mark func(token string) string
}

// token names the run's own edit: were two runs to make the same one, the second
// would find the first one's result in the cache. It is a field's name and, with
// a capital letter, the name that Go gives the field.
func token(run int) string {
	return fmt.Sprintf("benchrun%d", run)
}

// addField is an edit that adds a string field with a number that no message of
// the corpus uses.
func addField(file, message string) edit {
	return edit{
		file: file,
		apply: func(source, token string) (string, error) {
			return insertAfter(source, "message "+message+" {\n", "  string "+token+" = 90210;\n")
		},
		mark: func(token string) string {
			return "\t" + strings.ToUpper(token[:1]) + token[1:] + " "
		},
	}
}

// addComment is an edit that adds a line to the comment before a line.
func addComment(file, line string) edit {
	return edit{
		file: file,
		apply: func(source, token string) (string, error) {
			indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
			return insertBefore(source, line+"\n", indent+"// Edited by "+token+".\n")
		},
		mark: func(token string) string { return "// Edited by " + token + "." },
	}
}

func insertAfter(source, anchor, text string) (string, error) {
	return replaceOnce(source, anchor, anchor+text)
}

func insertBefore(source, anchor, text string) (string, error) {
	return replaceOnce(source, anchor, text+anchor)
}

// replaceOnce replaces the one place where anchor begins a line.
func replaceOnce(source, anchor, replacement string) (string, error) {
	padded := "\n" + source
	if n := strings.Count(padded, "\n"+anchor); n != 1 {
		return "", fmt.Errorf("%q begins %d lines, want 1", anchor, n)
	}
	return strings.Replace(padded, "\n"+anchor, "\n"+replacement, 1)[1:], nil
}

package main

import (
	"strings"
	"testing"
)

func TestEdits(t *testing.T) {
	t.Parallel()
	field := addField("a.proto", "Rule")
	comment := addComment("a.proto", "  Rule http = 1;")
	tests := []struct {
		name     string
		edit     edit
		source   string
		want     string
		wantErr  string
		wantMark string
	}{
		{
			"a field", field, "message Rule {\n  int32 a = 1;\n}\n",
			"message Rule {\n  string benchrun3 = 90210;\n  int32 a = 1;\n}\n", "", "\tBenchrun3 ",
		},
		{
			"a field after another message", field, "message Rules {\n}\nmessage Rule {\n}\n",
			"message Rules {\n}\nmessage Rule {\n  string benchrun3 = 90210;\n}\n", "", "\tBenchrun3 ",
		},
		{"no such message", field, "message Other {\n}\n", "", `"message Rule {\n" begins 0 lines, want 1`, ""},
		{"nested of the same name", field, "message A {\n  message Rule {\n  }\n}\n", "", "begins 0 lines", ""},
		{"twice", field, "message Rule {\n}\nmessage Rule {\n}\n", "", "begins 2 lines", ""},
		{
			"a comment", comment, "extend X {\n  // See.\n  Rule http = 1;\n}\n",
			"extend X {\n  // See.\n  // Edited by benchrun3.\n  Rule http = 1;\n}\n", "", "// Edited by benchrun3.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.edit.apply(test.source, token(3))
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("apply = %v, want an error with %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("apply =\n%s\nwant\n%s", got, test.want)
			}
			if mark := test.edit.mark(token(3)); mark != test.wantMark {
				t.Errorf("mark = %q, want %q", mark, test.wantMark)
			}
		})
	}
}

package diag_test

import (
	"slices"
	"testing"

	"github.com/productinfo/productinfo/internal/diag"
)

func TestPositionString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]diag.Position{
		"a":     {File: "a", Column: 3},
		"a:2":   {File: "a", Line: 2},
		"a:2:3": {File: "a", Line: 2, Column: 3, EndLine: 4, EndColumn: 5},
	} {
		if p.String() != want {
			t.Errorf("%#v is %q, want %q", p, p, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	at := func(file string, line, column int, rule, message string) diag.Diagnostic {
		return diag.Diagnostic{Position: diag.Position{File: file, Line: line, Column: column}, Rule: rule, Message: message}
	}
	want := diag.List{
		{Message: "everywhere", Severity: diag.SeverityWarning},
		at("a", 1, 9, "", "m"), at("a", 2, 1, "", "z"), at("a", 2, 1, "R", "m"), at("a", 2, 1, "R", "n"), at("b", 1, 1, "", "m"),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	got.Sort()
	text := "warning: everywhere\na:1:9: m\na:2:1: z\na:2:1: m (R)\na:2:1: n (R)\nb:1:1: m"
	if got.Error() != text || want.Error() != text {
		t.Errorf("sorted:\n%v\nwant\n%s", got, text)
	}
	if !got.Failed() || got[:1].Failed() || (diag.List{}).Failed() {
		t.Error("Failed does not tell errors from warnings")
	}
}

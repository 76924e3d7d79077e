package schema

import (
	"strings"
	"testing"
)

func TestTooDeep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want int
	}{
		{"", -1},
		{"{{}}{[]}(<>)", -1},
		{"{{}{{}}}", 4},
		{"{[(", 2},
		{"}}}{{", -1},
		{`{"{{{" '{{"{{' "\"{{"}`, -1},
		{"{\"{{\n{{", 6}, // a string ends with its line
		{"{ // {{{\n{ /* {{{ */ /{", 22},
		{"{ /* {{{", -1},
		{"{ // {{{", -1},
		{`{ "\`, -1},
		{"{ /*/ {{ */ {{", 13},
	} {
		if got := tooDeep(test.text, 2); got != test.want {
			t.Errorf("tooDeep(%q, 2) = %d, want %d", test.text, got, test.want)
		}
	}
}

func TestCheckNesting(t *testing.T) {
	t.Parallel()
	legal := strings.Repeat("message M {", maxNesting) + strings.Repeat("}", maxNesting)
	if fault := checkNesting("a.proto", legal); fault != nil {
		t.Errorf("%d deep: %v", maxNesting, fault)
	}
	fault := checkNesting("a.proto", "syntax = \"proto3\";\n"+strings.Repeat("{", maxNesting+1))
	const want = "a.proto:2:101: brackets are nested more than 100 deep (compile)"
	if fault == nil || fault.String() != want {
		t.Errorf("%v, want %s", fault, want)
	}
}

package check

import "testing"

func TestSentence(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Message name \"cart\" should be PascalCase.": "message name \"cart\" should be PascalCase",
		"RPC \"get\" is odd.":                         "RPC \"get\" is odd",
		"\"A\" is odd":                                "\"A\" is odd",
		"Two.\n Lines.":                               "two. Lines",
		"":                                            "",
		"A":                                           "A",
	} {
		if got := sentence(said); got != want {
			t.Errorf("sentence(%q) = %q, want %q", said, got, want)
		}
	}
}

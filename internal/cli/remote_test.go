package cli

import "testing"

func TestRepoPath(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"git@github.com:acme/apis.git":               "github.com/acme/apis",
		"git@github.com:acme/apis":                   "github.com/acme/apis",
		"github.com:acme/apis.git":                   "github.com/acme/apis",
		"https://github.com/acme/apis.git":           "github.com/acme/apis",
		"https://github.com/acme/apis/":              "github.com/acme/apis",
		"https://user:secret@git.example.com:8443/a": "git.example.com/a",
		"ssh://git@git.example.com:2222/team/a.git":  "git.example.com/team/a",
		"git@git.example.com:/srv/a.git":             "git.example.com/srv/a",
		"/srv/git/apis.git":                          "",
		"../apis":                                    "",
		"file:///srv/git/apis.git":                   "",
		"C:/git/apis":                                "",
		"localhost:apis":                             "",
		"https://github.com/acme/größe":              "",
		"https://github.com":                         "",
		"":                                           "",
	} {
		got, ok := repoPath(remote)
		if ok != (want != "") || ok && got != want {
			t.Errorf("repoPath(%q) = %q, %t; want %q", remote, got, ok, want)
		}
	}
}

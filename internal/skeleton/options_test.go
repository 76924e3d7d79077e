package skeleton

import "testing"

func TestModulePath(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		paths      []string
		parameter  string
		importPath string
		want       string // empty: an error
	}{
		{nil, "", "example.com/a/v1", "example.com/a/v1"},
		{nil, "paths=source_relative,module=example.com/a", "example.com/a/v1", "example.com/a"},
		{nil, "module=", "example.com/a/v1", "example.com/a/v1"},
		{[]string{"example.com/a"}, "module=example.com", "example.com/a/v1", "example.com/a"},
		{[]string{"example.com/a"}, "", "example.com/a", "example.com/a"},
		{[]string{"example.com/a", "example.com/a/b", "example.com"}, "", "example.com/a/b/v1", "example.com/a/b"},
		{[]string{"example.com/a", "example.com/a/b"}, "", "example.com/a/bc", "example.com/a"},
		{[]string{"example.com/a"}, "", "example.com/ab", ""},
		{nil, "module=example.com/a", "example.com/b", ""},
	} {
		var opts Options
		for _, path := range test.paths {
			if err := opts.Set("module_path", path); err != nil {
				t.Fatal(err)
			}
		}
		got, err := opts.modulePath(test.parameter, test.importPath)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q, %q, %q: got %q, %v, want %q", test.paths, test.parameter, test.importPath, got, err, test.want)
		}
	}
}

func TestBadModulePaths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/", "example.com/", "/example.com", "example.com/a b", "a\"b"} {
		var opts Options
		if err := opts.Set("module_path", path); err == nil {
			t.Errorf("%q is taken", path)
		}
	}
}

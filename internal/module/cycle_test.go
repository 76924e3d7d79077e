package module_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/module"
)

// graph makes modules and their imports from lines such as "a/1 b/1 c/2", where
// a/1 is a file of module a that imports the others.
func graph(lines ...string) ([]module.Module, func(string) []string) {
	imports := make(map[string][]string)
	var modules []module.Module
	for _, line := range lines {
		words := strings.Fields(line)
		imports[words[0]] = words[1:]
		name, _, _ := strings.Cut(words[0], "/")
		i := slices.IndexFunc(modules, func(m module.Module) bool { return m.Name == name })
		if i < 0 {
			i = len(modules)
			modules = append(modules, module.Module{Name: name})
		}
		modules[i].Files = append(modules[i].Files, words[0])
	}
	return modules, func(path string) []string { return imports[path] }
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	modules, imports := graph(
		"a/1 google/protobuf/any a/2 c/1",
		"a/2 c/2 b/1 c/1",
		"b/1",
		"c/1 b/1",
		"c/2 vendored",
	)
	got := module.Dependencies(modules, imports)
	want := map[string][]module.Edge{
		"a": {{From: "a", To: "b", File: "a/2", Import: "b/1"}, {From: "a", To: "c", File: "a/1", Import: "c/1"}},
		"c": {{From: "c", To: "b", File: "c/1", Import: "b/1"}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("dependencies are\n%v\nwant\n%v", got, want)
	}
}

func TestCycle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines []string
		want  string // the files that import, in order
	}{
		{"none", []string{"a/1 b/1 c/1", "b/1 c/1", "c/1"}, ""},
		{"files of one module", []string{"a/1 a/2", "a/2 a/1"}, ""},
		{"two", []string{"a/1 b/1", "a/2", "b/1", "b/2 a/2"}, "a/1 b/2"},
		{"three", []string{"a/1 b/1", "b/1 c/1", "c/1 a/2", "a/2"}, "a/1 b/1 c/1"},
		{"not the first module", []string{"a/1 b/1", "b/1 c/1", "c/1 b/2", "b/2"}, "b/1 c/1"},
		{"behind a module that is done", []string{"a/1", "b/1 a/1 c/1", "c/1 a/1 b/2", "b/2"}, "b/1 c/1"},
		{"one of two", []string{"a/1 b/1 c/1", "b/1", "b/2 a/2", "c/1", "c/2 a/2", "a/2"}, "a/1 b/2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			modules, imports := graph(test.lines...)
			var files []string
			cycle := module.Cycle(modules, module.Dependencies(modules, imports))
			for i, edge := range cycle {
				files = append(files, edge.File)
				if next := cycle[(i+1)%len(cycle)]; edge.To != next.From {
					t.Errorf("%v does not lead to %v", edge, next)
				}
			}
			if got := strings.Join(files, " "); got != test.want {
				t.Errorf("cycle is %q, want %q", got, test.want)
			}
		})
	}
}

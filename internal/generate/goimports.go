package generate

import (
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// GoImports returns the packages that a Go file imports from other modules: not
// the standard library's, and not those of its own module. Of a file in another
// language there are none, and none are told of in text to be inserted.
func GoImports(file File, goModule string) ([]string, error) {
	if path.Ext(file.Name) != ".go" || file.InsertionPoint != "" {
		return nil, nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Content, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("generated file does not parse: %w", err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", file.Name, spec.Path.Value, err)
		}
		first, _, _ := strings.Cut(imported, "/")
		if !strings.Contains(first, ".") || imported == goModule || strings.HasPrefix(imported, goModule+"/") {
			continue
		}
		imports = append(imports, imported)
	}
	return imports, nil
}

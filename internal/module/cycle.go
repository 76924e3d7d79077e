package module

import "slices"

// Edge is an import of a file of one module by a file of another.
type Edge struct {
	From, To string // names of modules
	// File is the importing file and Import the imported one, as import paths.
	File, Import string
}

// Dependencies returns, for each module by name, an edge for each module that it
// imports, sorted by that module's name: the first import that needs it.
func Dependencies(modules []Module, imports func(path string) []string) map[string][]Edge {
	owner := make(map[string]string)
	for _, m := range modules {
		for _, file := range m.Files {
			owner[file] = m.Name
		}
	}
	edges := make(map[string][]Edge)
	for _, m := range modules {
		first := make(map[string]bool)
		for _, file := range m.Files {
			for _, imported := range imports(file) {
				to, ok := owner[imported]
				if !ok || to == m.Name || first[to] {
					continue
				}
				first[to] = true
				edges[m.Name] = append(edges[m.Name], Edge{From: m.Name, To: to, File: file, Import: imported})
			}
		}
		slices.SortFunc(edges[m.Name], func(a, b Edge) int {
			if a.To < b.To {
				return -1
			}
			return 1
		})
	}
	return edges
}

// Cycle returns the imports by which modules depend on each other in a circle, or
// nil. Of several circles it is the one found first in the order of names.
func Cycle(modules []Module, dependencies map[string][]Edge) []Edge {
	done := make(map[string]bool)
	var path []Edge
	var visit func(name string) []Edge
	visit = func(name string) []Edge {
		if done[name] {
			return nil
		}
		if i := slices.IndexFunc(path, func(e Edge) bool { return e.From == name }); i >= 0 {
			return slices.Clone(path[i:])
		}
		for _, edge := range dependencies[name] {
			path = append(path, edge)
			if cycle := visit(edge.To); cycle != nil {
				return cycle
			}
			path = path[:len(path)-1]
		}
		done[name] = true
		return nil
	}
	for _, m := range modules {
		if cycle := visit(m.Name); cycle != nil {
			return cycle
		}
	}
	return nil
}

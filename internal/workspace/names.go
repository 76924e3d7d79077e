package workspace

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/mod/module"
)

// maxNameLength bounds a name, in bytes, so that paths made of it fit in file
// systems.
const maxNameLength = 100

// CheckName reports why name cannot be a workspace's or a module's: it becomes a
// folder of dist and an element of Go module paths. A name is lower-case letters,
// digits, "-" and "_", begins with a letter, ends with a letter or digit, has at
// most 100 bytes, and is none of what Go or Windows keep for themselves:
// "internal", "vendor", "testdata", "v2" and the like, "con" and the like.
func CheckName(name string) error {
	if len(name) > maxNameLength {
		return fmt.Errorf("it has %d bytes, the limit is %d", len(name), maxNameLength)
	}
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return errors.New("it must begin with a lower-case letter")
	}
	for i := range len(name) {
		if c := name[i]; !isLowerAlnum(c) && c != '-' && c != '_' {
			return errors.New(`it may have lower-case letters, digits, "-" and "_"`)
		}
	}
	if !isLowerAlnum(name[len(name)-1]) {
		return errors.New("it must end with a letter or a digit")
	}
	switch name {
	case "internal", "vendor", "testdata":
		return errors.New("the go command treats a folder of this name as its own")
	}
	if name[0] == 'v' && len(name) > 1 && strings.Trim(name[1:], "0123456789") == "" {
		return errors.New("in a Go path it would be a major version")
	}
	// What is left are the names of Windows devices.
	if err := module.CheckImportPath(name); err != nil {
		return reason(err)
	}
	return nil
}

func isLowerAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

// reason returns an error of x/mod without the path, which messages name already.
func reason(err error) error {
	var invalid *module.InvalidPathError
	if errors.As(err, &invalid) {
		return invalid.Err
	}
	return err
}

// validName reports whether t is a name, and its fault if not.
func (r *reader) validName(t text, path string) bool {
	err := CheckName(t.value)
	if err != nil {
		r.fault(t.pos, "", "%s %q is not valid: %v", path, t.value, err)
	}
	return err == nil
}

// DefaultName makes a valid name of the last element of a path, which the
// workspace in that folder has unless its file says otherwise.
func DefaultName(dir string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(filepath.Base(dir)) {
		if c < 0x80 && (isLowerAlnum(byte(c)) || c == '_') {
			b.WriteRune(c)
		} else {
			b.WriteByte('-')
		}
	}
	name := strings.TrimLeft(b.String(), "-_0123456789")
	name = strings.Trim(name[:min(len(name), maxNameLength)], "-_")
	if name != "" && CheckName(name) != nil {
		name += "-api"
	}
	if CheckName(name) != nil {
		return "api"
	}
	return name
}

// patterns reads a list of patterns of directories.
func (r *reader) patterns(n ast.Node, where string) []Pattern {
	var patterns []Pattern
	seen := map[string]bool{}
	for _, t := range r.texts(n, where) {
		if err := checkGlob(t.value); err != nil {
			r.fault(t.pos, "", "pattern %q is not valid: %v", t.value, err)
			continue
		}
		if seen[t.value] {
			r.fault(t.pos, "", "%s lists %q twice", where, t.value)
		}
		seen[t.value] = true
		patterns = append(patterns, Pattern{Glob: t.value, Pos: t.pos})
	}
	return patterns
}

// checkGlob reports what is wrong with a pattern.
func checkGlob(glob string) error {
	if strings.Contains(glob, `\`) {
		return errors.New(`it has a "\": separate folders with "/"`)
	}
	if strings.HasPrefix(glob, "/") {
		return errors.New("it begins with a slash: patterns are relative to a root")
	}
	for element := range strings.SplitSeq(glob, "/") {
		switch element {
		case "":
			return errors.New("it has an empty element")
		case ".", "..":
			return fmt.Errorf("it has the element %q", element)
		}
		if strings.Contains(element, "**") {
			return errors.New(`"**" is not known: "*" matches within one element`)
		}
		if _, err := path.Match(element, ""); err != nil {
			return fmt.Errorf("the element %q has a bracket without its partner", element)
		}
	}
	return nil
}

// moduleName checks the name of a pattern that matches one directory name alone.
func (r *reader) moduleName(p Pattern) {
	name := path.Base(p.Glob)
	if strings.ContainsAny(name, "*?[") {
		return
	}
	if err := CheckName(name); err != nil {
		r.fault(p.Pos, "", "pattern %q names a module %q, which is not valid: %v", p.Glob, name, err)
	}
}

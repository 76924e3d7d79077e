package generate

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/pluginpb"
)

// assemble makes files of a response. A part without a name continues the one
// before it; one with an insertion point is put into a file of the same response,
// above the line that holds the point, as plugin.proto prescribes, or, if the
// generator may insert into the files of others, left for later.
func assemble(generator string, parts []*pluginpb.CodeGeneratorResponse_File, inserts bool) ([]File, error) {
	var files []File
	at := make(map[string]int)
	for i := 0; i < len(parts); i++ {
		part := parts[i]
		name, point := part.GetName(), part.GetInsertionPoint()
		if name == "" {
			return nil, fmt.Errorf("generator %q wrote content for a file that it did not name", generator)
		}
		content := []byte(part.GetContent())
		for ; i+1 < len(parts) && parts[i+1].GetName() == "" && parts[i+1].GetInsertionPoint() == ""; i++ {
			content = append(content, parts[i+1].GetContent()...)
		}
		made, ok := at[name]
		switch {
		case point == "" && ok:
			return nil, fmt.Errorf("generator %q wrote %q twice", generator, name)
		case point == "":
			at[name] = len(files)
			files = append(files, File{Name: name, Content: content})
		case !ok && inserts:
			files = append(files, File{Name: name, Content: content, InsertionPoint: point})
		case !ok:
			return nil, fmt.Errorf("generator %q inserts at %q into %q, a file that it did not make: if that is meant, list the file's generator under inserts",
				generator, point, name)
		default:
			inserted, err := Insert(files[made].Content, point, string(content))
			if err != nil {
				return nil, fmt.Errorf("generator %q: %s: %w", generator, name, err)
			}
			files[made].Content = inserted
		}
	}
	return files, nil
}

// Insert puts text above the line of content that holds the insertion point,
// indented as that line is. Where the point stands in a comment of its own, as in
// "a /* @@protoc_insertion_point(x) */ b", it is put before that comment.
func Insert(content []byte, point, text string) ([]byte, error) {
	magic := "@@protoc_insertion_point(" + point + ")"
	before, _, ok := strings.Cut(string(content), magic)
	if !ok {
		return nil, fmt.Errorf("has no insertion point %q", point)
	}
	start := strings.LastIndexByte(before, '\n') + 1
	line := before[start:]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	const comment = "/* "
	if strings.HasSuffix(line, comment) {
		start, indent = len(before)-len(comment), ""
	}
	var b strings.Builder
	b.Write(content[:start])
	for piece := range strings.SplitAfterSeq(text, "\n") {
		if piece != "" {
			b.WriteString(indent + piece)
		}
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		b.WriteByte('\n')
	}
	b.Write(content[start:])
	return []byte(b.String()), nil
}

// CheckFiles refuses files that a generator has no business to write: names that
// are empty, absolute, not clean, climb out, mean a device somewhere, or are
// those of the tool's temporary files, and names that occur twice, differ in case
// alone, or are those of another file's folder.
func CheckFiles(generator string, files []File) error {
	seen := make(map[string]string, len(files))
	for _, file := range files {
		if reason := badName(file.Name); reason != "" {
			return fmt.Errorf("generator %q wants to write %q: %s", generator, file.Name, reason)
		}
		if file.InsertionPoint != "" {
			continue // the file is another's
		}
		folded := Fold(file.Name)
		if other, ok := seen[folded]; ok {
			if other == file.Name {
				return fmt.Errorf("generator %q wrote %q twice", generator, file.Name)
			}
			return fmt.Errorf("generator %q wrote %q and %q, which are one file where case does not count", generator, other, file.Name)
		}
		seen[folded] = file.Name
	}
	for _, file := range files {
		for folder := path.Dir(Fold(file.Name)); folder != "."; folder = path.Dir(folder) {
			if other, ok := seen[folder]; ok {
				return fmt.Errorf("generator %q wrote %q and %q, the latter into a folder that is the former's file", generator, other, file.Name)
			}
		}
	}
	return nil
}

// Fold returns a form that two names share when they are one file on a system where
// case does not count.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}

// badName says why a file must not be written, or nothing.
func badName(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case !utf8.ValidString(name):
		return "the name is not UTF-8"
	case strings.HasPrefix(name, "/"):
		return "the path is absolute"
	case strings.ContainsAny(name, "\\:*?\"<>|"):
		return `the name holds one of \ : * ? " < > |`
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "the name holds a control character"
	case name == ".." || strings.HasPrefix(name, "../") || strings.Contains(name, "/../") || strings.HasSuffix(name, "/.."):
		return "the path climbs out of the output folder"
	case path.Clean(name) != name || name == ".":
		return "the path is not clean: want " + path.Clean(name)
	case len(name) > maxNameLength:
		return fmt.Sprintf("the path has %d bytes, more than %d", len(name), maxNameLength)
	}
	for element := range strings.SplitSeq(name, "/") {
		switch {
		case strings.HasPrefix(element, "."):
			return fmt.Sprintf("%q would be hidden", element)
		case strings.HasSuffix(element, ".") || strings.HasSuffix(element, " "):
			return fmt.Sprintf("%q ends in a dot or space", element)
		case len(element) > maxElementLength:
			return fmt.Sprintf("%q has %d bytes, more than %d", element, len(element), maxElementLength)
		case isDevice(element):
			return fmt.Sprintf("%q is a device on Windows", element)
		}
	}
	return ""
}

// What file systems have room for: the whole of a path, and one element of it.
const (
	maxNameLength    = 1024
	maxElementLength = 255
)

// isDevice reports whether a file of that name, whatever its extension, is a
// device to Windows.
func isDevice(element string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(element), ".")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digits, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		digits, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(digits) == 1 && strings.ContainsAny(digits, "0123456789¹²³")
}

// Relocate makes a generator's name for a file relative to the module's output
// folder. Go plugins name files by Go import path; others by the proto's path,
// whose first folders may be the module's.
func Relocate(file File, goModule, folder string) File {
	name, ok := strings.CutPrefix(file.Name, goModule+"/")
	if !ok && folder != "" {
		name, _ = strings.CutPrefix(file.Name, folder+"/")
	}
	file.Name = name
	return file
}

package schema

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/bufbuild/protocompile/experimental/source"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// Source is a file to compile, or to import.
type Source struct {
	// Path is the path by which files import it, and Name its path relative to
	// the workspace's folder ("<built-in>/" and Path for a built-in one).
	Path string
	Name string
	// Own is true for files below a root.
	Own bool
	// Digest is that of the content when it was last read.
	Digest digest.Digest
}

// Layout says where a workspace's files are. Paths are slash-separated.
type Layout struct {
	// Dir is the workspace's folder, absolute.
	Dir string
	// Roots and Vendor are the import roots, relative to Dir. All files below a
	// root are the workspace's own; of a vendor root, those that are imported
	// are read.
	Roots  []string
	Vendor []string
	// Skip are folders, relative to Dir, in which nothing is looked for, such as
	// the tool's output should a root contain it.
	Skip []string
}

// Sources are the files of a workspace. Goroutines may share them.
type Sources struct {
	layout Layout
	index  *digest.Index
	built  *builtIns
	own    []*Source

	mu     sync.Mutex
	byPath map[string]*Source
	// refused are faults of files that were not given to the compiler, by import
	// path.
	refused map[string]diag.Diagnostic
}

// Scan finds the files below the workspace's roots and their digests. Two roots
// that hold the same import path are a [diag.List].
func Scan(layout Layout, index *digest.Index) (*Sources, error) {
	s := &Sources{
		layout:  layout,
		index:   index,
		built:   newBuiltIns(),
		byPath:  make(map[string]*Source),
		refused: make(map[string]diag.Diagnostic),
	}
	var faults diag.List
	for _, root := range layout.Roots {
		err := s.scanRoot(root, &faults)
		if err != nil {
			return nil, err
		}
	}
	if len(faults) > 0 {
		faults.Sort()
		return nil, faults
	}
	slices.SortFunc(s.own, func(a, b *Source) int { return cmp.Compare(a.Path, b.Path) })
	return s, nil
}

func (s *Sources) scanRoot(root string, faults *diag.List) error {
	// A root may be a link; below it, links to folders are not followed.
	base, err := filepath.EvalSymlinks(filepath.Join(s.layout.Dir, filepath.FromSlash(root)))
	if err != nil {
		return err
	}
	return filepath.WalkDir(base, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(file, base), string(filepath.Separator)))
		name := path.Join(root, rel)
		// What is hidden is no source: Emacs, for one, locks shop.proto with a
		// dangling link called ".#shop.proto".
		hidden := file != base && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() {
			if hidden || file != base && s.skips(name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !hidden && d.Type()&fs.ModeSymlink != 0 && isFolder(file) {
			*faults = append(*faults, diag.Diagnostic{
				Rule:     "linked-folder",
				Position: diag.Position{File: name},
				Message:  "symbolic link to a folder below a root",
				Help:     "name the folder itself in roots or vendor, or move the protos here",
			})
			return nil
		}
		if hidden || filepath.Ext(rel) != ".proto" {
			return nil
		}
		if other, ok := s.byPath[rel]; ok {
			*faults = append(*faults, diag.Diagnostic{
				Rule:     "duplicate-path",
				Position: diag.Position{File: name},
				Message:  fmt.Sprintf("%q is also in %s, so an import of it is ambiguous", rel, other.Name),
				Help:     "move or rename one of the two",
			})
			return nil
		}
		info, err := os.Stat(file)
		switch {
		case err != nil && d.Type()&fs.ModeSymlink != 0:
			*faults = append(*faults, brokenLink(file, name, err))
			return nil
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed since the folder was read
		case err != nil:
			return err
		case info.IsDir():
			return nil
		}
		sum, err := s.index.Stat(name, info)
		if err != nil {
			return err
		}
		src := &Source{Path: rel, Name: name, Own: true, Digest: sum}
		s.byPath[rel] = src
		s.own = append(s.own, src)
		return nil
	})
}

// brokenLink is the fault of a symbolic link that leads to no file.
func brokenLink(file, name string, err error) diag.Diagnostic {
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	target, _ := os.Readlink(file)
	return diag.Diagnostic{
		Rule:     "broken-link",
		Position: diag.Position{File: name},
		Message:  fmt.Sprintf("symbolic link to %q leads to no file: %v", target, err),
		Help:     "mend or remove the link",
	}
}

func (s *Sources) skips(name string) bool {
	return slices.Contains(s.layout.Skip, name) || slices.Contains(s.layout.Vendor, name)
}

// Own returns the workspace's own files, sorted by import path.
func (s *Sources) Own() []*Source {
	return s.own
}

// Digest returns a digest of where an import path leads and of what is there, and
// reports false where it leads nowhere.
func (s *Sources) Digest(importPath string) (digest.Digest, bool) {
	src, err := s.find(importPath)
	if err != nil {
		return digest.Digest{}, false
	}
	h := digest.NewHasher("productinfo source")
	h.String(src.Name)
	h.Digest(src.Digest)
	return h.Sum(), true
}

func isFolder(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.IsDir()
}

// find returns the file that an import path means: the workspace's own, else a
// vendored one, else a built-in one. Where there is none the error is
// fs.ErrNotExist.
func (s *Sources) find(importPath string) (*Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if src, ok := s.byPath[importPath]; ok {
		return src, nil
	}
	if !fs.ValidPath(importPath) {
		return nil, fs.ErrNotExist
	}
	for _, vendor := range s.layout.Vendor {
		name := path.Join(vendor, importPath)
		info, err := os.Stat(filepath.Join(s.layout.Dir, filepath.FromSlash(name)))
		// Folders, and what would be below a file, are no files to import.
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || err == nil && info.IsDir() {
			continue
		}
		if err != nil {
			return nil, err
		}
		sum, err := s.index.Stat(name, info)
		if err != nil {
			return nil, err
		}
		src := &Source{Path: importPath, Name: name, Digest: sum}
		s.byPath[importPath] = src
		return src, nil
	}
	text, err := s.built.text(importPath)
	if err != nil {
		return nil, err
	}
	src := &Source{Path: importPath, Name: builtInPrefix + importPath, Digest: digest.Of([]byte(text))}
	s.byPath[importPath] = src
	return src, nil
}

// Open returns the content of the file that an import path means, for the
// compiler. What it returns is what the file's digest is from then on: the file
// may have changed since it was found.
func (s *Sources) Open(importPath string) (*source.File, error) {
	src, err := s.find(importPath)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(src.Name, builtInPrefix) {
		text, err := s.built.text(src.Path)
		return source.NewFile(src.Name, text), err
	}
	content, err := os.ReadFile(filepath.Join(s.layout.Dir, filepath.FromSlash(src.Name)))
	if err != nil {
		return nil, err
	}
	text := string(content)
	fault := checkNesting(src.Name, text)
	s.mu.Lock()
	defer s.mu.Unlock()
	src.Digest = digest.Of(content)
	if fault != nil {
		s.refused[importPath] = *fault
		return nil, diag.List{*fault}
	}
	return source.NewFile(src.Name, text), nil
}

// compiled sets a source's digest to that of what it was compiled from.
func (s *Sources) compiled(src *Source, content digest.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	src.Digest = content
}

// is reports whether the content of a file was last seen to be this one.
func (s *Sources) is(importPath string, content digest.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	src, ok := s.byPath[importPath]
	return ok && src.Digest == content
}

// fault returns why the file that an import path means was not given to the
// compiler, if that is so.
func (s *Sources) fault(importPath string) (diag.Diagnostic, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault, ok := s.refused[importPath]
	return fault, ok
}

// searched names the places in which imports are looked for.
func (s *Sources) searched() string {
	places := make([]string, 0, len(s.layout.Roots)+len(s.layout.Vendor)+1)
	places = append(places, s.layout.Roots...)
	places = append(places, s.layout.Vendor...)
	return strings.Join(append(places, "the built-in files"), ", ")
}

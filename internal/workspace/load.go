package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/productinfo/productinfo/internal/diag"
)

// maxFileSize bounds a configuration file, in bytes.
const maxFileSize = 1 << 20

// Find returns the absolute path of the nearest folder that has a
// productinfo.yaml: dir or one above it. It is an [*Error] when there is none or
// when dir is no folder.
func Find(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", notFound("folder %q does not exist", dir)
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", notFound("%q is a file, not a folder", dir)
	}
	for folder := abs; ; folder = filepath.Dir(folder) {
		found, err := isFile(filepath.Join(folder, FileName))
		if err != nil {
			return "", err
		}
		if found {
			return folder, nil
		}
		if filepath.Dir(folder) == folder {
			return "", noWorkspace("no %s in %q or a folder above it", FileName, abs)
		}
	}
}

// Load reads the workspace in dir, the folder that has the productinfo.yaml. All
// faults of the files come at once, as an [*Error]; other errors are those of
// reading.
func Load(dir string) (*Workspace, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	data, size, err := readFile(filepath.Join(abs, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noWorkspace("no %s in %q", FileName, abs)
	}
	if err != nil {
		return nil, err
	}
	hasBuf, err := isFile(filepath.Join(abs, bufFileName))
	if err != nil {
		return nil, err
	}

	r := newReader(FileName, data)
	w := &Workspace{Dir: abs}
	if hasBuf {
		w.BufYAML = bufFileName
	}
	if root := r.document(size); root != nil {
		if err := r.workspace(w, root); err != nil {
			return nil, err
		}
	}
	if len(r.faults) > 0 {
		r.faults.Sort()
		return nil, &Error{r.faults}
	}
	return w, nil
}

// readFile returns a file's first maxFileSize bytes and its whole size.
func readFile(name string) (data []byte, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a regular file", name)
	}
	data, err = io.ReadAll(io.LimitReader(f, maxFileSize))
	return data, info.Size(), err
}

// isFile reports whether name exists and is no folder.
func isFile(name string) (bool, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return !info.IsDir(), nil
}

// notFound returns an error about what is not there to have a position.
func notFound(format string, args ...any) *Error {
	return &Error{diag.List{{Message: fmt.Sprintf(format, args...)}}}
}

// noWorkspace is notFound with the way to make a workspace.
func noWorkspace(format string, args ...any) *Error {
	e := notFound(format, args...)
	e.List[0].Help = "run `productinfo init` to make a workspace"
	return e
}

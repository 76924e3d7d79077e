// Package atomicfile replaces and creates files so that a reader, or a process
// killed at any moment, sees the old content or the new and nothing between.
//
// Content goes to a temporary file in the same folder, named
// ".productinfo-tmp-*", which is then renamed over its destination, or linked to it
// where nothing may be replaced. A killed process may leave such a file behind;
// [IsTemp] tells them.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const tempPrefix = ".productinfo-tmp-"

// IsTemp reports whether a file's base name is that of a temporary file of this
// package, which nobody needs once no process is writing.
func IsTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix)
}

// Option changes how a file is written.
type Option func(*options)

type options struct {
	fsync bool
}

// Sync makes the content durable before it gets its name, at the cost of a disk flush:
// for what cannot be made again.
func Sync() Option {
	return func(o *options) { o.fsync = true }
}

// mode is the permission bits of every file, which no umask changes.
const mode = 0o644

// Write replaces path with content. The folder must exist. On error path is as
// it was and no temporary file remains; the error is an [*fs.PathError] of path.
func Write(path string, content []byte, opts ...Option) error {
	temp, err := stage(path, content, opts)
	if err != nil {
		return failed(path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return failed(path, err)
	}
	return nil
}

// Create is Write for a path that is to be new: of all that create it at the same
// time one does, and for the others, and where anything is there already, the error
// is [fs.ErrExist]. The file system must know hard links.
func Create(path string, content []byte, opts ...Option) error {
	temp, err := stage(path, content, opts)
	if err != nil {
		return failed(path, err)
	}
	err = os.Link(temp, path)
	os.Remove(temp)
	if err != nil {
		return failed(path, err)
	}
	return nil
}

// failed names path in an error that names the temporary file, which tells nobody
// anything.
func failed(path string, err error) error {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		err = file.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &fs.PathError{Op: "write", Path: path, Err: err}
}

// stage writes content to a temporary file beside path and returns its name.
func stage(path string, content []byte, opts []Option) (_ string, err error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix+"*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(content); err != nil {
		return "", err
	}
	if err := f.Chmod(mode); err != nil {
		return "", err
	}
	if o.fsync {
		if err := f.Sync(); err != nil {
			return "", err
		}
	}
	return f.Name(), f.Close()
}

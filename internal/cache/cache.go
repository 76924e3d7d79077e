// Package cache keeps what was computed once: values under the digest of all that
// could change them, and contents under their own digest.
//
// It has two halves, as Bazel's Remote Execution API has them:
//
//   - the action cache maps a key, made with [digest.Hasher], to a small value;
//   - the content store maps the SHA-256 of a content to that content.
//
// On disk, below the cache's folder:
//
//	ac/<2 hex digits>/<62 hex digits>    a value, followed by the SHA-256 of key and value
//	cas/<2 hex digits>/<62 hex digits>   a content, under its own SHA-256
//	pruned                               its modification time is that of the last pruning
//
// Because names are derived from keys or contents, entries never change once
// written, and several processes may use one folder. What is read is checked
// first: a damaged or half-written entry is removed and counts as missing, so a
// cache may lose entries but not lie. Nothing in it is worth keeping safe: an
// entry's file may be deleted at any time.
package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/digest"
)

// touchAfter is how long after its last recorded use an entry is marked as used
// again. Marking on every use would cost a write for each read.
const touchAfter = time.Hour

// Cache is a folder of entries. Goroutines and processes may share it.
type Cache struct {
	dir string
	now func() time.Time
}

// Error is a cache that cannot be written. What is in it may be read all the same.
type Error struct {
	// Dir is the cache's folder.
	Dir string
	Err error
}

// Error names the folder and the reason.
func (e *Error) Error() string { return "cache " + e.Dir + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Open returns the cache in dir, which is made if need be. now is the clock by
// which entries age. The error is an [*Error].
func Open(dir string, now func() time.Time) (*Cache, error) {
	for _, sub := range []string{"ac", "cas"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, &Error{dir, err}
		}
	}
	return &Cache{dir: dir, now: now}, nil
}

// Dir returns the cache's folder.
func (c *Cache) Dir() string {
	return c.dir
}

// Value returns the action cache's value under key.
func (c *Cache) Value(key digest.Digest) (value []byte, ok bool) {
	path := c.path("ac", key)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	if len(content) < digest.Size {
		c.discard(path)
		return nil, false
	}
	value = content[:len(content)-digest.Size]
	if valueSum(key, value) != digest.Digest(content[len(value):]) {
		c.discard(path)
		return nil, false
	}
	c.touch(path)
	return value, true
}

// SetValue stores a value under key, over any that is there. The error is an
// [*Error].
func (c *Cache) SetValue(key digest.Digest, value []byte) error {
	sum := valueSum(key, value)
	content := make([]byte, 0, len(value)+len(sum))
	content = append(append(content, value...), sum[:]...)
	return c.write(c.path("ac", key), content)
}

// Content returns the content whose digest is d.
func (c *Cache) Content(d digest.Digest) (content []byte, ok bool) {
	path := c.path("cas", d)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	if digest.Of(content) != d {
		c.discard(path)
		return nil, false
	}
	c.touch(path)
	return content, true
}

// AddContent stores content and returns its digest. What is there already counts
// as used, and is replaced if it is damaged. The error is an [*Error].
func (c *Cache) AddContent(content []byte) (digest.Digest, error) {
	d := digest.Of(content)
	if _, ok := c.Content(d); ok {
		return d, nil
	}
	return d, c.write(c.path("cas", d), content)
}

func (c *Cache) write(path string, content []byte) error {
	if err := writeEntry(path, content); err != nil {
		return &Error{c.dir, err}
	}
	return nil
}

// writeEntry makes an entry. Readers check what they read, so a new entry needs no
// temporary file; only one that is in the way is replaced by a rename.
func writeEntry(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	if errors.Is(err, fs.ErrExist) {
		err = atomicfile.Write(path, content)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // pruned before it was renamed, as it may be at any time after
		}
		return err
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

// young is the age up to which an entry that is not whole may still be on its way.
const young = time.Minute

// discard removes a damaged entry, unless another process may be writing it.
func (c *Cache) discard(path string) {
	if info, err := os.Lstat(path); err == nil && c.now().Sub(info.ModTime()) > young {
		os.Remove(path)
	}
}

// touch marks an entry as used. Failing to is harmless: it is pruned earlier.
func (c *Cache) touch(path string) {
	now := c.now()
	if info, err := os.Lstat(path); err == nil && now.Sub(info.ModTime()) > touchAfter {
		_ = os.Chtimes(path, now, now)
	}
}

func (c *Cache) path(half string, d digest.Digest) string {
	name := d.String()
	return filepath.Join(c.dir, half, name[:2], name[2:])
}

// valueSum ties a value to its key, so that an entry renamed to another key is
// as damaged as one with other bytes.
func valueSum(key digest.Digest, value []byte) digest.Digest {
	h := digest.NewHasher("productinfo value")
	h.Digest(key)
	h.String(string(value))
	return h.Sum()
}

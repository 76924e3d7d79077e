package digest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

// settled is how old a modification must be, when a file is read, for its time
// to tell a later modification apart: longer than the clock tick of common file
// systems. Git calls what this avoids the racy index.
const settled = 100 * time.Millisecond

// settledCoarse takes its place where times seem to be kept in whole seconds, as
// HFS+ does, or in two, as FAT does.
const settledCoarse = 2 * time.Second

// Index remembers the digests of files by what the file system says of them:
// size, modification time and inode. A file for which all three are as they were
// is not read again.
//
// An index belongs to one folder, so that the folder can be moved, and is kept in
// one file, which holds nothing that cannot be computed again: one that is
// missing, damaged or of another format is an empty index. Goroutines may share
// it; two processes that save the same index file lose one's entries, not their
// truth.
type Index struct {
	root string
	file string
	now  func() time.Time

	mu      sync.Mutex
	entries map[string]entry
	changed bool
}

type entry struct {
	size  int64
	mtime int64 // nanoseconds
	inode uint64
	// digest of the content that the three above stand for.
	digest Digest
	// settled is false when the file was so young that a later write could have
	// left all three as they are.
	settled bool
	// used tells this process's entries from those that nobody asked for.
	used bool
}

// OpenIndex reads the index kept in file, of the files below root. now is the
// clock, which decides what is too young to be trusted.
func OpenIndex(file, root string, now func() time.Time) *Index {
	x := &Index{root: root, file: file, now: now, entries: make(map[string]entry)}
	if content, err := os.ReadFile(file); err == nil {
		if entries, ok := decodeIndex(content); ok {
			x.entries = entries
		}
	}
	return x
}

// File returns the digest of a file's content. path is slash-separated and
// relative to the index's root, or absolute.
func (x *Index) File(path string) (Digest, error) {
	info, err := os.Stat(x.resolve(path))
	if err != nil {
		return Digest{}, err
	}
	return x.Stat(path, info)
}

// Stat is [Index.File] for a caller that has the file's info already.
func (x *Index) Stat(path string, info fs.FileInfo) (Digest, error) {
	seen := observe(info)
	x.mu.Lock()
	known, ok := x.entries[path]
	if ok && known.settled && known.matches(seen) {
		if !known.used {
			known.used = true
			x.entries[path] = known
		}
		x.mu.Unlock()
		return known.digest, nil
	}
	x.mu.Unlock()

	if !info.Mode().IsRegular() {
		return Digest{}, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	content, err := os.ReadFile(x.resolve(path))
	if err != nil {
		return Digest{}, err
	}
	seen.digest = Of(content)
	seen.settled = x.now().Sub(info.ModTime()) > tick(info.ModTime())
	x.put(path, seen)
	return seen.digest, nil
}

// Wrote records that this process has just given path the content of digest, so
// that it need not be read back. That another process changes the file within the
// same clock tick, and keeps its size, is not provided for: reading all that was
// written once more would cost every build what it saves the next.
func (x *Index) Wrote(path string, digest Digest) error {
	info, err := os.Lstat(x.resolve(path))
	if err != nil {
		return err
	}
	seen := observe(info)
	seen.digest = digest
	seen.settled = true
	x.put(path, seen)
	return nil
}

// Trim drops the entries that nobody asked for: for a process that has asked for
// all that there are.
func (x *Index) Trim() {
	x.mu.Lock()
	defer x.mu.Unlock()
	before := len(x.entries)
	maps.DeleteFunc(x.entries, func(_ string, e entry) bool { return !e.used })
	x.changed = x.changed || len(x.entries) != before
}

// Save writes the index, if it differs from what was read.
func (x *Index) Save() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.changed {
		return nil
	}
	return atomicfile.Write(x.file, encodeIndex(x.entries))
}

// tick returns how old a modification time must be to be trusted.
func tick(mtime time.Time) time.Duration {
	if mtime.Nanosecond() == 0 {
		return settledCoarse
	}
	return settled
}

func (x *Index) put(path string, e entry) {
	e.used = true
	x.mu.Lock()
	defer x.mu.Unlock()
	x.entries[path] = e
	x.changed = true
}

func (x *Index) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return x.root + string(filepath.Separator) + filepath.FromSlash(path)
}

func observe(info fs.FileInfo) entry {
	return entry{size: info.Size(), mtime: info.ModTime().UnixNano(), inode: inode(info)}
}

func (e entry) matches(seen entry) bool {
	return e.size == seen.size && e.mtime == seen.mtime && e.inode == seen.inode
}

// The file: a magic line, the entries sorted by path, and the digest of all of
// it. An entry is its path's length (uvarint) and bytes, then fixed fields.
const (
	indexMagic     = "productinfo index 1\n"
	indexFixedSize = 8 + 8 + 8 + 1 + Size
)

func encodeIndex(entries map[string]entry) []byte {
	var b bytes.Buffer
	b.WriteString(indexMagic)
	var fixed [indexFixedSize]byte
	var length [binary.MaxVarintLen64]byte
	for _, path := range slices.Sorted(maps.Keys(entries)) {
		e := entries[path]
		b.Write(length[:binary.PutUvarint(length[:], uint64(len(path)))])
		b.WriteString(path)
		binary.BigEndian.PutUint64(fixed[0:], uint64(e.size))
		binary.BigEndian.PutUint64(fixed[8:], uint64(e.mtime))
		binary.BigEndian.PutUint64(fixed[16:], e.inode)
		fixed[24] = 0
		if e.settled {
			fixed[24] = 1
		}
		copy(fixed[25:], e.digest[:])
		b.Write(fixed[:])
	}
	sum := Of(b.Bytes())
	b.Write(sum[:])
	return b.Bytes()
}

func decodeIndex(content []byte) (map[string]entry, bool) {
	body, ok := bytes.CutPrefix(content, []byte(indexMagic))
	if !ok || len(body) < Size {
		return nil, false
	}
	if Of(content[:len(content)-Size]) != Digest(content[len(content)-Size:]) {
		return nil, false
	}
	body = body[:len(body)-Size]
	entries := make(map[string]entry, len(body)/128)
	for len(body) > 0 {
		size, n := binary.Uvarint(body)
		if n <= 0 || size > uint64(len(body)-n) || uint64(len(body)-n)-size < indexFixedSize {
			return nil, false
		}
		path := string(body[n : n+int(size)])
		fixed := body[n+int(size):]
		entries[path] = entry{
			size:    int64(binary.BigEndian.Uint64(fixed[0:])),
			mtime:   int64(binary.BigEndian.Uint64(fixed[8:])),
			inode:   binary.BigEndian.Uint64(fixed[16:]),
			settled: fixed[24] == 1,
			digest:  Digest(fixed[25:indexFixedSize]),
		}
		body = fixed[indexFixedSize:]
	}
	return entries, true
}

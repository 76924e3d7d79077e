package schema

import (
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/digest"
)

// recordKey is the key of the record of a file with this content. linked are the
// linked digests of its imports, for the second place, or nil for the first.
func (r *run) recordKey(path string, content digest.Digest, linked []digest.Digest) digest.Digest {
	h := digest.NewHasher("productinfo schema file")
	h.String(recordFormat)
	h.String(r.identity)
	h.String(path)
	h.Digest(content)
	for _, d := range linked {
		h.Digest(d)
	}
	return h.Sum()
}

// lookup returns the record of a file with this content, whatever its imports
// were, or nil.
func (r *run) lookup(src *Source) *File {
	if f, ok := r.memo[src.Path]; ok && f.content == src.Digest {
		return f
	}
	return r.fetch(src, r.recordKey(src.Path, src.Digest, nil))
}

// lookupLinked returns the record of a file with this content and these imports,
// or nil. It may be in the second place or, if other is from there, in the first.
func (r *run) lookupLinked(src *Source, other *File, imported []digest.Digest) *File {
	first := r.recordKey(src.Path, src.Digest, nil)
	for _, key := range []digest.Digest{r.recordKey(src.Path, src.Digest, imported), first} {
		if key == other.key {
			continue
		}
		f := r.fetch(src, key)
		if f != nil && slices.Equal(f.dependencies(), other.dependencies()) && equal(f.imported, imported) {
			return f
		}
	}
	return nil
}

func (r *run) fetch(src *Source, key digest.Digest) *File {
	value, ok := r.Cache.Value(key)
	if !ok {
		return nil
	}
	f, err := decodeFile(value)
	if err != nil {
		return nil
	}
	f.key, f.content = key, src.Digest
	// The bytes are read again if they are wanted: most are not.
	f.descriptor, f.info = nil, nil
	return f
}

// store writes the records of the files that were compiled, and the memo.
func (r *run) store() error {
	for _, path := range sortedKeys(r.nodes) {
		n := r.nodes[path]
		if n.state != linked || !n.fresh {
			continue
		}
		f := n.file
		f.key = r.recordKey(path, f.content, nil)
		if _, taken := r.Cache.Value(f.key); taken {
			f.key = r.recordKey(path, f.content, f.imported)
		}
		if err := r.Cache.SetValue(f.key, f.encode(true)); err != nil {
			return err
		}
	}
	// A memo only saves time, and a compilation that has succeeded is not undone
	// for want of one.
	_ = r.saveMemo()
	return nil
}

// The memo: a magic line, the compiler's identity, then for each file its path,
// content digest, key and record without descriptor, and last the SHA-256 of all
// before it. Strings and records are preceded by their length as a uvarint.
const memoMagic = "productinfo memo " + recordFormat + "\n"

func (r *run) saveMemo() error {
	if r.Memo == "" {
		return nil
	}
	unchanged := len(r.memo) == len(r.nodes)
	var b bytes.Buffer
	frame := func(s string) {
		var size [binary.MaxVarintLen64]byte
		b.Write(size[:binary.PutUvarint(size[:], uint64(len(s)))])
		b.WriteString(s)
	}
	b.WriteString(memoMagic)
	frame(r.identity)
	for _, path := range sortedKeys(r.nodes) {
		n := r.nodes[path]
		if n.state != linked {
			continue // imported by nothing any more
		}
		if r.memo[path] != n.file {
			unchanged = false
		}
		frame(path)
		b.Write(n.file.content[:])
		b.Write(n.file.key[:])
		frame(string(n.file.encode(false)))
	}
	if unchanged {
		return nil
	}
	sum := digest.Of(b.Bytes())
	b.Write(sum[:])
	return atomicfile.Write(r.Memo, b.Bytes())
}

// loadMemo returns what saveMemo wrote. A memo that is missing, damaged or
// another build's is empty.
func loadMemo(file, identity string) map[string]*File {
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return parseMemo(content, identity)
}

func parseMemo(content []byte, identity string) map[string]*File {
	if len(content) < digest.Size {
		return nil
	}
	body := content[:len(content)-digest.Size]
	if digest.Of(body) != digest.Digest(content[len(body):]) {
		return nil
	}
	text, ok := strings.CutPrefix(string(body), memoMagic)
	if !ok {
		return nil
	}
	m := &memoReader{rest: text}
	if m.frame() != identity {
		return nil
	}
	files := make(map[string]*File)
	for len(m.rest) > 0 && !m.bad {
		path := m.frame()
		content, key := m.digest(), m.digest()
		f, err := decodeFile([]byte(m.frame()))
		if err != nil {
			return nil
		}
		f.content, f.key = content, key
		files[path] = f
	}
	if m.bad {
		return nil
	}
	return files
}

type memoReader struct {
	rest string
	bad  bool
}

func (m *memoReader) take(n int) string {
	if m.bad || n < 0 || n > len(m.rest) {
		m.bad = true
		return ""
	}
	s := m.rest[:n]
	m.rest = m.rest[n:]
	return s
}

func (m *memoReader) frame() string {
	size, n := binary.Uvarint([]byte(m.rest[:min(len(m.rest), binary.MaxVarintLen64)]))
	if n <= 0 || size > uint64(len(m.rest)) {
		m.bad = true
		return ""
	}
	m.take(n)
	return m.take(int(size))
}

func (m *memoReader) digest() (d digest.Digest) {
	copy(d[:], m.take(digest.Size))
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

func equal(a, b []digest.Digest) bool {
	return slices.Equal(a, b)
}

// parent returns the package that holds a package, or "".
func parent(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return ""
}

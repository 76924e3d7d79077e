// Package digest names content by its SHA-256.
//
// Three things are named so: the bytes of a file ([Of]); a key made of many
// fields ([Hasher]), each framed by its length, so that no two lists of fields
// give the same bytes; and, without reading it again, a file that has not moved
// since it was last read ([Index]).
package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// Size is the length of a digest in bytes.
const Size = sha256.Size

// Digest is a SHA-256. The zero value stands for "none".
type Digest [Size]byte

// Of returns the digest of content.
func Of(content []byte) Digest {
	return sha256.Sum256(content)
}

// Parse reads what [Digest.String] wrote.
func Parse(text string) (Digest, error) {
	var d Digest
	if len(text) != 2*Size {
		return d, fmt.Errorf("digest %q: want %d hexadecimal digits", text, 2*Size)
	}
	if _, err := hex.Decode(d[:], []byte(text)); err != nil {
		return Digest{}, fmt.Errorf("digest %q: want %d hexadecimal digits", text, 2*Size)
	}
	return d, nil
}

// String returns the digest as 64 lower-case hexadecimal digits.
func (d Digest) String() string {
	return hex.EncodeToString(d[:])
}

// MarshalText returns the hexadecimal form.
func (d Digest) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads the hexadecimal form.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Hasher makes a digest of a list of fields. Each field is preceded by its
// length as eight big-endian bytes. It is for one goroutine.
type Hasher struct {
	hash hash.Hash
	size [8]byte
}

// listMark is a bit that no length has.
const listMark = 1 << 63

// NewHasher returns a hasher whose first field is domain, which keeps the keys
// of one purpose apart from those of another.
func NewHasher(domain string) *Hasher {
	h := &Hasher{hash: sha256.New()}
	h.String(domain)
	return h
}

// String adds a field.
func (h *Hasher) String(field string) {
	h.frame(uint64(len(field)))
	h.hash.Write([]byte(field))
}

// Strings adds the number of fields, marked so that it is not taken for a length,
// then each.
func (h *Hasher) Strings(fields []string) {
	h.frame(uint64(len(fields)) | listMark)
	for _, field := range fields {
		h.String(field)
	}
}

// Digest adds a digest as a field.
func (h *Hasher) Digest(field Digest) {
	h.frame(Size)
	h.hash.Write(field[:])
}

// Sum returns the digest of the fields so far.
func (h *Hasher) Sum() Digest {
	var d Digest
	h.hash.Sum(d[:0])
	return d
}

func (h *Hasher) frame(n uint64) {
	binary.BigEndian.PutUint64(h.size[:], n)
	h.hash.Write(h.size[:])
}

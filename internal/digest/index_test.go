package digest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// place is a folder with an index, whose clock stands still.
type place struct {
	t    *testing.T
	dir  string
	file string
	now  time.Time
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	return &place{t: t, dir: dir, file: filepath.Join(dir, "index"), now: time.Now().Add(time.Hour)}
}

func (p *place) open() *Index {
	return OpenIndex(p.file, p.dir, func() time.Time { return p.now })
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

func (p *place) write(name, content string) {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), []byte(content), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// overwrite changes a file's bytes in place and hides it: size, time and inode
// stay as they were.
func (p *place) overwrite(name, content string) {
	p.t.Helper()
	before, err := os.Stat(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(name, content)
	p.date(name, before.ModTime())
}

func (p *place) date(name string, at time.Time) {
	p.t.Helper()
	if err := os.Chtimes(p.path(name), at, at); err != nil {
		p.t.Fatal(err)
	}
}

// wants asks the index for a file, whose content must be as it says.
func (p *place) wants(x *Index, name, content string) {
	p.t.Helper()
	got, err := x.File(name)
	if err != nil {
		p.t.Fatal(err)
	}
	if got != Of([]byte(content)) {
		p.t.Errorf("%s: the digest is not that of %q", name, content)
	}
}

func (p *place) save(x *Index) {
	p.t.Helper()
	if err := x.Save(); err != nil {
		p.t.Fatal(err)
	}
}

func TestIndexDoesNotReadAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("f", "old")
	x := p.open()
	p.wants(x, "f", "old")
	p.overwrite("f", "new")
	p.wants(x, "f", "old")
	p.save(x)
	p.wants(p.open(), "f", "old")
	// The same path spelt as an absolute one is an entry of its own.
	p.wants(p.open(), p.path("f"), "new")
}

func TestIndexSeesChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(p *place)
		want   string
	}{
		{"size", func(p *place) { p.overwrite("f", "longer") }, "longer"},
		{"time", func(p *place) { p.overwrite("f", "new"); p.date("f", p.now.Add(-time.Minute)) }, "new"},
		{"inode", func(p *place) {
			before, err := os.Stat(p.path("f"))
			if err != nil {
				p.t.Fatal(err)
			}
			p.write("g", "new")
			if err := os.Rename(p.path("g"), p.path("f")); err != nil {
				p.t.Fatal(err)
			}
			p.date("f", before.ModTime())
		}, "new"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.write("f", "old")
			x := p.open()
			p.wants(x, "f", "old")
			p.save(x)
			test.change(p)
			p.wants(x, "f", test.want)
			p.wants(p.open(), "f", test.want)
		})
	}
}

func TestIndexDoesNotTrustTheYoung(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		age     time.Duration // of the modification, when the file is read
		trusted bool
	}{
		{"just written", 0, false},
		{"a tick ago", settled, false},
		{"in the future", -time.Hour, false},
		{"longer ago", settled + time.Millisecond, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.write("f", "old")
			p.date("f", p.now.Add(-test.age))
			x := p.open()
			p.wants(x, "f", "old")
			p.save(x)
			p.overwrite("f", "new")
			want := "new"
			if test.trusted {
				want = "old"
			}
			// It is the age when the file was read that counts, not the age now.
			p.now = p.now.Add(24 * time.Hour)
			p.wants(p.open(), "f", want)
			p.wants(x, "f", want)
		})
	}
}

func TestIndexTrustsWhatItWasTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("f", "is")
	x := p.open()
	if err := x.Wrote("f", Of([]byte("told"))); err != nil {
		t.Fatal(err)
	}
	p.wants(x, "f", "told")
	p.save(x)
	p.wants(p.open(), "f", "told")
	p.overwrite("f", "other")
	p.wants(p.open(), "f", "other")
	if err := x.Wrote("missing", Digest{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("telling of a missing file: %v", err)
	}
}

func TestIndexErrors(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if err := os.Mkdir(p.path("folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	x := p.open()
	if _, err := x.File("missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := x.File("folder"); err == nil {
		t.Error("a folder has a digest")
	}
	// A file that was there is forgotten with its entry, not remembered.
	p.write("f", "old")
	p.wants(x, "f", "old")
	if err := os.Remove(p.path("f")); err != nil {
		t.Fatal(err)
	}
	if _, err := x.File("f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed file: %v", err)
	}
}

func TestIndexDropsTheUnused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("a", "a")
	p.write("b", "b")
	x := p.open()
	p.wants(x, "a", "a")
	p.wants(x, "b", "b")
	p.save(x)
	for _, trim := range []bool{false, true} {
		x = p.open()
		p.wants(x, "a", "a")
		want := 2
		if trim {
			x.Trim()
			want = 1
		}
		p.save(x)
		content, err := os.ReadFile(p.file)
		if err != nil {
			t.Fatal(err)
		}
		entries, ok := decodeIndex(content)
		if _, kept := entries["a"]; !ok || !kept || len(entries) != want {
			t.Errorf("trimmed: %t: the index holds %v", trim, entries)
		}
	}
}

func TestIndexIsNotWrittenUnchanged(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("f", "f")
	x := p.open()
	p.wants(x, "f", "f")
	p.save(x)
	long := p.now.Add(-48 * time.Hour)
	p.date("index", long)
	x = p.open()
	p.wants(x, "f", "f")
	p.save(x)
	if info, err := os.Stat(p.file); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("the index was written again (%v)", err)
	}
}

func TestIndexDamaged(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("f", "f")
	x := p.open()
	p.wants(x, "f", "f")
	p.save(x)
	whole, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, ok := decodeIndex(whole[:n]); ok {
			t.Errorf("the first %d of %d bytes are an index", n, len(whole))
		}
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0x20
		if _, ok := decodeIndex(damaged); ok {
			t.Errorf("with byte %d changed it is an index", n)
		}
	}
	p.write("index", string(whole[:len(whole)/2]))
	p.overwrite("f", "g")
	x = p.open()
	p.wants(x, "f", "g")
	p.save(x)
	p.wants(p.open(), "f", "g")
}

func TestIndexSaveFails(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("f", "f")
	x := OpenIndex(filepath.Join(p.dir, "none", "index"), p.dir, time.Now)
	p.wants(x, "f", "f")
	if err := x.Save(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("saving into a missing folder: %v", err)
	}
}

func TestIndexIsShared(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	const files = 20
	for i := range files {
		p.write(fmt.Sprint(i), fmt.Sprint(i))
	}
	x := p.open()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range files {
				got, err := x.File(fmt.Sprint(i))
				if err != nil || got != Of([]byte(fmt.Sprint(i))) {
					t.Errorf("file %d: %v, %v", i, got, err)
				}
				if err := x.Wrote(fmt.Sprint(i), got); err != nil {
					t.Error(err)
				}
			}
			if err := x.Save(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	p.save(x)
	content, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	if entries, ok := decodeIndex(content); !ok || len(entries) != files {
		t.Errorf("the index holds %d entries, want %d", len(entries), files)
	}
}

// FuzzDecodeIndex gives the decoder bodies whose checksum is right, since no other
// reaches it.
func FuzzDecodeIndex(f *testing.F) {
	entries := map[string]entry{
		"a.proto":   {size: 3, mtime: -1, inode: 1 << 63, digest: Of(nil), settled: true},
		"b/c.proto": {},
	}
	body := bytes.TrimPrefix(encodeIndex(entries), []byte(indexMagic))
	f.Add(body[:len(body)-Size])
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add(bytes.Repeat([]byte{1}, 200))
	f.Fuzz(func(t *testing.T, body []byte) {
		decodeIndex(body)
		content := append([]byte(indexMagic), body...)
		sum := Of(content)
		entries, ok := decodeIndex(append(content, sum[:]...))
		if !ok {
			return
		}
		again, ok := decodeIndex(encodeIndex(entries))
		if !ok || len(again) != len(entries) {
			t.Fatalf("%d entries became %d", len(entries), len(again))
		}
		for path, e := range entries {
			if again[path] != e {
				t.Errorf("%q: %v became %v", path, e, again[path])
			}
		}
	})
}

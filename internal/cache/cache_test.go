package cache

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/digest"
)

// clock is a clock that tests set. Goroutines may share it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	// Far from the real time, by which file systems date what is written.
	return &clock{now: time.Now().Add(1000 * time.Hour).Truncate(time.Second)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t *testing.T, dir string, now *clock) *Cache {
	t.Helper()
	c, err := Open(dir, now.Now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newCache(t *testing.T) *Cache {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "new", "cache"), newClock())
}

func key(name string) digest.Digest { return digest.Of([]byte(name)) }

func setValue(t *testing.T, c *Cache, k digest.Digest, value string) {
	t.Helper()
	if err := c.SetValue(k, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func addContent(t *testing.T, c *Cache, content string) digest.Digest {
	t.Helper()
	d, err := c.AddContent([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	if d != digest.Of([]byte(content)) {
		t.Fatalf("AddContent returned %v", d)
	}
	return d
}

func wantValue(t *testing.T, c *Cache, k digest.Digest, want string) {
	t.Helper()
	if got, ok := c.Value(k); !ok || string(got) != want {
		t.Errorf("value is %q, %v, want %q", got, ok, want)
	}
}

func wantNoValue(t *testing.T, c *Cache, k digest.Digest) {
	t.Helper()
	if got, ok := c.Value(k); ok {
		t.Errorf("there is a value %q", got)
	}
}

func wantContent(t *testing.T, c *Cache, want string) {
	t.Helper()
	if got, ok := c.Content(digest.Of([]byte(want))); !ok || string(got) != want {
		t.Errorf("content is %q, %v, want %q", got, ok, want)
	}
}

var contents = []string{"", "a", "text\n", string(bytes.Repeat([]byte{0, 0xff}, 1<<16))}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	for i, text := range contents {
		k := key(fmt.Sprint(i))
		wantNoValue(t, c, k)
		setValue(t, c, k, text)
		wantValue(t, c, k, text)
		setValue(t, c, k, text+"2")
		wantValue(t, c, k, text+"2")

		d := digest.Of([]byte(text))
		if _, ok := c.Content(d); ok {
			t.Errorf("content %d is there before it was added", i)
		}
		for range 2 {
			addContent(t, c, text)
			wantContent(t, c, text)
		}
	}
	if info, err := c.Info(); err != nil || info.Values != len(contents) || info.Contents != len(contents) || info.Dir != c.Dir() {
		t.Errorf("Info is %+v, %v", info, err)
	}
}

// TestHalvesAreApart holds that a content is no value, even under its own digest.
func TestHalvesAreApart(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	d := addContent(t, c, "content")
	wantNoValue(t, c, d)
	setValue(t, c, key("k"), "value")
	if _, ok := c.Content(key("k")); ok {
		t.Error("a value is a content")
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	tests := map[string]func(entry []byte) []byte{
		"first byte":     func(e []byte) []byte { e[0] ^= 1; return e },
		"last byte":      func(e []byte) []byte { e[len(e)-1] ^= 1; return e },
		"cut by one":     func(e []byte) []byte { return e[:len(e)-1] },
		"cut to a few":   func(e []byte) []byte { return e[:3] },
		"empty":          func([]byte) []byte { return nil },
		"longer":         func(e []byte) []byte { return append(e, 0) },
		"zeros":          func(e []byte) []byte { return make([]byte, len(e)) },
		"twice the same": func(e []byte) []byte { return append(e, e...) },
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCache(t)
			k, d := key("k"), addContent(t, c, "content")
			setValue(t, c, k, "value")
			for _, path := range []string{c.path("ac", k), c.path("cas", d)} {
				entry, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, damage(entry), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wantNoValue(t, c, k)
			if got, ok := c.Content(d); ok {
				t.Errorf("there is a content %q", got)
			}
			if info, err := c.Info(); err != nil || info.Values+info.Contents != 0 {
				t.Errorf("the damaged entries were left: %+v, %v", info, err)
			}
			setValue(t, c, k, "value")
			wantValue(t, c, k, "value")
			addContent(t, c, "content")
			wantContent(t, c, "content")
		})
	}
}

// TestAddContentMends holds that adding replaces what is damaged, though nobody
// has noticed yet and the size is right.
func TestAddContentMends(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	d := addContent(t, c, "content")
	for _, damaged := range []string{"c0ntent", "", "content and more"} {
		if err := os.WriteFile(c.path("cas", d), []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		addContent(t, c, "content")
		wantContent(t, c, "content")
	}
}

func TestEntryOfAnotherKey(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	a, b := key("a"), key("b")
	setValue(t, c, a, "value of a")
	setValue(t, c, b, "value of b")
	if err := os.Rename(c.path("ac", a), c.path("ac", b)); err != nil {
		t.Fatal(err)
	}
	wantNoValue(t, c, b)
	wantNoValue(t, c, a)
}

// TestSharedFolder has two caches, as two processes have them, on one folder.
func TestSharedFolder(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), newClock()
	one, two := open(t, dir, now), open(t, dir, now)
	setValue(t, one, key("k"), "one")
	wantValue(t, two, key("k"), "one")
	setValue(t, two, key("k"), "two")
	wantValue(t, one, key("k"), "two")
	addContent(t, one, "content")
	wantContent(t, two, "content")
	if _, _, err := two.Prune(0); err != nil {
		t.Fatal(err)
	}
	wantNoValue(t, one, key("k"))
	setValue(t, one, key("k"), "again")
	wantValue(t, two, key("k"), "again")
}

// TestConcurrentWriters writes, reads and prunes the same few entries at once: a
// reader may miss an entry, but gets no other content.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), newClock()
	value := func(k int) []byte { return bytes.Repeat([]byte{byte('a' + k)}, 1<<14) }
	var group sync.WaitGroup
	for range 2 {
		c := open(t, dir, now)
		for range 4 {
			group.Go(func() {
				for i := range 40 {
					want := value(i % 3)
					k := digest.Of(want[:1])
					if err := c.SetValue(k, want); err != nil {
						t.Error(err)
					}
					if got, ok := c.Value(k); ok && !bytes.Equal(got, want) {
						t.Error("a value is not what was stored")
					}
					d, err := c.AddContent(want)
					if err != nil {
						t.Error(err)
					}
					if got, ok := c.Content(d); ok && !bytes.Equal(got, want) {
						t.Error("a content is not what was added")
					}
				}
			})
		}
		group.Go(func() {
			for range 10 {
				if _, _, err := c.Prune(1 << 14); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	c := open(t, dir, now)
	for i := range 3 {
		setValue(t, c, digest.Of(value(i)[:1]), string(value(i)))
		wantValue(t, c, digest.Of(value(i)[:1]), string(value(i)))
		addContent(t, c, string(value(i)))
		wantContent(t, c, string(value(i)))
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "cache"), time.Now); err == nil {
		t.Error("a cache was opened below a file")
	}
	c := open(t, filepath.Join(dir, "cache"), newClock())
	// A file where the folder of an entry belongs is in everybody's way, root's too.
	k := key("k")
	if err := os.WriteFile(filepath.Dir(c.path("ac", k)), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	wantNoValue(t, c, k)
	if err := c.SetValue(k, nil); err == nil {
		t.Error("a value was stored below a file")
	}
	// A folder that has gone is made again, or is an error; nothing panics.
	if err := os.RemoveAll(c.Dir()); err != nil {
		t.Fatal(err)
	}
	wantNoValue(t, c, k)
	if err := c.SetValue(k, nil); err == nil {
		t.Error("a value was stored in a cache that has gone")
	}
	if info, err := c.Info(); err != nil || info.Bytes != 0 {
		t.Errorf("Info is %+v, %v", info, err)
	}
}

func TestUnreadableFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		// Root reads everything: without permissions there is nothing to see here.
		t.Log("as root nothing is unreadable, so that only Open is tried")
	}
	c := newCache(t)
	setValue(t, c, key("k"), "value")
	closed := filepath.Dir(c.path("ac", key("k")))
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(closed, fs.FileMode(0o755)); err != nil {
			t.Error(err)
		}
	})
	if _, ok := c.Value(key("k")); ok != (os.Geteuid() == 0) {
		t.Errorf("reading from an unreadable folder: %v", ok)
	}
	if _, err := c.Info(); (err == nil) != (os.Geteuid() == 0) {
		t.Errorf("listing an unreadable folder: %v", err)
	}
}

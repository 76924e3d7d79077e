package cache

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/digest"
)

const kilobyte = "0123456789012345678901234567890123456789012345678901234567890123"

// dated adds a content that was last used at the clock's time.
func dated(t *testing.T, c *Cache, content string, at time.Time) {
	t.Helper()
	d := addContent(t, c, content)
	if err := os.Chtimes(c.path("cas", d), at, at); err != nil {
		t.Fatal(err)
	}
}

func has(c *Cache, content string) bool {
	_, err := os.Lstat(c.path("cas", digest.Of([]byte(content))))
	return err == nil
}

func TestPruneByLastUse(t *testing.T) {
	t.Parallel()
	now := newClock()
	c := open(t, t.TempDir(), now)
	start := now.Now()
	for i, name := range []string{"a", "b", "c", "d"} {
		dated(t, c, name+kilobyte, start.Add(time.Duration(i)*time.Minute))
	}
	// Reading marks an entry as used, an hour after it was last marked.
	now.Add(30 * time.Minute)
	wantContent(t, c, "b"+kilobyte)
	now.Add(2 * time.Hour)
	wantContent(t, c, "a"+kilobyte)

	const size = int64(len(kilobyte) + 1)
	entries, freed, err := c.Prune(2*size + size/2)
	if err != nil || entries != 2 || freed != 2*size {
		t.Errorf("Prune removed %d entries of %d bytes, %v", entries, freed, err)
	}
	for name, want := range map[string]bool{"a": true, "b": false, "c": false, "d": true} {
		if has(c, name+kilobyte) != want {
			t.Errorf("%s is there: %v", name, !want)
		}
	}
	if entries, freed, err := c.Prune(2 * size); err != nil || entries != 0 || freed != 0 {
		t.Errorf("what is at the limit was pruned: %d entries, %d bytes, %v", entries, freed, err)
	}
	if info, err := c.Info(); err != nil || info.Bytes != 2*size {
		t.Errorf("Info is %+v, %v", info, err)
	}
}

// TestPruneSparesWhatWasAddedAgain holds that adding what is there counts as use.
func TestPruneSparesWhatWasAddedAgain(t *testing.T) {
	t.Parallel()
	now := newClock()
	c := open(t, t.TempDir(), now)
	dated(t, c, "a"+kilobyte, now.Now())
	dated(t, c, "b"+kilobyte, now.Now().Add(time.Minute))
	now.Add(2 * time.Hour)
	addContent(t, c, "a"+kilobyte)
	if _, _, err := c.Prune(int64(len(kilobyte) + 1)); err != nil {
		t.Fatal(err)
	}
	if !has(c, "a"+kilobyte) || has(c, "b"+kilobyte) {
		t.Error("the entry that was added again was pruned")
	}
}

func TestPruneLeavesOtherFiles(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	tool := filepath.Join(c.Dir(), "tools", "buf")
	if err := os.MkdirAll(filepath.Dir(tool), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tool, []byte(kilobyte), 0o755); err != nil {
		t.Fatal(err)
	}
	setValue(t, c, key("k"), "value")
	if _, _, err := c.Prune(0); err != nil {
		t.Fatal(err)
	}
	wantNoValue(t, c, key("k"))
	if _, err := os.Stat(tool); err != nil {
		t.Error(err)
	}
}

func TestPruneIfDue(t *testing.T) {
	t.Parallel()
	now := newClock()
	c := open(t, t.TempDir(), now)
	steps := []struct {
		name   string
		wait   time.Duration
		pruned bool
	}{
		{"never before", 0, false},
		{"at once", 0, false},
		{"within a day", 24*time.Hour - time.Second, false},
		{"after a day", time.Second, true},
		{"within the next", 23 * time.Hour, false},
		{"after the next", time.Hour, true},
	}
	for _, step := range steps {
		now.Add(step.wait)
		addContent(t, c, kilobyte)
		if err := c.PruneIfDue(0); err != nil {
			t.Fatal(err)
		}
		if has(c, kilobyte) == step.pruned {
			t.Errorf("%s: pruned is %v", step.name, !step.pruned)
		}
	}
}

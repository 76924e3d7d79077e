package cache

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// DefaultLimit is the size in bytes that a cache is pruned to unless told
// otherwise.
const DefaultLimit = 5 << 30

// pruneEvery is the least time between two prunings that nobody asked for.
const pruneEvery = 24 * time.Hour

// Info says what a cache holds.
type Info struct {
	// Dir is the cache's folder.
	Dir string `json:"dir"`
	// Values and Contents count the entries of the two halves.
	Values   int `json:"values"`
	Contents int `json:"contents"`
	// Bytes is the size of all entries.
	Bytes int64 `json:"bytes"`
}

type found struct {
	path string
	size int64
	used time.Time
}

// Info counts the entries.
func (c *Cache) Info() (Info, error) {
	info := Info{Dir: c.dir}
	values, err := c.list("ac")
	if err != nil {
		return info, err
	}
	contents, err := c.list("cas")
	if err != nil {
		return info, err
	}
	info.Values, info.Contents = len(values), len(contents)
	for _, entry := range append(values, contents...) {
		info.Bytes += entry.size
	}
	return info, nil
}

// Prune removes the entries used longest ago until the rest is at most limit
// bytes. It returns how many entries and bytes it removed. Other processes may
// use the cache meanwhile.
func (c *Cache) Prune(limit int64) (entries int, size int64, err error) {
	values, err := c.list("ac")
	if err != nil {
		return 0, 0, err
	}
	contents, err := c.list("cas")
	if err != nil {
		return 0, 0, err
	}
	all := append(values, contents...)
	var total int64
	for _, entry := range all {
		total += entry.size
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path))
	})
	for _, entry := range all {
		if total-size <= limit {
			break
		}
		if err := os.Remove(entry.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return entries, size, err
		}
		entries++
		size += entry.size
	}
	return entries, size, c.stamp()
}

// PruneIfDue prunes to limit when that was last done over a day ago.
func (c *Cache) PruneIfDue(limit int64) error {
	info, err := os.Stat(filepath.Join(c.dir, "pruned"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.stamp()
	case err != nil:
		return err
	case c.now().Sub(info.ModTime()) < pruneEvery:
		return nil
	}
	_, _, err = c.Prune(limit)
	return err
}

func (c *Cache) stamp() error {
	path := filepath.Join(c.dir, "pruned")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, c.now(), c.now())
}

func (c *Cache) list(half string) ([]found, error) {
	var all []found
	err := filepath.WalkDir(filepath.Join(c.dir, half), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		all = append(all, found{path: path, size: info.Size(), used: info.ModTime()})
		return nil
	})
	return all, err
}

// ignoreMissing lets another process remove entries while this one looks.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "", "a longer one"} {
		if err := atomicfile.Write(file, []byte(content), atomicfile.Sync()); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != content {
			t.Errorf("read %q, %v, want %q", got, err, content)
		}
	}
	onlyFile(t, file)
}

func TestWriteReplacesALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("target"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "target" {
		t.Errorf("where the link led is %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the link is %v, %v", info, err)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := atomicfile.Create(file, []byte("first"), atomicfile.Sync()); err != nil {
		t.Fatal(err)
	}
	var failed *fs.PathError
	if err := atomicfile.Create(file, []byte("second")); !errors.Is(err, fs.ErrExist) || !errors.As(err, &failed) || failed.Path != file {
		t.Errorf("error is %v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "first" {
		t.Errorf("read %q, %v", got, err)
	}
	onlyFile(t, file)
}

// TestCreateReplacesNothing has things at the path that are no files with content.
func TestCreateReplacesNothing(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"folder":        func(path string) error { return os.Mkdir(path, 0o755) },
		"dangling link": func(path string) error { return os.Symlink("nowhere", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "file")
			if err := put(file); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := atomicfile.Create(file, []byte("new")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("error is %v", err)
			}
			if after, err := os.Lstat(file); err != nil || !os.SameFile(before, after) {
				t.Errorf("it is %v, %v", after, err)
			}
			onlyFile(t, file)
		})
	}
}

// TestConcurrentCreators has many create one file: one of them does.
func TestConcurrentCreators(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 20 {
		file := filepath.Join(dir, strconv.Itoa(round))
		var creators sync.WaitGroup
		winners := make(chan string, 8)
		for i := range cap(winners) {
			content := string(bytes.Repeat([]byte{byte('a' + i)}, 1000+i))
			creators.Go(func() {
				switch err := atomicfile.Create(file, []byte(content)); {
				case err == nil:
					winners <- content
				case !errors.Is(err, fs.ErrExist):
					t.Error(err)
				}
			})
		}
		creators.Wait()
		if len(winners) != 1 {
			t.Fatalf("%d have created the file", len(winners))
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != <-winners {
			t.Errorf("the file is not the winner's: %d bytes, %v", len(got), err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 20 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	t.Run("missing folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		err := atomicfile.Write(filepath.Join(dir, "none", "file"), nil)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error is %v", err)
		}
		onlyFile(t, filepath.Join(dir, "*"))
	})
	t.Run("a folder in the way", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.MkdirAll(filepath.Join(file, "below"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(file, []byte("new")); err == nil {
			t.Error("a folder was replaced")
		}
		onlyFile(t, file)
	})
	t.Run("a file for a folder", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(filepath.Join(file, "below"), []byte("new")); err == nil {
			t.Error("a file was written below a file")
		}
		onlyFile(t, file)
	})
}

// TestReadersSeeOldOrNew has readers read while a writer replaces.
func TestReadersSeeOldOrNew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	contents := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 3<<15)}
	if err := atomicfile.Write(file, contents[0]); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := os.ReadFile(file)
				if err != nil || !bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1]) {
					t.Errorf("read %d bytes that are neither content, %v", len(got), err)
					return
				}
			}
		})
	}
	for i := range 200 {
		if err := atomicfile.Write(file, contents[i%2]); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
	onlyFile(t, file)
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	var writers sync.WaitGroup
	for i := range 8 {
		content := bytes.Repeat([]byte{byte('a' + i)}, 1000+i)
		writers.Go(func() {
			for range 20 {
				if err := atomicfile.Write(file, content); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	got, err := os.ReadFile(file)
	if err != nil || len(got) < 1000 || !bytes.Equal(got, bytes.Repeat(got[:1], 1000+int(got[0]-'a'))) {
		t.Errorf("the file is no writer's: %d bytes, %v", len(got), err)
	}
	onlyFile(t, file)
}

func TestIsTemp(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		".productinfo-tmp-123": true,
		".productinfo":         false,
		"productinfo-tmp-1":    false,
		"":                     false,
	} {
		if got := atomicfile.IsTemp(name); got != want {
			t.Errorf("IsTemp(%q) = %v", name, got)
		}
	}
}

// onlyFile fails the test when there is anything beside file.
func onlyFile(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != filepath.Base(file) {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

package reference

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxListed is how many differing files an error of CompareTrees names.
const maxListed = 10

// CompareTrees compares the files of two folders byte for byte and returns nil
// when they are the same. keep is asked about each slash-separated path below
// either folder; files that it turns down do not count. The error names the
// files that differ, the first ten of them. A folder that does not exist is an
// empty one; finding no file in want is an error, since it proves nothing.
func CompareTrees(got, want string, keep func(path string) bool) error {
	gotFiles, err := listFiles(got, keep)
	if err != nil {
		return err
	}
	wantFiles, err := listFiles(want, keep)
	if err != nil {
		return err
	}
	if len(wantFiles) == 0 {
		return fmt.Errorf("%s has no files to compare with", want)
	}
	all := maps.Clone(gotFiles)
	maps.Copy(all, wantFiles)
	var diffs []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		switch {
		case !wantFiles[path]:
			diffs = append(diffs, path+": not written by buf")
		case !gotFiles[path]:
			diffs = append(diffs, path+": written by buf alone")
		default:
			diff, err := compareFiles(filepath.Join(got, path), filepath.Join(want, path))
			if err != nil {
				return err
			}
			if diff != "" {
				diffs = append(diffs, path+": "+diff)
			}
		}
	}
	if len(diffs) == 0 {
		return nil
	}
	more := ""
	if len(diffs) > maxListed {
		more = fmt.Sprintf("\n  and %d more", len(diffs)-maxListed)
	}
	listed := diffs[:min(len(diffs), maxListed)]
	return fmt.Errorf("%d of %d files differ:\n  %s%s", len(diffs), len(all), strings.Join(listed, "\n  "), more)
}

func listFiles(dir string, keep func(path string) bool) (map[string]bool, error) {
	files := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == dir && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if entry.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); keep(rel) {
			files[rel] = true
		}
		return nil
	})
	return files, err
}

// compareFiles returns "", or where two files first differ.
func compareFiles(gotPath, wantPath string) (string, error) {
	got, err := os.ReadFile(gotPath)
	if err != nil {
		return "", err
	}
	want, err := os.ReadFile(wantPath)
	if err != nil {
		return "", err
	}
	return firstDifference(got, want), nil
}

// firstDifference returns "" for equal contents, else the first line that
// differs, as both have it.
func firstDifference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	gotLines, wantLines := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(gotLines), len(wantLines)) {
		if !bytes.Equal(gotLines[i], wantLines[i]) {
			return fmt.Sprintf("line %d is %q, want %q", i+1, gotLines[i], wantLines[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(gotLines), len(wantLines))
}

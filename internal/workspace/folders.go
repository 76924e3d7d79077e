package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/goccy/go-yaml/ast"
)

// folders reads a list of folders, or files, of the workspace, and returns their clean paths.
func (r *reader) folders(n ast.Node, where string) []text {
	var folders []text
	seen := map[string]bool{}
	for _, t := range r.texts(n, where) {
		folder, err := cleanFolder(t.value)
		if err != nil {
			r.fault(t.pos, "", "%s: %q %v", where, t.value, err)
			continue
		}
		if seen[folder] {
			r.fault(t.pos, "", "%s lists %q twice", where, folder)
			continue
		}
		seen[folder] = true
		folders = append(folders, text{folder, t.pos})
	}
	return folders
}

// cleanFolder returns the shortest form of a folder's path, or why it is none of
// the workspace's. The error continues a sentence that begins with the path.
func cleanFolder(folder string) (string, error) {
	switch {
	case strings.Contains(folder, `\`):
		return "", errors.New(`has a "\": separate folders with "/"`)
	case path.IsAbs(folder), len(folder) > 1 && folder[1] == ':':
		return "", errors.New("is absolute: paths are relative to the workspace")
	}
	folder = path.Clean(folder)
	if within(folder, "..") {
		return "", errors.New("leads out of the workspace")
	}
	for _, own := range []string{"dist", ".productinfo"} {
		if within(folder, own) {
			return "", fmt.Errorf("is where productinfo writes: %s is not for sources", own)
		}
	}
	return folder, nil
}

// within reports whether a clean path is folder or lies below it.
func within(name, folder string) bool {
	if folder == "." {
		return !within(name, "..")
	}
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// exist reports the folders that are not there, with a format that takes the
// path, and those that are files. The error is any other that the system has.
func (r *reader) exist(dir string, folders []text, missing, help string) error {
	for _, f := range folders {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.value)))
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
			r.fault(f.pos, help, missing, f.value)
		case err != nil:
			return err
		case !info.IsDir():
			r.fault(f.pos, "", "%q is a file, not a folder", f.value)
		}
	}
	return nil
}

// files reports inputs of generators that are no regular files inside dir, links
// followed. The error is any other that the system has.
func (r *reader) files(dir string, inputs []text) error {
	if len(inputs) == 0 {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, input := range inputs {
		info, err := root.Stat(filepath.FromSlash(input.value))
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
			r.fault(input.pos, "make the file or correct inputs", "input %q does not exist", input.value)
		case errors.Is(err, fs.ErrPermission):
			return err
		case err != nil:
			// Mostly a link that leads out.
			var fault *fs.PathError
			if errors.As(err, &fault) {
				err = fault.Err
			}
			r.fault(input.pos, "", "input %q is no file of the workspace: %v", input.value, err)
		case !info.Mode().IsRegular():
			r.fault(input.pos, "list each file", "input %q is not a regular file", input.value)
		}
	}
	return nil
}

// apart reports roots that share files with other roots or are vendored.
func (r *reader) apart(roots, vendor []text, excludes []string) {
	isRoot, isVendor := set(roots), set(vendor)
	for _, root := range roots {
		for outer := root.value; outer != "."; {
			outer = path.Dir(outer)
			// An inner root that buf.yaml takes out of the outer one shares nothing.
			excluded := slices.ContainsFunc(excludes, func(e string) bool {
				return within(root.value, e) && within(e, outer)
			})
			if isRoot[outer] && !excluded {
				r.fault(root.pos, "keep one of them: a file would have two import paths",
					"root %q lies in root %q", root.value, outer)
			}
			if isVendor[outer] {
				r.fault(root.pos, "", "root %q lies in vendor folder %q", root.value, outer)
			}
		}
	}
	for _, v := range vendor {
		if isRoot[v.value] {
			r.fault(v.pos, "keep it in roots to generate it, in vendor to import it alone",
				"vendor folder %q is a root as well", v.value)
		}
	}
}

// set returns the strings as a set.
func set(list []text) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, t := range list {
		m[t.value] = true
	}
	return m
}

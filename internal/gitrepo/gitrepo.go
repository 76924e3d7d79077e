// Package gitrepo reads what a git repository holds, by running git.
//
// Files are read as the objects that they are, not by git archive, which leaves
// out or alters what .gitattributes says (export-ignore, export-subst).
package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoRef says that a repository has no commit by a name.
var ErrNoRef = errors.New("no such commit, branch or tag")

// waitDelay is how long after git was killed its pipes are waited for: what it
// started may hold them open.
const waitDelay = 2 * time.Second

// Repo is a folder of a git repository. Goroutines may share it.
type Repo struct {
	// Dir is the folder, which need not be the repository's top.
	Dir string
	// Env is the environment that git gets, as os.Environ returns it.
	Env []string
}

// Link is a symbolic link in a commit.
type Link struct {
	// Name is slash-separated and relative to the repo's folder, Target what the
	// link holds.
	Name, Target string
}

// Extract writes the files below the repo's folder, as they are in the commit
// that ref names, into dest: those whose name, slash-separated and relative to the
// folder, keep accepts. All folders of the commit are made, even where no file is
// kept. Only regular files are written: a link to a file below the repo's folder
// becomes a copy of it, and all other kept links are returned, sorted by name. A
// folder that the commit does not have is empty.
func (r Repo) Extract(ctx context.Context, ref string, keep func(name string) bool, dest string) ([]Link, error) {
	commit, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, outside := r.line(ctx, "rev-parse", "--git-dir"); outside != nil {
			return nil, outside
		}
		return nil, fmt.Errorf("git ref %q: %w: fetch it first, or name another", ref, ErrNoRef)
	}
	prefix, err := r.line(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	folder := commit + ":" + strings.TrimSuffix(prefix, "/")
	if kind, err := r.line(ctx, "cat-file", "-t", folder); err != nil || kind != "tree" {
		return nil, ctx.Err()
	}
	listing, err := r.output(ctx, "ls-tree", "-r", "-z", "--full-tree", folder)
	if err != nil {
		return nil, err
	}
	t, err := parseTree(listing)
	if err != nil {
		return nil, err
	}
	names := t.names(keep)
	if err := r.readLinks(ctx, t, names); err != nil {
		return nil, err
	}
	var lost []Link
	var objects []string
	kept := names[:0]
	for _, name := range names {
		object, ok := t.resolve(name)
		if !ok {
			lost = append(lost, Link{name, t.targets[name]})
			continue
		}
		kept, objects = append(kept, name), append(objects, object)
	}
	for folder := range t.folders {
		if err := os.MkdirAll(filepath.Join(dest, filepath.FromSlash(folder)), 0o755); err != nil {
			return nil, err
		}
	}
	return lost, r.blobs(ctx, objects, func(i int, content []byte) error {
		return os.WriteFile(filepath.Join(dest, filepath.FromSlash(kept[i])), content, 0o644)
	})
}

// readLinks reads where the tree's links lead, if one of names is a link.
func (r Repo) readLinks(ctx context.Context, t *tree, names []string) error {
	isLink := func(name string) bool { _, ok := t.links[name]; return ok }
	if !slices.ContainsFunc(names, isLink) {
		return nil
	}
	var links, objects []string
	for name, object := range t.links {
		links, objects = append(links, name), append(objects, object)
	}
	return r.blobs(ctx, objects, func(i int, content []byte) error {
		t.targets[links[i]] = string(content)
		return nil
	})
}

// line runs a command that prints a line, and returns that.
func (r Repo) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.output(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

func (r Repo) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}

func (r Repo) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.Dir
	// Messages must be what this package expects, and a prompt would hang.
	cmd.Env = append(slices.Clip(r.Env), "LC_ALL=C", "GIT_TERMINAL_PROMPT=0")
	cmd.WaitDelay = waitDelay
	return cmd
}

// tree is what a commit has below a folder: the objects of its files and links by
// name, its folders, and where the links lead once that was read.
type tree struct {
	files, links map[string]string
	folders      map[string]bool
	targets      map[string]string
}

// parseTree reads what git ls-tree -r -z prints: mode, type and object, a tab and
// the name, each entry ended by a zero byte. Submodules are no files of the tree.
func parseTree(listing []byte) (*tree, error) {
	t := &tree{
		files: make(map[string]string), links: make(map[string]string),
		folders: map[string]bool{".": true}, targets: make(map[string]string),
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(listing), "\x00"), "\x00") {
		if entry == "" {
			break // an empty tree
		}
		attributes, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(attributes)
		if !ok || len(fields) != 3 {
			return nil, fmt.Errorf("git ls-tree printed %q, which is no entry of a tree", entry)
		}
		if fields[1] != "blob" || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		if fields[0] == "120000" {
			t.links[name] = fields[2]
		} else {
			t.files[name] = fields[2]
		}
		for folder := path.Dir(name); !t.folders[folder]; folder = path.Dir(folder) {
			t.folders[folder] = true
		}
	}
	return t, nil
}

// names returns the names that keep accepts, sorted.
func (t *tree) names(keep func(string) bool) []string {
	var names []string
	for _, set := range []map[string]string{t.files, t.links} {
		for name := range set {
			if keep(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// maxLinks is how many links a name may lead over, as on Linux.
const maxLinks = 40

// resolve returns the object of the file that a name leads to within the tree.
func (t *tree) resolve(name string) (object string, ok bool) {
	at, rest, links := ".", strings.Split(name, "/"), 0
	for len(rest) > 0 {
		element := rest[0]
		rest = rest[1:]
		if element == ".." && at == "." {
			return "", false
		}
		next := path.Join(at, element)
		target, isLink := t.targets[next]
		if !isLink {
			at = next
			continue
		}
		if links++; links > maxLinks || path.IsAbs(target) {
			return "", false
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	object, ok = t.files[at]
	return object, ok
}

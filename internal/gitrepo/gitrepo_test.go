package gitrepo_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/gitrepo"
)

// newRepo returns a repository whose commit "first" has the files as they are
// here, and whose work tree and later commits have others.
func newRepo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	write(t, dir, map[string]string{
		"proto/a.proto":             "a, first",
		"proto/deep/er/b.proto":     "b, first",
		"sub/proto/c.proto":         "c, first",
		"sub/.hidden/d.proto":       "d, first",
		"sub/a space /e.proto":      "e, first",
		"file":                      "a file",
		"proto/program":             "#!/bin/sh",
		"proto/attributes.proto":    "first $Format:%H$",
		"proto/deep/.gitattributes": "",
	})
	if err := os.Chmod(filepath.Join(dir, "proto", "program"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../file", filepath.Join(dir, "proto", "link.proto")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, "proto", "root")); err != nil {
		t.Fatal(err)
	}
	commit(t, dir, "first")
	git(t, dir, "tag", "v1")
	git(t, dir, "tag", "--annotate", "--message=v1", "v1-annotated")
	git(t, dir, "branch", "old")
	write(t, dir, map[string]string{"proto/a.proto": "a, second"})
	if err := os.RemoveAll(filepath.Join(dir, "proto", "deep")); err != nil {
		t.Fatal(err)
	}
	commit(t, dir, "second")
	write(t, dir, map[string]string{"proto/a.proto": "a, not committed", "proto/new.proto": "new"})
	return dir
}

func commit(t *testing.T, dir, message string) {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--message="+message)
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns what is below dir; nothing but regular files may be there.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			t.Errorf("%s is no regular file", file)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, file)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestExtract(t *testing.T) {
	t.Parallel()
	repo := newRepo(t)
	whole := map[string]string{
		"a.proto": "a, first", "deep/er/b.proto": "b, first", "deep/.gitattributes": "",
		"program": "#!/bin/sh", "attributes.proto": "first $Format:%H$", "link.proto": "a file",
	}
	tests := []struct {
		name  string
		sub   string // folder of the workspace
		ref   string
		paths []string
		want  map[string]string
	}{
		{"tag", "", "v1", []string{"proto"}, below("proto", whole)},
		{"annotated tag", "", "v1-annotated", []string{"proto"}, below("proto", whole)},
		{"branch", "", "old", []string{"proto"}, below("proto", whole)},
		{"commit", "", git(t, repo, "rev-parse", "v1"), []string{"proto"}, below("proto", whole)},
		{"short commit", "", git(t, repo, "rev-parse", "--short", "v1"), []string{"proto"}, below("proto", whole)},
		{"relative to another", "", "main~1", []string{"proto"}, below("proto", whole)},
		{"not the work tree", "", "HEAD", []string{"proto"}, map[string]string{
			"proto/a.proto": "a, second", "proto/program": "#!/bin/sh", "proto/attributes.proto": "first $Format:%H$",
			"proto/link.proto": "a file",
		}},
		{"part of a root", "", "v1", []string{"proto/deep/er"}, map[string]string{"proto/deep/er/b.proto": "b, first"}},
		{"workspace in a folder", "sub", "v1", []string{"proto"}, map[string]string{"proto/c.proto": "c, first"}},
		{"the whole workspace", "sub", "v1", []string{"."}, map[string]string{
			"proto/c.proto": "c, first", ".hidden/d.proto": "d, first", "a space /e.proto": "e, first",
		}},
		{"a hidden folder", "sub", "v1", []string{".hidden"}, map[string]string{".hidden/d.proto": "d, first"}},
		{"a folder with spaces", "sub/a space ", "v1", []string{"."}, map[string]string{"e.proto": "e, first"}},
		{"several, some not there then", "sub", "v1", []string{"none", "proto", "third_party/none"}, map[string]string{"proto/c.proto": "c, first"}},
		{"a file where a folder is wanted", "", "v1", []string{"file/", "proto/a.proto/"}, map[string]string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dest := t.TempDir()
			if _, err := extract(t, filepath.Join(repo, test.sub), test.ref, test.paths, dest); err != nil {
				t.Fatal(err)
			}
			if got := read(t, dest); !maps.Equal(got, test.want) {
				t.Errorf("extracted %v\nwant %v", got, test.want)
			}
		})
	}
	if got := git(t, repo, "status", "--porcelain"); got != "M proto/a.proto\n?? proto/new.proto" {
		t.Errorf("the work tree was changed: %s", got)
	}
}

// TestExtractTheWholeRepo has the repository's own folder as the workspace.
func TestExtractTheWholeRepo(t *testing.T) {
	t.Parallel()
	dest := t.TempDir()
	links, err := extract(t, newRepo(t), "v1", []string{"."}, dest)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(read(t, dest)))
	want := []string{
		"file", "proto/a.proto", "proto/attributes.proto", "proto/deep/.gitattributes", "proto/deep/er/b.proto",
		"proto/link.proto", "proto/program", "sub/.hidden/d.proto", "sub/a space /e.proto", "sub/proto/c.proto",
	}
	if !slices.Equal(got, want) {
		t.Errorf("extracted %q, want %q", got, want)
	}
	if want := []gitrepo.Link{{Name: "proto/root", Target: "/"}}; !slices.Equal(links, want) {
		t.Errorf("links are %q, want %q", links, want)
	}
}

// extract extracts what is below paths.
func extract(t *testing.T, dir, ref string, paths []string, dest string) ([]gitrepo.Link, error) {
	t.Helper()
	keep := func(name string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return p == "." || strings.HasPrefix(name, p+"/") })
	}
	return gitrepo.Repo{Dir: dir, Env: os.Environ()}.Extract(t.Context(), ref, keep, dest)
}

// TestExtractIgnoresAttributes holds that what an archive leaves out or alters is
// there as it was committed.
func TestExtractIgnoresAttributes(t *testing.T) {
	t.Parallel()
	repo, dest := t.TempDir(), t.TempDir()
	git(t, repo, "init", "--quiet", "--initial-branch=main")
	files := map[string]string{
		".gitattributes": "a.proto export-ignore\nb.proto export-subst\n",
		"a.proto":        "a", "b.proto": "$Format:%H$", "new\nline.proto": "c", "empty.proto": "",
	}
	write(t, repo, files)
	commit(t, repo, "one")
	if _, err := extract(t, repo, "main", []string{"."}, dest); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dest); !maps.Equal(got, files) {
		t.Errorf("extracted %q, want %q", got, files)
	}
}

func TestExtractLinks(t *testing.T) {
	t.Parallel()
	repo, dest := t.TempDir(), t.TempDir()
	git(t, repo, "init", "--quiet", "--initial-branch=main")
	write(t, repo, map[string]string{"outside": "outside", "ws/a/real": "real"})
	for name, target := range map[string]string{
		"near": "a/real", "a/up": "../a/./real", "chain": "near", "folder": "a", "through": "folder/real",
		"loop": "loop", "dangling": "none", "out": "../outside", "absolute": "/etc/hosts", "a/out": "../folder/../../outside",
	} {
		if err := os.Symlink(target, filepath.Join(repo, "ws", filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, repo, "one")
	links, err := extract(t, filepath.Join(repo, "ws"), "main", []string{"."}, dest)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a/real": "real", "near": "real", "a/up": "real", "chain": "real", "through": "real"}
	if got := read(t, dest); !maps.Equal(got, want) {
		t.Errorf("extracted %q, want %q", got, want)
	}
	wantLinks := []gitrepo.Link{
		{Name: "a/out", Target: "../folder/../../outside"}, {Name: "absolute", Target: "/etc/hosts"},
		{Name: "dangling", Target: "none"}, {Name: "folder", Target: "a"}, {Name: "loop", Target: "loop"}, {Name: "out", Target: "../outside"},
	}
	if !slices.Equal(links, wantLinks) {
		t.Errorf("links are %q, want %q", links, wantLinks)
	}
}

// TestExtractEnv holds that git gets the environment that it is given.
func TestExtractEnv(t *testing.T) {
	t.Parallel()
	repo := gitrepo.Repo{Dir: t.TempDir(), Env: append(os.Environ(), "GIT_DIR="+filepath.Join(newRepo(t), ".git"))}
	dest := t.TempDir()
	if _, err := repo.Extract(t.Context(), "v1", func(name string) bool { return name == "file" }, dest); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(dest, "file")); string(content) != "a file" {
		t.Errorf("file is %q, %v", content, err)
	}
}

func below(folder string, files map[string]string) map[string]string {
	all := make(map[string]string)
	for name, content := range files {
		all[folder+"/"+name] = content
	}
	return all
}

func TestExtractMissingRef(t *testing.T) {
	t.Parallel()
	repo := newRepo(t)
	for _, ref := range []string{"none", "", "--help", "-h", "main:proto", "0000000000000000000000000000000000000000", "a b", "main..v1"} {
		_, err := extract(t, repo, ref, []string{"proto"}, t.TempDir())
		if !errors.Is(err, gitrepo.ErrNoRef) {
			t.Errorf("ref %q: %v", ref, err)
		}
	}
}

func TestExtractOutsideOfARepo(t *testing.T) {
	t.Parallel()
	_, err := extract(t, t.TempDir(), "main", []string{"proto"}, t.TempDir())
	if err == nil || errors.Is(err, gitrepo.ErrNoRef) || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("error is %v", err)
	}
}

// TestExtractCannotWrite holds that a destination which cannot be written is an
// error and not an endless wait for git.
func TestExtractCannotWrite(t *testing.T) {
	t.Parallel()
	repo := newRepo(t)
	// More than a pipe holds.
	write(t, repo, map[string]string{"proto/large": strings.Repeat("0123456789abcdef", 1<<16)})
	commit(t, repo, "large")
	dest := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dest, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := extract(t, repo, "HEAD", []string{"proto"}, dest); err == nil {
		t.Error("files were written below a file")
	}
}

// Package gitrepo reads what a git repository holds, by running git.
package gitrepo

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// ErrNoRef says that a repository has no commit by a name.
var ErrNoRef = errors.New("no such commit, branch or tag")

// Extract writes the files below paths, as they are in the commit that ref names,
// into dest. dir is a folder of the repository, and paths are slash-separated and
// relative to it; those that the commit does not have are left out. Only regular
// files are written.
func Extract(ctx context.Context, dir, ref string, paths []string, dest string) error {
	commit, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		if _, outside := git(ctx, dir, "rev-parse", "--git-dir"); outside != nil {
			return outside
		}
		return fmt.Errorf("git ref %q: %w: fetch it first, or name another", ref, ErrNoRef)
	}
	prefix, err := git(ctx, dir, "rev-parse", "--show-prefix")
	if err != nil {
		return err
	}
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	for _, p := range paths {
		inside := path.Join(prefix, p)
		if inside == "." {
			inside = ""
		}
		tree := commit + ":" + inside
		if kind, err := git(ctx, dir, "cat-file", "-t", tree); err != nil || kind != "tree" {
			continue
		}
		if err := archive(ctx, top, tree, filepath.Join(dest, filepath.FromSlash(p))); err != nil {
			return err
		}
	}
	return nil
}

func archive(ctx context.Context, dir, tree, dest string) error {
	cmd := command(ctx, dir, "archive", "--format=tar", tree)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git: %w", err)
	}
	unpacked := unpack(out, dest)
	if unpacked != nil {
		// git would wait for ever on a pipe that nobody reads.
		_, _ = io.Copy(io.Discard, out)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("git archive: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return unpacked
}

func unpack(r io.Reader, dest string) error {
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("git archive: %w", err)
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) {
			continue
		}
		file := filepath.Join(dest, header.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("git archive: %w", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
}

// git runs a command that prints a line, and returns that.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := command(ctx, dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSuffix(stdout.String(), "\n"), nil
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	// Messages must be what this package expects, and a prompt would hang.
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_TERMINAL_PROMPT=0")
	return cmd
}

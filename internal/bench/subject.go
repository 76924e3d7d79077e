package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

const (
	// moduleName and goModule give both tools the same Go import paths.
	moduleName = "corpus"
	goModule   = "example.com/corpus/gen/go"
)

// subject is one of the two tools with a workspace of its own.
type subject struct {
	name    string
	dir     string // the workspace; the protos are in proto/ below it
	out     string // the folder of the generated files, laid out by import path
	corpus  corpus
	command func(ctx context.Context) *exec.Cmd
	// forget are the files and folders that the tool remembers things in.
	forget func() ([]string, error)
}

// measurement is what a run cost.
type measurement struct {
	elapsed time.Duration
	// peak is the highest resident set, in bytes, of the tool's process or of one
	// it started, whichever was greater; 0 where the system does not say.
	peak int64
}

// newProductinfo makes a workspace for productinfo.
func newProductinfo(dir, cacheDir string, c corpus, p programs) (*subject, error) {
	s := &subject{
		name:   "productinfo",
		dir:    dir,
		out:    filepath.Join(dir, "dist", "go", moduleName),
		corpus: c,
		command: func(ctx context.Context) *exec.Cmd {
			cmd := exec.CommandContext(ctx, p.productinfo, "build")
			cmd.Dir = dir
			cmd.Env = p.env(cacheDir)
			return cmd
		},
		forget: func() ([]string, error) {
			// The programs in the tool cache stay: building them is not what is
			// measured.
			kept := filepath.Join(cacheDir, "tools")
			entries, err := filepath.Glob(filepath.Join(cacheDir, "*"))
			paths := []string{filepath.Join(dir, ".productinfo")}
			for _, entry := range entries {
				if entry != kept {
					paths = append(paths, entry)
				}
			}
			return paths, err
		},
	}
	config := "version: 1\nname: " + moduleName + "\ntargets:\n  go:\n    module: " + goModule + "\n    generators: [go, go-grpc]\n"
	if err := s.copyProtos(); err != nil {
		return nil, err
	}
	return s, os.WriteFile(filepath.Join(dir, "productinfo.yaml"), []byte(config), 0o644)
}

// newBuf makes a workspace for buf generate.
func newBuf(dir string, c corpus, p programs) (*subject, error) {
	s := &subject{
		name:   "buf",
		dir:    dir,
		out:    filepath.Join(dir, reference.OutDir),
		corpus: c,
		command: func(ctx context.Context) *exec.Cmd {
			return p.reference.Command(ctx, dir)
		},
		forget: func() ([]string, error) { return nil, nil },
	}
	if err := s.copyProtos(); err != nil {
		return nil, err
	}
	return s, p.reference.Configure(dir, reference.Config{
		Modules:         []string{"proto"},
		GoPackagePrefix: goModule + "/" + moduleName,
		PluginOption:    "paths=source_relative",
	})
}

// generate runs the tool and measures it.
func (s *subject) generate(ctx context.Context) (measurement, error) {
	cmd := s.command(ctx)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	err := cmd.Run()
	elapsed := time.Since(start)
	if err != nil {
		return measurement{}, fmt.Errorf("%s: %w\n%s", s.name, err, &output)
	}
	return measurement{elapsed, peakMemory(cmd.ProcessState)}, nil
}

// copyProtos makes the workspace's protos anew, so that they have other inodes
// and times than before.
func (s *subject) copyProtos() error {
	protos := filepath.Join(s.dir, "proto")
	if err := os.RemoveAll(protos); err != nil {
		return err
	}
	return s.corpus.copyTo(protos)
}

func (s *subject) removeOutput() error {
	return os.RemoveAll(filepath.Join(s.dir, firstElement(s.dir, s.out)))
}

// firstElement returns the first element of path below dir.
func firstElement(dir, path string) string {
	rel := strings.TrimPrefix(path, dir+string(filepath.Separator))
	first, _, _ := strings.Cut(rel, string(filepath.Separator))
	return first
}

// clear removes the output and all that the tool remembers.
func (s *subject) clear() error {
	paths, err := s.forget()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return s.removeOutput()
}

// edit changes a file of the workspace.
func (s *subject) edit(e edit, token string) error {
	source, err := os.ReadFile(filepath.Join(s.corpus.dir, e.file))
	if err != nil {
		return err
	}
	changed, err := e.apply(string(source), token)
	if err != nil {
		return fmt.Errorf("%s: %w", e.file, err)
	}
	return os.WriteFile(filepath.Join(s.dir, "proto", e.file), []byte(changed), 0o644)
}

// undo gives a file of the workspace its content in the corpus.
func (s *subject) undo(e edit) error {
	return copyFile(filepath.Join(s.dir, "proto", e.file), filepath.Join(s.corpus.dir, e.file))
}

// holds checks that an edit has reached the generated Go.
func (s *subject) holds(e edit, token string) error {
	path := filepath.Join(s.out, strings.TrimSuffix(e.file, ".proto")+".pb.go")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if mark := e.mark(token); !bytes.Contains(content, []byte(mark)) {
		return fmt.Errorf("%s generated %s without %q: the edit did not reach it", s.name, filepath.Base(path), mark)
	}
	return nil
}

// outputDigest returns a digest over the names and bytes of the generated files.
func (s *subject) outputDigest() (string, error) {
	hash := sha256.New()
	err := filepath.WalkDir(s.out, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !isGenerated(path) {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// isGenerated tells a plugin's output from what productinfo adds to make a Go
// module of it.
func isGenerated(path string) bool {
	return strings.HasSuffix(path, ".pb.go")
}

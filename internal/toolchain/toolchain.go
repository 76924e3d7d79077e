// Package toolchain finds the external programs that productinfo runs (buf,
// protoc-gen-*), at exactly the version that the workspace pins, and builds the
// ones that are missing.
//
// # Where a program comes from
//
// A tool pinned as a Go package at a version is looked for in this order:
//
//  1. On PATH. A program is taken when the build information in it names the
//     pinned package and module version, and the module's checksum that the
//     lock file has.
//  2. In the tool cache. The program is hashed and compared with what was
//     recorded when it was built, so a damaged or exchanged one is built again.
//  3. Built by `go install package@version`, which checks what it downloads
//     against the checksum database, and moved into the tool cache.
//
// A tool given by path is that file, and has no entry in the lock file.
//
// # The tool cache
//
//	<Dir>/<goos>-<goarch>/<go version>/<package>@<version>/<program>
//	<Dir>/<goos>-<goarch>/<go version>/<package>@<version>/SHA256
//
// Package and version are escaped as in a module cache. SHA256 is one line in the
// form of sha256sum. A folder appears by rename once it is complete. It is safe
// for many processes of one machine to use the same cache: a file lock beside
// each folder makes them build one after the other, and the second finds what the
// first has built. The Go version is that of the go command; without one, a
// program that any version built is taken.
//
// # The lock file
//
// productinfo.lock stands beside productinfo.yaml and is committed. It is text,
// one tool a line, sorted by name:
//
//	# comment
//	version 1
//	go <name> <package> <version> <module> <h1 checksum of the module>
//
// "go" is the kind of tool; other kinds will have lines of their own. The
// checksum is that of go.sum, so it is the same on every platform. An entry for
// another version than the pinned one is replaced, unless [Toolchain.Frozen]; an
// entry for the pinned version is law.
package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Source says where a tool comes from.
type Source string

const (
	// SourcePath is a program on PATH that is the pinned one.
	SourcePath Source = "path"
	// SourceCache is a program in the tool cache.
	SourceCache Source = "cache"
	// SourceBuild is a program that has to be, or was just, built.
	SourceBuild Source = "build"
	// SourceFile is a program that the workspace names by its path.
	SourceFile Source = "file"
)

// Sum is the SHA-256 of a program's bytes.
type Sum [sha256.Size]byte

// String returns the digest in hexadecimal.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// Tool is a program that can be run.
type Tool struct {
	Spec
	// Program is the program's absolute path.
	Program string
	// Source says where it was found.
	Source Source
	// Module and ModuleSum are the Go module it was built from and that module's
	// checksum, "h1:…". They are empty for a tool given by path.
	Module, ModuleSum string
	// Digest is the SHA-256 of the program, for the keys of what it makes.
	Digest Sum
}

// Toolchain resolves tools. Its fields are set before the first call and not
// changed after; then goroutines may share it.
type Toolchain struct {
	// Dir is the tool cache's folder. It is made when something is built.
	Dir string
	// Root is the workspace's folder, to which paths of tools are relative.
	Root string
	// LockFile is the path of productinfo.lock. Where it is empty nothing is
	// locked or recorded.
	LockFile string
	// Env is the environment, as os.Environ returns it: PATH is searched, and the
	// go command gets it without what would change a tool's bytes.
	Env []string
	// Frozen makes it an error when the lock file would have to change.
	Frozen bool
	// ReadOnly leaves the lock file as it is: what it has is law, and a tool that
	// it lacks is taken without being recorded.
	ReadOnly bool
	// Progress is told, a line each, when a build starts and ends. It may be nil,
	// and is called from the goroutine that resolves.
	Progress func(line string)
	// Now is the clock by which builds are timed. Nil means time.Now.
	Now func() time.Time
}

// Resolve returns the tool, building it when it is nowhere to be found, and
// records its module's checksum in the lock file when there is none for this
// version. A lock file that is damaged, disagrees, or would have to change though
// Frozen, is a [*LockError]; any other error is the environment's.
func (t *Toolchain) Resolve(ctx context.Context, spec Spec) (Tool, error) {
	if spec.Path != "" {
		return t.file(spec)
	}
	lock, err := t.readLock()
	if err != nil {
		return Tool{}, err
	}
	want, err := t.locked(lock, spec)
	if err != nil {
		return Tool{}, err
	}
	tool, _, found := t.find(spec, want)
	if !found {
		if tool, err = t.build(ctx, spec, want); err != nil {
			return Tool{}, err
		}
	}
	if want == "" && !t.ReadOnly {
		if err := t.record(ctx, tool); err != nil {
			return Tool{}, err
		}
	}
	return tool, nil
}

// ResolveAll resolves every tool of a workspace, in order, and then removes the
// lock file's entries for all others. Under Frozen such an entry is an error.
func (t *Toolchain) ResolveAll(ctx context.Context, specs []Spec) ([]Tool, error) {
	tools := make([]Tool, 0, len(specs))
	for _, spec := range specs {
		tool, err := t.Resolve(ctx, spec)
		if err != nil {
			return nil, err
		}
		tools = append(tools, tool)
	}
	return tools, t.forget(ctx, specs)
}

// Status is what is known of a tool without building it.
type Status struct {
	Spec
	// Source says where Resolve would take the tool from.
	Source Source
	// Program is the program's absolute path, or empty when there is none yet.
	Program string
	// ModuleSum is the checksum that the lock file has for this version, or empty.
	ModuleSum string
	// Problem says why a tool that should be there is not usable, or is empty.
	Problem string
}

// List tells of each tool where it would come from. It builds and writes nothing.
func (t *Toolchain) List(specs []Spec) ([]Status, error) {
	lock, err := t.readLock()
	if err != nil {
		return nil, err
	}
	list := make([]Status, 0, len(specs))
	for _, spec := range specs {
		status := Status{Spec: spec, Source: SourceBuild}
		if spec.Path != "" {
			status.Source = SourceFile
			if tool, err := t.file(spec); err != nil {
				status.Problem = err.Error()
			} else {
				status.Program = tool.Program
			}
		} else {
			if entry, ok := lock.entry(spec); ok {
				status.ModuleSum = entry.sum
			}
			tool, problem, found := t.find(spec, status.ModuleSum)
			if found {
				status.Source, status.Program = tool.Source, tool.Program
			}
			status.Problem = problem
		}
		list = append(list, status)
	}
	return list, nil
}

// find looks for a tool that need not be built. It returns what is wrong with a
// cached one that is there and cannot be used.
func (t *Toolchain) find(spec Spec, wantSum string) (tool Tool, problem string, found bool) {
	if tool, ok := t.onPath(spec, wantSum); ok {
		return tool, "", true
	}
	return t.cached(spec, wantSum)
}

// file returns a tool that the workspace names by its path.
func (t *Toolchain) file(spec Spec) (Tool, error) {
	program := spec.Path
	if !filepath.IsAbs(program) {
		program = filepath.Join(t.Root, filepath.FromSlash(program))
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q: %w", spec.Name, err)
	}
	info, err := os.Stat(program)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Tool{}, fmt.Errorf("tool %q: there is no program at %q, correct its path or build it first", spec.Name, spec.Path)
	case err != nil:
		return Tool{}, fmt.Errorf("tool %q: %w", spec.Name, err)
	case !info.Mode().IsRegular():
		return Tool{}, fmt.Errorf("tool %q: %q is not a file, name the program itself", spec.Name, spec.Path)
	case !executable(info):
		return Tool{}, fmt.Errorf("tool %q: %q is not executable, run `chmod +x %s`", spec.Name, spec.Path, spec.Path)
	}
	digest, err := Digest(program)
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q: %w", spec.Name, err)
	}
	return Tool{Spec: spec, Program: program, Source: SourceFile, Digest: digest}, nil
}

// Digest returns the SHA-256 of a file's bytes.
func Digest(path string) (Sum, error) {
	f, err := os.Open(path)
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return Sum{}, fmt.Errorf("%s: %w", path, err)
	}
	return Sum(hash.Sum(nil)), nil
}

func executable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode().Perm()&0o111 != 0)
}

func (t *Toolchain) progress(format string, args ...any) {
	if t.Progress != nil {
		t.Progress(fmt.Sprintf(format, args...))
	}
}

func (t *Toolchain) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

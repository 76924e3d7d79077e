package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/productinfo/productinfo/internal/check"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/toolchain"
)

const bufPin = "github.com/bufbuild/buf/cmd/buf@v1.73.0"

// resolveBuf finds buf on PATH or in this user's tool cache, where it is built
// the first time.
var resolveBuf = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	chain := &toolchain.Toolchain{
		Dir: filepath.Join(cache, "productinfo", "tools"),
		Env: os.Environ(),
		Progress: func(line string) {
			fmt.Fprintln(os.Stderr, line)
		},
	}
	spec, err := toolchain.ParseSpec("buf", bufPin)
	if err != nil {
		return "", err
	}
	tool, err := chain.Resolve(context.Background(), spec)
	return tool.Program, err
})

func buf(t *testing.T) string {
	t.Helper()
	program, err := resolveBuf()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// files are the contents of a folder by slash-separated path.
type files map[string]string

func (f files) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runBuf runs buf in a folder and returns what it prints; it may have findings.
func runBuf(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), buf(t), args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 100 || args[0] == "build") {
		t.Fatalf("buf %s: %v\n%s%s", strings.Join(args, " "), err, stderr.Bytes(), out)
	}
	return out
}

// image builds the protos of a folder.
func image(t *testing.T, dir string) []byte {
	t.Helper()
	return runBuf(t, dir, "build", "-o", "-#format=binpb")
}

// runner returns a runner for a workspace with import roots.
func runner(t *testing.T, dir string, roots ...string) *check.Runner {
	t.Helper()
	return &check.Runner{Buf: buf(t), Dir: dir, Locate: func(importPath string) string {
		for _, root := range roots {
			file := path.Join(root, importPath)
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err == nil {
				return file
			}
		}
		return ""
	}}
}

// lines are findings in short: place and rule.
func lines(list diag.List) []string {
	out := []string{}
	for _, d := range list {
		out = append(out, fmt.Sprintf("%s %d:%d-%d:%d %s", d.File, d.Line, d.Column, d.EndLine, d.EndColumn, d.Rule))
	}
	return out
}

// bufLines are the findings that buf itself prints, in the same form.
func bufLines(t *testing.T, output []byte) []string {
	t.Helper()
	var list diag.List
	for line := range bytes.Lines(output) {
		var a struct {
			Path        string
			StartLine   int `json:"start_line"`
			StartColumn int `json:"start_column"`
			EndLine     int `json:"end_line"`
			EndColumn   int `json:"end_column"`
			Type        string
		}
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		d := diag.Diagnostic{Rule: a.Type}
		if a.Path != "" {
			d.Position = diag.Position{File: a.Path, Line: a.StartLine, Column: a.StartColumn, EndLine: a.EndLine, EndColumn: a.EndColumn}
		}
		list = append(list, d)
	}
	list.Sort()
	return lines(list)
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeTool makes the test binary a tool that "generates": it copies proto/*.proto
// below the working directory to out/*.pb.go, with fields spelled as in Go. Its
// value says what the tool does wrong.
const fakeTool = "BENCH_TEST_TOOL"

func TestMain(m *testing.M) {
	fault, isTool := os.LookupEnv(fakeTool)
	if !isTool {
		os.Exit(m.Run())
	}
	if err := fakeGenerate(fault); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fakeGenerate(fault string) error {
	if fault == "crashes" {
		return fmt.Errorf("out of luck")
	}
	return fs.WalkDir(os.DirFS("proto"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		out := filepath.Join("out", strings.TrimSuffix(name, ".proto")+".pb.go")
		if _, err := os.Stat(out); err == nil && fault == "keeps old output" {
			return nil
		}
		source, err := os.ReadFile(filepath.Join("proto", name))
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(source), "  string benchrun", "\tBenchrun")
		if fault == "writes otherwise" {
			text += "// more\n"
		}
		return writeFrom(out, strings.NewReader(text))
	})
}

func newFakeSubject(t *testing.T, name, fault string, c corpus) *subject {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &subject{
		name: name, dir: dir, out: filepath.Join(dir, "out"), corpus: c,
		command: func(ctx context.Context) *exec.Cmd {
			cmd := exec.CommandContext(ctx, executable)
			cmd.Dir = dir
			// The race detector would have each run sleep for a second at its end.
			cmd.Env = append(os.Environ(), fakeTool+"="+fault, "GORACE=atexit_sleep_ms=0")
			return cmd
		},
		forget: func() ([]string, error) { return nil, nil },
	}
	if err := s.copyProtos(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunCases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		wantErr     string
	}{
		{"all as it should be", "", ""},
		{"an edit that does not reach the output", "keeps old output", `without "\tBenchrun0 ": the edit did not reach it`},
		{"output that is not buf's", "writes otherwise", "productinfo's output against buf's: 3 of 3 files differ"},
		{"a tool that fails", "crashes", "empty cache, empty dist: productinfo: exit status 1\nout of luck"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newTestCorpus(t, map[string]string{
				leafFile:                       "message ListSecretsRequest {\n}\n",
				"google/api/annotations.proto": "extend X {\n  HttpRule http = 72295728;\n}\n",
				"google/api/http.proto":        "message HttpRule {\n}\n",
			})
			b := &bench{
				productinfo: newFakeSubject(t, "productinfo", test.fault, c),
				buf:         newFakeSubject(t, "buf", "", c),
				log:         newProgress(io.Discard),
			}
			results, err := b.runCases(t.Context(), newCases(), 3, 2)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("runCases = %v, want an error with %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				wantRuns := 3
				if r.everything {
					wantRuns = 2
				}
				if len(r.productinfo) != wantRuns || len(r.buf) != 2 {
					t.Errorf("%s: %d runs of productinfo and %d of buf, want %d and 2", r.name, len(r.productinfo), len(r.buf), wantRuns)
				}
			}
		})
	}
}

// TestWarmRunsStartClean spoils the output between two cases.
func TestWarmRunsStartClean(t *testing.T) {
	t.Parallel()
	c := newTestCorpus(t, map[string]string{"a.proto": ""})
	b := &bench{productinfo: newFakeSubject(t, "productinfo", "", c), buf: newFakeSubject(t, "buf", "", c), log: newProgress(io.Discard)}
	cases := []benchCase{{name: "first", factor: 1, cold: true}, {name: "second", factor: 1}}
	if _, err := b.runCases(t.Context(), cases[:1], 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.productinfo.out, "a.pb.go"), []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := b.runCases(t.Context(), cases[1:], 1, 1)
	if err == nil || !strings.Contains(err.Error(), "output before the run is not that of the first build") {
		t.Errorf("runCases = %v, want an error about the state before the run", err)
	}
}

func TestSubjectStates(t *testing.T) {
	t.Parallel()
	c := newTestCorpus(t, map[string]string{"a/x.proto": "message X {\n}\n"})
	cacheDir, dir := t.TempDir(), t.TempDir()
	s, err := newProductinfo(dir, cacheDir, c, programs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		filepath.Join(cacheDir, "tools", "plugin"), filepath.Join(cacheDir, "objects", "ab"),
		filepath.Join(dir, ".productinfo", "index"), filepath.Join(dir, "dist", "manifest.json"),
	} {
		if err := writeFrom(path, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.clear(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		filepath.Join(cacheDir, "tools", "plugin"): true, filepath.Join(cacheDir, "objects"): false,
		filepath.Join(dir, ".productinfo"): false, filepath.Join(dir, "dist"): false,
		filepath.Join(dir, "productinfo.yaml"): true, filepath.Join(dir, "proto", "a", "x.proto"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("after clear: %s: %v, want it to be there: %t", filepath.Base(path), err, want)
		}
	}

	e := addField("a/x.proto", "X")
	edited := filepath.Join(dir, "proto", "a", "x.proto")
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"edit", func() error { return s.edit(e, token(0)) }, "message X {\n  string benchrun0 = 90210;\n}\n"},
		{"the next edit", func() error { return s.edit(e, token(1)) }, "message X {\n  string benchrun1 = 90210;\n}\n"},
		{"undo", func() error { return s.undo(e) }, "message X {\n}\n"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(edited); err != nil || string(got) != step.want {
			t.Errorf("after %s the file holds %q, %v, want %q", step.name, got, err, step.want)
		}
	}
}

package toolchain_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/toolchain"
)

func TestResolveBuildsOnceAndLocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chain, lines := w.toolchain()
	clock := time.Unix(0, 0)
	chain.Now = func() time.Time {
		clock = clock.Add(3 * time.Second)
		return clock
	}
	tool, err := chain.Resolve(t.Context(), spec(t, "v1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, tool.Program); got != "one" {
		t.Errorf("the program says %q", got)
	}
	if tool.Source != toolchain.SourceBuild || tool.Module != testModule || tool.ModuleSum != w.sum("v1.0.0") {
		t.Errorf("tool = %+v", tool)
	}
	if want := []string{"building greet v1.0.0 (" + testPackage + ") …", "built greet v1.0.0 in 3s"}; !slices.Equal(*lines, want) {
		t.Errorf("progress = %q, want %q", *lines, want)
	}
	want := "version 1\ngo greet " + testPackage + " v1.0.0 " + testModule + " " + w.sum("v1.0.0") + "\n"
	if got := w.lock(); !strings.HasSuffix(got, want) {
		t.Errorf("lock = %q, want it to end with %q", got, want)
	}

	again, progress := w.resolve("v1.0.0")
	if again.Source != toolchain.SourceCache || len(progress) != 0 {
		t.Errorf("second time: source %q, progress %q", again.Source, progress)
	}
	if digest, err := toolchain.Digest(again.Program); err != nil || digest != again.Digest || again.Digest != tool.Digest {
		t.Errorf("digests: file %v (%v), built %v, cached %v", digest, err, tool.Digest, again.Digest)
	}
}

func TestResolveIgnoresFlagsThatChangeTheResult(t *testing.T) {
	t.Parallel()
	plain := newWorld(t)
	odd := newWorld(t)
	odd.env = append(odd.env, "GOFLAGS=-modcacherw -mod=vendor -tags=odd -race -ldflags=-s", "GOOS=plan9", "GOARCH=386", "GOWORK=/nowhere/go.work", "GO111MODULE=off", "GOBIN=/nowhere")
	one, _ := plain.resolve("v1.0.0")
	other, _ := odd.resolve("v1.0.0")
	if one.Digest != other.Digest {
		t.Errorf("the environment changed the program: %v and %v", one.Digest, other.Digest)
	}
}

func TestResolveRebuildsADamagedProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool, _ := w.resolve("v1.0.0")
	whole, err := os.ReadFile(tool.Program)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := w.resolve("v1.1.0")
	exchanged, err := os.ReadFile(other.Program)
	if err != nil {
		t.Fatal(err)
	}
	sums := filepath.Join(filepath.Dir(tool.Program), "SHA256")
	damages := []struct {
		name   string
		damage func() error
		says   string
	}{
		{"a flipped bit", func() error {
			bad := slices.Clone(whole)
			bad[len(bad)/2] ^= 1
			return os.WriteFile(tool.Program, bad, 0o755)
		}, "its bytes are not those that were built"},
		{"cut short", func() error { return os.Truncate(tool.Program, 0) }, "its bytes are not those that were built"},
		{"another version's program", func() error { return os.WriteFile(tool.Program, exchanged, 0o755) }, "its bytes are not those that were built"},
		{"another version's program and its checksum", func() error {
			content := other.Digest.String() + "  " + filepath.Base(tool.Program) + "\n"
			return errors.Join(os.WriteFile(tool.Program, exchanged, 0o755), os.WriteFile(sums, []byte(content), 0o644))
		}, "its version is v1.1.0, not v1.0.0"},
		{"removed", func() error { return os.Remove(tool.Program) }, "the program is missing"},
		{"checksum removed", func() error { return os.Remove(sums) }, "its checksum is missing"},
		{"not executable", func() error { return os.Chmod(tool.Program, 0o644) }, "it is not executable"},
	}
	for _, d := range damages {
		if err := d.damage(); err != nil {
			t.Fatal(err)
		}
		chain, _ := w.toolchain()
		list, err := chain.List([]toolchain.Spec{spec(t, "v1.0.0")})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(list[0].Problem, d.says) {
			t.Errorf("%s: List = %+v, want it to say %q", d.name, list[0], d.says)
		}
		again, progress := w.resolve("v1.0.0")
		if again.Digest != tool.Digest || again.Source != toolchain.SourceBuild {
			t.Errorf("%s: not built again: %+v", d.name, again)
		}
		if len(progress) != 3 || !strings.Contains(progress[0], d.says) {
			t.Errorf("%s: progress = %q, want it to say %q", d.name, progress, d.says)
		}
		if got := says(t, again.Program); got != "one" {
			t.Errorf("%s: the program says %q", d.name, got)
		}
	}
}

func TestResolveTakesTheProgramOnPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, _ := w.resolve("v1.0.0")
	two, _ := w.resolve("v1.1.0")
	goOnly := w.env
	// On another machine the programs are on PATH and the cache is empty.
	w.cache = filepath.Join(t.TempDir(), "tools")
	w.env = append(slices.Clone(goOnly), "PATH="+strings.Join([]string{
		"relative", t.TempDir(), filepath.Dir(one.Program), filepath.Dir(two.Program), goPath(goOnly),
	}, string(os.PathListSeparator)))

	for _, want := range []toolchain.Tool{two, one} {
		tool, progress := w.resolve(want.Version)
		if tool.Source != toolchain.SourcePath || tool.Program != want.Program || tool.Digest != want.Digest || len(progress) != 0 {
			t.Errorf("%s: %+v, progress %q", want.Version, tool, progress)
		}
	}
	if _, err := os.Stat(filepath.Join(w.cache, "locks")); err != nil {
		t.Errorf("a new entry in the lock file took no turn: %v", err)
	}

	// A PATH that has another version only is no help.
	w.env = append(slices.Clone(goOnly), "PATH="+filepath.Dir(one.Program)+string(os.PathListSeparator)+goPath(goOnly))
	tool, progress := w.resolve("v1.1.0")
	if tool.Source != toolchain.SourceBuild || len(progress) != 2 {
		t.Errorf("tool = %+v, progress = %q", tool, progress)
	}
}

func TestResolveOnPathWithAnotherChecksum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign, _ := w.resolve("v1.0.0")
	// The same version, built from other sources, is on PATH; the lock and the
	// proxy agree on the true one.
	w.publish("v1.0.0", "true")
	w.env = append(w.env, "GOMODCACHE="+t.TempDir(), "PATH="+filepath.Dir(foreign.Program)+string(os.PathListSeparator)+goPath(w.env))
	w.cache = filepath.Join(t.TempDir(), "tools")
	lock := strings.ReplaceAll(w.lock(), foreign.ModuleSum, w.sum("v1.0.0"))
	if err := os.WriteFile(w.lockFile(), []byte(lock), 0o644); err != nil {
		t.Fatal(err)
	}
	tool, _ := w.resolve("v1.0.0")
	if tool.Source != toolchain.SourceBuild || says(t, tool.Program) != "true" {
		t.Errorf("tool = %+v", tool)
	}
}

func TestResolveConcurrently(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	var builds int
	var group sync.WaitGroup
	tools := make([]toolchain.Tool, 4)
	for i := range tools {
		group.Go(func() {
			chain, _ := w.toolchain()
			chain.Progress = func(line string) {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasPrefix(line, "building ") {
					builds++
				}
			}
			// Two versions of the tool, so that two processes write the lock file too.
			name, version := "greet", "v1.0.0"
			if i%2 == 1 {
				name, version = "greet-next", "v1.1.0"
			}
			s := spec(t, version)
			s.Name = name
			var err error
			if tools[i], err = chain.Resolve(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if builds != 2 {
		t.Errorf("%d builds, want one a version", builds)
	}
	for i, want := range []string{"one", "two", "one", "two"} {
		if got := says(t, tools[i].Program); got != want {
			t.Errorf("tool %d says %q, want %q", i, got, want)
		}
	}
	if lock := w.lock(); !strings.Contains(lock, "go greet ") || !strings.Contains(lock, "go greet-next ") {
		t.Errorf("the lock file lost an entry:\n%s", lock)
	}
}

func TestResolveWithoutGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	built, _ := w.resolve("v1.0.0")
	w.env = append(w.env, "PATH="+t.TempDir())
	// What some go command built is still good.
	tool, _ := w.resolve("v1.0.0")
	if tool.Program != built.Program || tool.Source != toolchain.SourceCache {
		t.Errorf("tool = %+v", tool)
	}
	chain, _ := w.toolchain()
	_, err := chain.Resolve(t.Context(), spec(t, "v1.1.0"))
	wantError(t, err, `tool "greet" has to be built`, "no go command on PATH", "install Go", testPackage+"@v1.1.0")
}

func TestResolveErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offline := append(slices.Clone(w.env), "GOPROXY=http://127.0.0.1:1")
	forbidden := append(slices.Clone(w.env), "GOPROXY=off")
	tests := []struct {
		name, pin string
		env       []string
		says      []string
	}{
		{"no such version", testPackage + "@v1.9.0", w.env, []string{"there is no such version", "go list -m -versions", "v1.9.0.info"}},
		{"no such package", testModule + "/cmd/gone@v1.0.0", w.env, []string{"the module has no such package", "correct the package's path"}},
		{"a library", testModule + "/library@v1.0.0", w.env, []string{"is a library", "pin the package that has the program's main function"}},
		{"no network", testPackage + "@v1.0.0", offline, []string{"could not be downloaded", "check the network", "connection refused"}},
		{"downloads forbidden", testPackage + "@v1.0.0", forbidden, []string{"forbids downloads", "unset GOPROXY"}},
	}
	for _, test := range tests {
		chain, _ := w.toolchain()
		chain.Env = test.env
		s, err := toolchain.ParseSpec("greet", test.pin)
		if err != nil {
			t.Fatal(err)
		}
		_, err = chain.Resolve(t.Context(), s)
		t.Logf("%s: %v", test.name, err)
		wantError(t, err, append(test.says, `tool "greet": go install `+test.pin)...)
		if _, err := os.Stat(w.lockFile()); err == nil {
			t.Errorf("%s: a lock file was written", test.name)
		}
	}
	left, err := filepath.Glob(filepath.Join(w.cache, "*", "*", "example.com", "tools", "cmd", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if !strings.HasSuffix(path, ".lock") {
			t.Errorf("a failed build left %s", path)
		}
	}
}

func TestResolveCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	chain, _ := w.toolchain()
	chain.Progress = func(string) { cancel() }
	_, err := chain.Resolve(ctx, spec(t, "v1.0.0"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	if tool, _ := w.resolve("v1.0.0"); says(t, tool.Program) != "one" {
		t.Error("the next build did not work")
	}
}

func TestResolveFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write := func(name string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(w.root, name), []byte("#!/bin/sh\necho mine\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("mine", 0o755)
	write("plain", 0o644)
	chain, _ := w.toolchain()
	chain.Frozen = true // A tool by path needs no entry.
	tool, err := chain.Resolve(t.Context(), toolchain.Spec{Name: "mine", Path: "./mine"})
	if err != nil {
		t.Fatal(err)
	}
	digest, err := toolchain.Digest(filepath.Join(w.root, "mine"))
	if err != nil {
		t.Fatal(err)
	}
	if tool.Source != toolchain.SourceFile || tool.Digest != digest || tool.Program != filepath.Join(w.root, "mine") {
		t.Errorf("tool = %+v", tool)
	}
	for path, words := range map[string][]string{
		"./gone":  {`no program at "./gone"`, "correct its path"},
		"./plain": {`"./plain" is not executable`, "chmod +x ./plain"},
		"./":      {"is not a file"},
	} {
		_, err := chain.Resolve(t.Context(), toolchain.Spec{Name: "mine", Path: path})
		wantError(t, err, append(words, `tool "mine"`)...)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	built, _ := w.resolve("v1.0.0")
	before := w.lock()
	chain, lines := w.toolchain()
	next := spec(t, "v1.1.0")
	next.Name = "next"
	list, err := chain.List([]toolchain.Spec{spec(t, "v1.0.0"), next, {Name: "mine", Path: "./mine"}})
	if err != nil {
		t.Fatal(err)
	}
	if s := list[0]; s.Problem != "" || s.Source != toolchain.SourceCache || s.Program != built.Program || s.ModuleSum != built.ModuleSum {
		t.Errorf("a cached tool: %+v", s)
	}
	if s := list[1]; s.Program != "" || s.Source != toolchain.SourceBuild || s.ModuleSum != "" || s.Problem != "" {
		t.Errorf("a tool to build: %+v", s)
	}
	if s := list[2]; s.Source != toolchain.SourceFile || s.Problem == "" {
		t.Errorf("a missing file: %+v", s)
	}
	if len(*lines) != 0 || w.lock() != before {
		t.Errorf("List did something: progress %q, lock %q", *lines, w.lock())
	}
}

// goPath returns the last PATH of an environment.
func goPath(env []string) string {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, "PATH="); ok {
			return value
		}
	}
	return ""
}

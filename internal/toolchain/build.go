package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

var errNoGo = errors.New("there is no go command on PATH")

// build makes the tool and puts it into the cache, or finds that another process
// has done so in the meantime.
func (t *Toolchain) build(ctx context.Context, spec Spec, wantSum string) (Tool, error) {
	version, err := t.goVersion()
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q has to be built: %w; install Go from https://go.dev/dl, or put %s on PATH", spec.Name, err, spec)
	}
	slot, err := t.slot(spec, version)
	if err != nil {
		return Tool{}, err
	}
	release, err := t.acquire(ctx, slot, func() {
		t.progress("waiting for another process to build %s …", spec.label())
	})
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q: %w", spec.Name, err)
	}
	defer release()
	tool, problem, found := t.cached(spec, wantSum)
	if found {
		return tool, nil
	}
	if problem != "" {
		t.progress("%s", problem)
	}
	started := t.now()
	t.progress("building %s (%s) …", spec.label(), spec.Package)
	// The name is the same each time, so that what a killed process left behind
	// goes when the next one builds.
	temp := slot + ".building"
	defer os.RemoveAll(temp)
	if err := t.install(ctx, spec, temp); err != nil {
		return Tool{}, err
	}
	tool, err = t.seal(spec, temp, wantSum)
	if err != nil {
		return Tool{}, err
	}
	if err := os.RemoveAll(slot); err != nil {
		return Tool{}, err
	}
	if err := os.Rename(temp, slot); err != nil {
		return Tool{}, err
	}
	tool.Program = filepath.Join(slot, spec.programName())
	t.progress("built %s in %s", spec.label(), t.now().Sub(started).Round(100*time.Millisecond))
	return tool, nil
}

// seal checks that what was built is what was wanted and records its digest.
func (t *Toolchain) seal(spec Spec, dir, wantSum string) (Tool, error) {
	name := spec.programName()
	program := filepath.Join(dir, name)
	tool, err := inspect(spec, program, "")
	if err != nil {
		return Tool{}, fmt.Errorf("tool %q: what `go install %s` built is not usable: %w", spec.Name, spec, err)
	}
	if wantSum != "" && tool.ModuleSum != wantSum {
		lock, err := t.readLock()
		if err != nil {
			return Tool{}, err
		}
		return Tool{}, t.mismatch(lock[spec.Name].line, spec, tool.ModuleSum, wantSum)
	}
	if tool.Digest, err = Digest(program); err != nil {
		return Tool{}, err
	}
	tool.Source = SourceBuild
	return tool, atomicfile.Write(filepath.Join(dir, sumFile), []byte(sumLine(tool.Digest, name)))
}

// install runs `go install` with dir as the folder for the program.
func (t *Toolchain) install(ctx context.Context, spec Spec, dir string) error {
	program, err := t.goProgram()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	cmd := Command(ctx, program, "install", spec.String())
	cmd.Dir = dir
	cmd.Env = t.goEnv(dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		return fmt.Errorf("tool %q: go install %s: %w", spec.Name, spec, ctx.Err())
	}
	if err != nil {
		return installError(spec, stderr.String(), err)
	}
	return nil
}

// goEnv is the environment for `go install`: the user's, as far as it says where
// modules come from, without what would make other bytes of them.
func (t *Toolchain) goEnv(bin string) []string {
	drop := []string{
		"GOFLAGS", "GOBIN", "GOOS", "GOARCH", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64",
		"GOEXPERIMENT", "GOFIPS140", "GOWORK", "GO111MODULE", "CGO_ENABLED", "PWD",
	}
	env := slices.DeleteFunc(slices.Clone(t.Env), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(drop, name)
	})
	flags := []string{"-trimpath", "-buildvcs=false"}
	for _, flag := range strings.Fields(t.getenv("GOFLAGS")) {
		// Of the user's own flags these two alone leave the result as it is.
		if flag == "-modcacherw" || strings.HasPrefix(flag, "-p=") {
			flags = append(flags, flag)
		}
	}
	return append(env,
		"GOFLAGS="+strings.Join(flags, " "), "GOBIN="+bin, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH,
		"GOWORK=off", "GO111MODULE=on",
		// Without cgo a program does not depend on the C library of the machine that
		// built it, and none is needed to build it.
		"CGO_ENABLED=0", "PWD="+bin,
	)
}

// installFaults are what `go install` says when something is wrong, and what to
// do about it. The first that fits counts.
var installFaults = []struct {
	says   []string
	fault  string
	remedy string
}{
	{[]string{"is not a main package"}, "the package is a library, not a program", "pin the package that has the program's main function"},
	{[]string{"does not contain package"}, "the module has no such package", "correct the package's path"},
	{[]string{"SECURITY ERROR", "checksum mismatch"}, "what was downloaded is not what the checksum database has", "do not trust where it came from (`go env GOPROXY`)"},
	{[]string{"requires go >="}, "it needs a newer Go", "update Go, or set GOTOOLCHAIN=auto"},
	{[]string{"contains one or more replace directives", "contains one or more exclude directives"}, "its module cannot be installed by version", "build it yourself and name the program by its path"},
	{[]string{"GOPROXY=off"}, "the environment forbids downloads", "unset GOPROXY, or put the tool on PATH"},
	{[]string{"no space left on device"}, "the disk is full", "make room and try again"},
	{[]string{"dial tcp", "no such host", "i/o timeout", "connection refused", "connection reset", "TLS handshake", "502 Bad Gateway", "503 Service Unavailable", "Could not resolve host", "no route to host"},
		"the module could not be downloaded", "check the network and `go env GOPROXY`, then try again"},
	{[]string{"unknown revision", "invalid version", "no matching versions", "404 Not Found", "410 Gone", "403 Forbidden", "not found", "no such file or directory"},
		"there is no such version", "correct the version; `go list -m -versions <module>` lists those there are"},
}

// installError turns a failed `go install` into an error that says what to do and
// ends with the command's own last words.
func installError(spec Spec, stderr string, err error) error {
	fault, remedy := err.Error(), "see what the go command says"
	for _, f := range installFaults {
		if slices.ContainsFunc(f.says, func(s string) bool { return strings.Contains(stderr, s) }) {
			fault, remedy = f.fault, f.remedy
			break
		}
	}
	return fmt.Errorf("tool %q: go install %s: %s; %s%s", spec.Name, spec, fault, remedy, Tail(stderr, 12))
}

// Tail returns the last lines of what a program wrote, indented and each after a
// line break, to be appended to an error. Progress of the go command is left out.
func Tail(output string, lines int) string {
	var kept []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" && !strings.HasPrefix(line, "go: downloading ") {
			kept = append(kept, line)
		}
	}
	if omitted := len(kept) - lines; omitted > 0 {
		kept = append([]string{fmt.Sprintf("… (%d more above)", omitted)}, kept[omitted:]...)
	}
	var b strings.Builder
	for _, line := range kept {
		b.WriteString("\n    ")
		b.WriteString(line)
	}
	return b.String()
}

package toolchain

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/productinfo/productinfo/internal/filelock"
)

// sumFile holds, beside a cached program, the digest that it was built with.
const sumFile = "SHA256"

// onPath returns the first program of PATH that is the pinned one.
func (t *Toolchain) onPath(spec Spec, wantSum string) (Tool, bool) {
	for _, dir := range filepath.SplitList(t.getenv("PATH")) {
		// A relative folder would mean another program in each working directory.
		if !filepath.IsAbs(dir) {
			continue
		}
		program := filepath.Join(dir, spec.programName())
		if info, err := os.Stat(program); err != nil || !executable(info) {
			continue
		}
		tool, err := inspect(spec, program, wantSum)
		if err != nil {
			continue
		}
		digest, err := Digest(program)
		if err != nil {
			continue
		}
		tool.Source, tool.Digest = SourcePath, digest
		return tool, true
	}
	return Tool{}, false
}

// inspect reads the build information in a program and returns an error that says
// why it is not the one that is wanted. An empty wantSum allows any checksum, but
// there must be one: a program built from a working copy has none.
func inspect(spec Spec, program, wantSum string) (Tool, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return Tool{}, err
	}
	switch {
	case info.Path != spec.Package:
		return Tool{}, fmt.Errorf("it is %q, not %q", info.Path, spec.Package)
	case info.Main.Version != spec.Version:
		return Tool{}, fmt.Errorf("its version is %s, not %s", info.Main.Version, spec.Version)
	case info.Main.Sum == "":
		return Tool{}, fmt.Errorf("it was not built from a published module")
	case wantSum != "" && info.Main.Sum != wantSum:
		return Tool{}, fmt.Errorf("its module's checksum is %s, not %s", info.Main.Sum, wantSum)
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			return Tool{}, fmt.Errorf("it was built with another %s than its module requires", dep.Path)
		}
	}
	return Tool{Spec: spec, Program: program, Module: info.Main.Path, ModuleSum: info.Main.Sum}, nil
}

// cached returns the tool from the cache, or what is wrong with the one there.
func (t *Toolchain) cached(spec Spec, wantSum string) (tool Tool, problem string, found bool) {
	var slots []string
	if version, err := t.goVersion(); err == nil {
		slot, err := t.slot(spec, version)
		if err != nil {
			return Tool{}, err.Error(), false
		}
		slots = []string{slot}
	} else if pattern, err := t.slot(spec, "*"); err == nil {
		if slots, err = filepath.Glob(pattern); err != nil {
			return Tool{}, err.Error(), false
		}
		slices.Reverse(slots)
	}
	for _, slot := range slots {
		tool, err := verify(spec, slot, wantSum)
		if err == nil {
			return tool, "", true
		}
		if !os.IsNotExist(err) {
			problem = fmt.Sprintf("%s in the tool cache is not usable: %v", spec.label(), err)
		}
	}
	return Tool{}, problem, false
}

// verify returns the program in a folder of the cache if it is whole. The error
// is one of os.IsNotExist when there is no such folder.
func verify(spec Spec, slot, wantSum string) (Tool, error) {
	if _, err := os.Stat(slot); err != nil {
		return Tool{}, err
	}
	name := spec.programName()
	recorded, err := os.ReadFile(filepath.Join(slot, sumFile))
	if err != nil {
		return Tool{}, fmt.Errorf("its checksum is missing")
	}
	program := filepath.Join(slot, name)
	digest, err := Digest(program)
	if err != nil {
		return Tool{}, fmt.Errorf("the program is missing")
	}
	if string(recorded) != sumLine(digest, name) {
		return Tool{}, fmt.Errorf("its bytes are not those that were built")
	}
	if info, err := os.Stat(program); err != nil || !executable(info) {
		return Tool{}, fmt.Errorf("it is not executable")
	}
	tool, err := inspect(spec, program, wantSum)
	if err != nil {
		return Tool{}, err
	}
	tool.Source, tool.Digest = SourceCache, digest
	return tool, nil
}

// sumLine is the content of sumFile, as sha256sum writes and checks it.
func sumLine(digest Sum, name string) string {
	return digest.String() + "  " + name + "\n"
}

// slot returns the absolute path of the cache's folder for a tool.
func (t *Toolchain) slot(spec Spec, goVersion string) (string, error) {
	pkg, err := module.EscapePath(spec.Package)
	if err != nil {
		return "", fmt.Errorf("tool %q: %w", spec.Name, err)
	}
	version, err := module.EscapeVersion(spec.Version)
	if err != nil {
		return "", fmt.Errorf("tool %q: %w", spec.Name, err)
	}
	dir, err := filepath.Abs(t.Dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, runtime.GOOS+"-"+runtime.GOARCH, goVersion, filepath.FromSlash(pkg)+"@"+version), nil
}

// goProgram returns the go command of PATH.
func (t *Toolchain) goProgram() (string, error) {
	name := "go"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, dir := range filepath.SplitList(t.getenv("PATH")) {
		program := filepath.Join(dir, name)
		if !filepath.IsAbs(dir) {
			continue
		}
		if info, err := os.Stat(program); err == nil && executable(info) {
			return program, nil
		}
	}
	return "", errNoGo
}

// goVersion returns the go command's version, fit for a file name. It reads the
// command rather than run it, which takes as long as a whole build that has
// nothing to do.
func (t *Toolchain) goVersion() (string, error) {
	program, err := t.goProgram()
	if err != nil {
		return "", err
	}
	version := "go"
	// A go command that is a script of some version manager has no build
	// information; then there is one folder for all its versions.
	if info, err := buildinfo.ReadFile(program); err == nil {
		version = info.GoVersion
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.', r == '-', r == '+':
			return r
		}
		return '_'
	}, version), nil
}

// acquire takes the file lock beside a path, which is held until the returned
// function is called. A wait of more than a second is told to waiting, once.
func (t *Toolchain) acquire(ctx context.Context, path string, waiting func()) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return filelock.Acquire(ctx, path+".lock", waiting)
}

// getenv returns the value of a variable of t.Env; the last one counts, as for a
// program that is started with it.
func (t *Toolchain) getenv(name string) string {
	for _, pair := range slices.Backward(t.Env) {
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value
		}
	}
	return ""
}

package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/toolchain"
)

// requires are the versions that generated modules require unless the
// configuration says otherwise: those that this program is itself built with,
// which a test holds them to.
var requires = []string{
	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go@v1.36.12-20260825204119-511051f7f437.2",
	"cloud.google.com/go/longrunning@v1.5.0",
	"google.golang.org/genproto@v0.0.0-20261019180522-ce908d29299b",
	"google.golang.org/genproto/googleapis/api@v0.0.0-20261019180522-ce908d29299b",
	"google.golang.org/genproto/googleapis/rpc@v0.0.0-20261019180522-ce908d29299b",
	"google.golang.org/grpc@v1.85.0",
	"google.golang.org/protobuf@v1.36.12",
}

// SiblingVersion is what a module requires of another of its workspace, until
// publishing knows better. A go.work that replaces it makes it work meanwhile.
const SiblingVersion = "v0.0.0"

// goLine is the least Go version that a generated module states; the modules it
// requires may raise it.
const goLine = "1.24.0"

// GoDeps is what a generated Go module depends on.
type GoDeps struct {
	// Module is the module's path.
	Module string
	// Imports are the packages of other modules that its files import, sorted.
	Imports []string
	// Siblings are the workspace's other modules that it needs, directly or not,
	// sorted, and Inherited the packages that these import, sorted.
	Siblings  []string
	Inherited []string
}

// GoModTidy makes go.mod and go.sum with the go command, which alone knows what
// belongs there. It downloads what the module cache lacks.
type GoModTidy struct {
	// Require are module@version, over the built-in ones.
	Require []string
	// Env is the environment for the go command, which its PATH says where to find.
	Env []string
}

// Identity covers the required versions. It leaves out the version of the go
// command, so that machines with different ones share results. That all versions
// of "go mod tidy" come to the same go.mod and go.sum, with the go line and the
// direct requirements given, is assumed and not tested: where one does not, machines
// that share no cache may differ in these two files.
func (g *GoModTidy) Identity() digest.Digest {
	h := digest.NewHasher("productinfo go.mod")
	h.String(goLine)
	h.Strings(requires)
	h.Strings(g.Require)
	return h.Sum()
}

// Make runs "go mod tidy" on a module that imports what the generated one does.
func (g *GoModTidy) Make(ctx context.Context, deps GoDeps) ([]File, error) {
	versions := g.versions()
	external := slices.DeleteFunc(slices.Concat(deps.Imports, deps.Inherited), func(imported string) bool {
		return isBelow(imported, deps.Siblings)
	})
	slices.Sort(external)
	external = slices.Compact(external)

	mod := new(modfile.File)
	if err := errors.Join(mod.AddModuleStmt(deps.Module), mod.AddGoStmt(goLine)); err != nil {
		return nil, err
	}
	source := bytes.NewBufferString("package deps\n\nimport (\n")
	for _, imported := range external {
		provider := longest(imported, versions)
		if provider == "" {
			return nil, fmt.Errorf("generated code imports %q, and nothing says which module and version that is: add its module@version to targets.go.require", imported)
		}
		for _, m := range together(provider, versions) {
			if err := mod.AddRequire(m, versions[m]); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(source, "\t_ %q\n", imported)
	}
	source.WriteString(")\n")
	tidied, sums, err := g.tidy(ctx, mod, source.Bytes())
	if err != nil {
		return nil, fmt.Errorf("go.mod of %s: %w", deps.Module, err)
	}
	for _, r := range tidied.Require {
		if _, known := versions[r.Mod.Path]; !r.Indirect && !known {
			return nil, fmt.Errorf("generated code needs %s, and nothing says which version: add %s@%s to targets.go.require",
				r.Mod.Path, r.Mod.Path, r.Mod.Version)
		}
	}
	content, err := finish(tidied, deps)
	if err != nil {
		return nil, err
	}
	files := []File{{Name: "go.mod", Content: content}}
	if len(sums) > 0 {
		files = append(files, File{Name: "go.sum", Content: sums})
	}
	return files, nil
}

// together returns a module and those that are released with it: genproto was one
// module once, and its parts require whatever the others were at the time, which
// need not be a version that anyone can still get.
func together(provider string, versions map[string]string) []string {
	const genproto = "google.golang.org/genproto"
	if !isBelow(provider, []string{genproto}) {
		return []string{provider}
	}
	var all []string
	for m := range versions {
		if isBelow(m, []string{genproto}) {
			all = append(all, m)
		}
	}
	return all
}

func (g *GoModTidy) tidy(ctx context.Context, mod *modfile.File, source []byte) (*modfile.File, []byte, error) {
	dir, err := os.MkdirTemp("", "productinfo-gomod-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	content, err := mod.Format()
	if err != nil {
		return nil, nil, err
	}
	gomod := filepath.Join(dir, "go.mod")
	if err := errors.Join(
		os.WriteFile(gomod, content, 0o644),
		os.WriteFile(filepath.Join(dir, "deps.go"), source, 0o644),
	); err != nil {
		return nil, nil, err
	}
	program, err := g.program()
	if err != nil {
		return nil, nil, err
	}
	cmd := toolchain.Command(ctx, program, "mod", "tidy")
	cmd.Dir = dir
	cmd.Env = append(slices.Clip(g.Env), "GOFLAGS=-mod=mod", "GOWORK=off", "GO111MODULE=on", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		return nil, nil, fmt.Errorf("go mod tidy: %w\n%s", err, bytes.TrimSpace(out))
	}
	if content, err = os.ReadFile(gomod); err != nil {
		return nil, nil, err
	}
	tidied, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		return nil, nil, err
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	return tidied, sums, nil
}

// program returns the go command that Env's PATH leads to, not this process's.
func (g *GoModTidy) program() (string, error) {
	search := ""
	for _, pair := range g.Env {
		if name, value, _ := strings.Cut(pair, "="); name == "PATH" || runtime.GOOS == "windows" && strings.EqualFold(name, "PATH") {
			search = value
		}
	}
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if program, err := exec.LookPath(filepath.Join(dir, "go")); err == nil {
			return program, nil
		}
	}
	return "", errors.New("there is no go command in PATH, install Go (https://go.dev/dl)")
}

// finish adds the siblings and marks what only these need as indirect.
func finish(tidied *modfile.File, deps GoDeps) ([]byte, error) {
	providers := make(map[string]string)
	for _, r := range tidied.Require {
		providers[r.Mod.Path] = r.Mod.Version
	}
	direct := make(map[string]bool)
	for _, imported := range deps.Imports {
		direct[longest(imported, providers)] = true
	}
	var required []*modfile.Require
	for _, r := range tidied.Require {
		required = append(required, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect || !direct[r.Mod.Path]})
	}
	for _, sibling := range deps.Siblings {
		r := &modfile.Require{Indirect: !slices.ContainsFunc(deps.Imports, func(imported string) bool {
			return isBelow(imported, []string{sibling})
		})}
		r.Mod.Path, r.Mod.Version = sibling, SiblingVersion
		required = append(required, r)
	}
	final := new(modfile.File)
	if err := errors.Join(final.AddModuleStmt(deps.Module), final.AddGoStmt(tidied.Go.Version)); err != nil {
		return nil, err
	}
	slices.SortFunc(required, func(a, b *modfile.Require) int { return strings.Compare(a.Mod.Path, b.Mod.Path) })
	final.SetRequireSeparateIndirect(required)
	final.Cleanup()
	return final.Format()
}

// versions maps the known modules to their versions.
func (g *GoModTidy) versions() map[string]string {
	versions := make(map[string]string)
	for _, r := range slices.Concat(requires, g.Require) {
		module, version, _ := strings.Cut(r, "@")
		versions[module] = version
	}
	return versions
}

// longest returns the module, of those that are known, with the longest path
// that an imported package lies below, or "".
func longest(imported string, modules map[string]string) string {
	for p := imported; p != "."; p = path.Dir(p) {
		if _, ok := modules[p]; ok {
			return p
		}
	}
	return ""
}

func isBelow(imported string, modules []string) bool {
	return slices.ContainsFunc(modules, func(module string) bool {
		return imported == module || strings.HasPrefix(imported, module+"/")
	})
}

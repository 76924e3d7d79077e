package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/filelock"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
	"github.com/productinfo/productinfo/internal/toolchain"
	"github.com/productinfo/productinfo/internal/workspace"
)

const (
	distName  = "dist"
	stateName = ".productinfo"
	lockName  = "productinfo.lock"
)

// session is an opened workspace with all that a command needs of it.
type session struct {
	app   *app
	ws    *workspace.Workspace
	state string // folder of the lock, the index, the memo and the journal
	// stateless is true where that folder cannot be made.
	stateless bool
	cacheDir  string // the user's
	cache     *cache.Cache
	index     *digest.Index
	build     string // identity of this program
	progress  *progress
	sources   *schema.Sources
	close     func()
}

// configured finds and reads the workspace: what commands need that look at none
// of its protos.
func (a *app) configured() (*session, error) {
	dir, err := workspace.Find(a.dir)
	if err != nil {
		return nil, err
	}
	a.base = relativeBase(dir)
	ws, err := workspace.Load(dir)
	if err != nil {
		return nil, err
	}
	cacheDir, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	progress := a.newProgress()
	return &session{
		app: a, ws: ws, state: filepath.Join(ws.Dir, stateName), cacheDir: cacheDir,
		progress: progress, close: progress.Close,
	}, nil
}

// open finds and reads the workspace, and its files, for a command that writes
// nothing to it: where no state can be kept there, it works without.
func (a *app) open(ctx context.Context) (*session, error) {
	s, err := a.configured()
	if err != nil {
		return nil, err
	}
	var unwritable *fs.PathError
	if err := s.makeState(); errors.As(err, &unwritable) {
		s.stateless = true
	} else if err != nil {
		s.close()
		return nil, err
	}
	return s, s.read(ctx)
}

// openLocked is open for a command that writes to dist/: until the session is
// closed, no other does. What it reads, it reads when its turn has come, lest a
// build that waited bring back what the protos were when it was started.
func (a *app) openLocked(ctx context.Context) (*session, error) {
	s, err := a.configured()
	if err != nil {
		return nil, err
	}
	if err := s.makeState(); err != nil {
		s.close()
		return nil, err
	}
	if err := s.lock(ctx); err != nil {
		s.close()
		return nil, err
	}
	if s.ws, err = workspace.Load(s.ws.Dir); err != nil {
		s.close()
		return nil, err
	}
	return s, s.read(ctx)
}

// read opens the cache and reads the workspace's files. On error the session is
// closed.
func (s *session) read(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.openState(); err != nil {
		return err
	}
	s.progress.Stage("read", 0)
	if s.sources, err = schema.Scan(s.layout(s.ws.Dir), s.index); err != nil {
		return err
	}
	if len(s.sources.Own()) == 0 {
		return &workspace.Error{List: diag.List{{
			Position: diag.Position{File: workspace.FileName},
			Message:  fmt.Sprintf("there is no .proto file below %s", strings.Join(s.ws.Roots, ", ")),
			Help:     "add one, or name the folders that hold them in roots",
		}}}
	}
	return ctx.Err()
}

// atClose adds something to be done, before all else, when the session is closed.
func (s *session) atClose(f func()) {
	rest := s.close
	s.close = func() { f(); rest() }
}

// makeState makes the folder of what is kept beside the workspace.
func (s *session) makeState() error {
	err := os.MkdirAll(s.state, 0o755)
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%s is a file, and productinfo keeps its state in a folder of that name: move it elsewhere", s.state)
	}
	if err != nil {
		return err
	}
	// Whatever is in there is nobody's to commit.
	ignore := filepath.Join(s.state, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(ignore, []byte("*\n"), 0o644)
	}
	return nil
}

// openState opens the cache, and what is kept beside the workspace.
func (s *session) openState() error {
	dir, index := s.cacheDir, filepath.Join(s.state, "index")
	if s.app.noCache {
		temp, err := os.MkdirTemp("", "productinfo-cache-")
		if err != nil {
			return err
		}
		s.atClose(func() { os.RemoveAll(temp) })
		dir, index = temp, filepath.Join(temp, "index")
	}
	var err error
	if s.cache, err = cache.Open(dir, time.Now); err != nil {
		return err
	}
	if s.stateless && !s.app.noCache {
		index = "" // which is an index in memory
	}
	s.index = digest.OpenIndex(index, s.ws.Dir, time.Now)
	s.build, err = buildIdentity(s.index)
	return err
}

// save keeps what was learned of the files. That it cannot is no reason to fail.
func (s *session) save() {
	if s.stateless {
		if s.app.verbose {
			fmt.Fprintf(s.app.stderr, "productinfo: index not saved: %s cannot be made\n", s.state)
		}
	} else if err := s.index.Save(); err != nil && s.app.verbose {
		fmt.Fprintf(s.app.stderr, "productinfo: index not saved: %v\n", err)
	}
	if err := s.cache.PruneIfDue(cache.DefaultLimit); err != nil && s.app.verbose {
		fmt.Fprintf(s.app.stderr, "productinfo: cache not pruned: %v\n", err)
	}
}

// lock keeps other processes from writing to the workspace's dist/ until the
// session is closed.
func (s *session) lock(ctx context.Context) error {
	release, err := filelock.Acquire(ctx, filepath.Join(s.state, "lock"), func() {
		s.progress.Stage("wait for another build of this workspace", 0)
	})
	if err == nil {
		s.atClose(release)
	}
	return err
}

func (s *session) layout(dir string) schema.Layout {
	return schema.Layout{
		Dir:    dir,
		Roots:  s.ws.Roots,
		Vendor: s.ws.Vendor,
		Skip:   append([]string{distName}, s.ws.Excludes...),
	}
}

func (s *session) compiler() *schema.Compiler {
	c := &schema.Compiler{
		Cache:     s.cache,
		Identity:  s.build,
		Jobs:      s.app.jobs,
		Compiling: func(files int) { s.progress.Stage("compile", files) },
		Compiled:  s.progress.Step,
	}
	if !s.app.noCache && !s.stateless {
		c.Memo = filepath.Join(s.state, "memo")
	}
	return c
}

// modules divides the sources, and compile compiles them.
func (s *session) modules() ([]module.Module, error) {
	var files []module.File
	for _, src := range s.sources.Own() {
		files = append(files, module.File{Path: src.Path, Name: src.Name})
	}
	return module.Split(s.ws, files)
}

func (s *session) compile(ctx context.Context, modules []module.Module) (*schema.Image, error) {
	groups := make([][]string, len(modules))
	for i, m := range modules {
		groups[i] = m.Files
	}
	image, err := s.compiler().Compile(ctx, s.sources, groups)
	if err != nil {
		return nil, err
	}
	if err := checkCycle(ctx, image, modules); err != nil {
		return nil, err
	}
	return image, nil
}

// checkCycle refuses modules that need each other: none of them could be
// released first.
func checkCycle(ctx context.Context, image *schema.Image, modules []module.Module) error {
	dependencies := module.Dependencies(modules, func(path string) []string { return image.File(path).Imports })
	cycle := module.Cycle(modules, dependencies)
	if cycle == nil {
		return nil
	}
	names := []string{cycle[0].From}
	var faults diag.List
	for _, edge := range cycle {
		names = append(names, edge.To)
	}
	for _, edge := range cycle {
		pos, err := image.ImportPosition(ctx, edge.File, edge.Import)
		if err != nil {
			return err
		}
		faults = append(faults, diag.Diagnostic{
			Rule:     "module-cycle",
			Position: pos,
			Message:  fmt.Sprintf("module %q imports %q here, and so modules need each other: %s", edge.From, edge.To, strings.Join(names, " → ")),
			Help:     "move what both need into a module of its own",
		})
	}
	return faults
}

// only returns the modules that the command line names, or all.
func only(modules []module.Module, names []string) ([]module.Module, error) {
	if len(names) == 0 {
		return modules, nil
	}
	var chosen []module.Module
	for _, name := range names {
		i := slices.IndexFunc(modules, func(m module.Module) bool { return m.Name == name })
		if i < 0 {
			all := make([]string, len(modules))
			for j, m := range modules {
				all[j] = m.Name
			}
			return nil, usageError{fmt.Errorf("no module %q: want one of %s", name, strings.Join(all, ", "))}
		}
		chosen = append(chosen, modules[i])
	}
	return chosen, nil
}

// cacheDir returns the cache's folder: $PRODUCTINFO_CACHE, or one in the folder
// that [os.UserCacheDir] names, of the environment that a was given. There is none
// to fall back on, as programs are run from it: where others may write, they could
// be theirs.
func (a *app) cacheDir() (string, error) {
	if dir := a.getenv("PRODUCTINFO_CACHE"); dir != "" {
		return dir, nil
	}
	var dir, unset string
	home := func(below ...string) string {
		if home := a.getenv("HOME"); home != "" {
			return filepath.Join(append([]string{home}, below...)...)
		}
		return ""
	}
	switch runtime.GOOS {
	case "windows":
		dir, unset = a.getenv("LocalAppData"), "%LocalAppData%"
	case "darwin", "ios":
		dir, unset = home("Library", "Caches"), "$HOME"
	default:
		dir, unset = cmp.Or(a.getenv("XDG_CACHE_HOME"), home(".cache")), "$XDG_CACHE_HOME or $HOME"
	}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("there is no folder for the cache: %s is not set to an absolute path; set PRODUCTINFO_CACHE", unset)
	}
	return filepath.Join(dir, "productinfo"), nil
}

// toolchain returns what resolves the workspace's tools.
func (s *session) toolchain() *toolchain.Toolchain {
	return &toolchain.Toolchain{
		Dir:      filepath.Join(s.cacheDir, "tools"),
		Root:     s.ws.Dir,
		LockFile: filepath.Join(s.ws.Dir, lockName),
		Env:      s.app.env,
		Progress: s.progress.Line,
	}
}

// spec returns how the workspace pins a tool.
func (s *session) spec(name string) (toolchain.Spec, error) {
	for _, tool := range s.ws.Tools {
		if tool.Name == name {
			return toolchain.ParseSpec(tool.Name, tool.Spec)
		}
	}
	return toolchain.Spec{}, fmt.Errorf("tool %q is not in the workspace's tools", name)
}

// buildIdentity names this build of productinfo, for the keys of what its code
// makes. A release is named by its version and those of its dependencies, so that
// machines of all kinds share results; any other build by its bytes.
func buildIdentity(index *digest.Index) (string, error) {
	if info, ok := debug.ReadBuildInfo(); ok && isRelease(info) {
		h := digest.NewHasher("productinfo build identity")
		h.String(info.GoVersion)
		h.String(info.Main.Version + " " + info.Main.Sum)
		for _, dep := range info.Deps {
			h.String(dep.Path + " " + dep.Version + " " + dep.Sum)
		}
		return h.Sum().String(), nil
	}
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	sum, err := index.File(program)
	return sum.String(), err
}

// isRelease reports whether the versions and checksums in a program's build
// information stand for one source tree. They do not for a module that was changed
// in its working copy, replaced, or taken from a workspace.
func isRelease(info *debug.BuildInfo) bool {
	return strings.HasPrefix(info.Main.Version, "v") && !strings.Contains(info.Main.Version, "+dirty") && info.Main.Replace == nil &&
		!slices.ContainsFunc(info.Deps, func(dep *debug.Module) bool { return dep.Replace != nil || dep.Sum == "" })
}

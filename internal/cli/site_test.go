package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/atomicfile"
)

// site is a workspace that the program is run in as a process of its own, for
// what cannot be done to the test's process.
type site struct {
	t     *testing.T
	dir   string
	cache string
	// program is the test binary under the name productinfo: see TestMain.
	program string
}

const siteConfig = `version: 1
name: acme
targets:
  go:
    module: example.com/acme
    generators: [go]
`

// newSite returns a new workspace without protos, with a cache of its own.
func newSite(t *testing.T) *site {
	t.Helper()
	base := t.TempDir()
	s := &site{t: t, dir: filepath.Join(base, "workspace"), cache: filepath.Join(base, "cache"), program: filepath.Join(base, "productinfo")}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, s.program); err != nil {
		t.Fatal(err)
	}
	s.put("productinfo.yaml", siteConfig)
	return s
}

// put writes a file of the workspace, so that nobody sees half of it.
func (s *site) put(name, content string) {
	s.t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := atomicfile.Write(file, []byte(content)); err != nil {
		s.t.Fatal(err)
	}
}

// command prepares a run of the program in the workspace.
func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.t.Context(), s.program, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PRODUCTINFO_CACHE="+s.cache)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// run runs a command, wants an exit status of it, and returns what it printed to
// stderr and stdout.
func (s *site) run(cmd *exec.Cmd, status int) string {
	s.t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("%v: %v\n%s", cmd.Args, err, &out)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		s.t.Fatalf("%v: %v, want exit status %d\n%s", cmd.Args, cmd.ProcessState, status, &out)
	}
	return out.String()
}

// tree reads a folder of the workspace.
func (s *site) tree(name string) tree {
	s.t.Helper()
	files, err := readTree(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// want compares dist/ with what it should be.
func (s *site) want(dist tree) {
	s.t.Helper()
	if differ := s.tree("dist").differences(dist); len(differ) > 0 {
		s.t.Fatalf("dist/ is not that of a clean build; these differ: %s", strings.Join(differ, ", "))
	}
}

// The protos of a site have states, which differ in some contents and in which
// files there are at all.
const (
	siteStates = 4
	siteFiles  = 60
)

// sources returns the protos in a state.
func sources(state int) map[string]string {
	files := make(map[string]string)
	for i := range siteFiles {
		if (i+state)%10 == 0 {
			continue
		}
		fields := ""
		if i%3 == 0 {
			fields = fmt.Sprintf("  string in_state_%d = 1;\n", state)
		}
		files[fmt.Sprintf("proto/acme/part%d/v1/file%d.proto", i%4, i)] = fmt.Sprintf(
			"syntax = \"proto3\";\n\npackage acme.part%d.v1;\n\nmessage Message%d {\n%s}\n", i%4, i, fields)
	}
	return files
}

// edit brings the protos into a state.
func (s *site) edit(state int) {
	s.t.Helper()
	files := sources(state)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s.put(name, files[name])
	}
	for name := range s.tree("proto") {
		if name = "proto/" + name; files[name] == "" {
			if err := os.Remove(filepath.Join(s.dir, filepath.FromSlash(name))); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// clean returns what a first build, in a new workspace with a new cache, makes of
// each of the first states.
func clean(t *testing.T, states int) []tree {
	t.Helper()
	var builds []tree
	for state := range states {
		s := newSite(t)
		s.edit(state)
		s.run(s.command("build"), 0)
		builds = append(builds, s.tree("dist"))
	}
	return builds
}

// whole fails the test if a file of dist/ is not, from its first byte to its last,
// that of one of the states. Temporary files do not count.
func (s *site) whole(builds []tree) {
	s.t.Helper()
	for name, content := range s.tree("dist") {
		if atomicfile.IsTemp(filepath.Base(name)) {
			continue
		}
		if !slices.ContainsFunc(builds, func(dist tree) bool {
			want, ok := dist[name]
			return ok && bytes.Equal(want, content)
		}) {
			s.t.Fatalf("dist/%s, with %d bytes, is that of no build", name, len(content))
		}
	}
}

// until asks, again and again, whether something has happened, and returns false
// if ctx ends before it has.
func until(ctx context.Context, happened func() bool) bool {
	for ctx.Err() == nil {
		if happened() {
			return true
		}
	}
	return false
}

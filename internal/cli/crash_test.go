//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/cli"
)

// TestKilledBuild kills builds at many moments: at random ones, and while dist/ is
// being written. What is in dist/ then is whole, and the next build ends with what
// a clean one makes, whether or not the protos have changed in between.
func TestKilledBuild(t *testing.T) {
	t.Parallel()
	const rounds = 25
	builds := clean(t, siteStates)
	s := newSite(t)
	s.edit(0)
	start := time.Now()
	s.run(s.command("build"), 0)
	whole := time.Since(start)

	random := rand.New(rand.NewPCG(20, 26))
	killed, writing := 0, 0
	for round := range rounds {
		state := (round + 1) % siteStates
		s.edit(state)
		if round%5 == 0 { // then it has all to do that a first build has
			if err := errors.Join(os.RemoveAll(s.cache), os.RemoveAll(filepath.Join(s.dir, "dist"))); err != nil {
				t.Fatal(err)
			}
		}
		var moment func(context.Context)
		if round%2 == 0 {
			after := time.Duration(random.Int64N(int64(whole)))
			moment = func(ctx context.Context) { sleep(ctx, after) }
		} else {
			moment = s.untilWriting(random.IntN(siteFiles / 3))
		}
		if s.kill(moment) {
			killed++
		}
		if s.journal() {
			writing++
		}
		s.whole(builds)
		if random.IntN(2) == 0 {
			state = random.IntN(siteStates)
			s.edit(state)
		}
		s.run(s.command("build"), 0)
		s.want(builds[state])
		if s.journal() {
			t.Fatal("the journal is still there after a build")
		}
	}
	t.Logf("of %d builds %d were killed, %d of them while they wrote", rounds, killed, writing)
	if killed < rounds/4 || writing == 0 {
		t.Errorf("of %d builds only %d were killed, %d of them while they wrote", rounds, killed, writing)
	}
}

// kill starts a build and kills it when moment returns, which it does early if the
// build has ended. It reports whether the build was killed.
func (s *site) kill(moment func(context.Context)) bool {
	s.t.Helper()
	cmd := s.command("build")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	running, ended := context.WithCancel(s.t.Context())
	done := make(chan error)
	go func() {
		err := cmd.Wait()
		ended()
		done <- err
	}()
	moment(running)
	_ = cmd.Process.Kill() // it may have ended
	err := <-done
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && !exit.Exited()) {
		s.t.Fatalf("%v\n%s", err, &out)
	}
	return err != nil
}

// untilWriting returns a function that returns when a build has announced what it
// writes, and has written at least a number of files.
func (s *site) untilWriting(files int) func(context.Context) {
	before := s.written()
	return func(ctx context.Context) {
		until(ctx, s.journal)
		until(ctx, func() bool {
			changed := 0
			for name, when := range s.written() {
				if before[name] != when {
					changed++
				}
			}
			return changed >= files
		})
	}
}

// written returns when each file of dist/ was written.
func (s *site) written() map[string]time.Time {
	times := make(map[string]time.Time)
	_ = filepath.WalkDir(filepath.Join(s.dir, "dist"), func(file string, _ fs.DirEntry, _ error) error {
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && !atomicfile.IsTemp(info.Name()) {
			times[file] = info.ModTime()
		}
		return nil // a file may go while it is looked at
	})
	return times
}

// journal reports whether a build has begun to write and has not ended.
func (s *site) journal() bool {
	_, err := os.Lstat(filepath.Join(s.dir, ".productinfo", "pending.json"))
	return err == nil
}

// sleep returns after a while, or when ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// TestInterrupted interrupts a build while a plugin is at work and another build
// waits for its turn, and this one as well.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(0)
	s.run(s.command("build"), 0)
	before := s.tree("dist")

	door := s.fifo("door")
	s.hostile("knock:" + door + "+hang")
	first := s.start("build")
	plugin, err := os.Open(door) // waits for the plugin to open it, too
	if err != nil {
		t.Fatal(err)
	}
	second := s.start("build")
	second.waitFor("wait for another build of this workspace")
	second.interrupt(os.Interrupt)
	signals := cli.Signals()
	first.interrupt(signals[len(signals)-1])
	// Nobody holds the other end open when the plugin has gone, too.
	if _, err := io.ReadAll(plugin); err != nil {
		t.Error(err)
	}
	if differ := before.differences(s.tree("dist")); len(differ) > 0 {
		t.Errorf("an interrupted build changed %v", differ)
	}
	s.put("productinfo.yaml", siteConfig)
	s.run(s.command("build"), 0)
	s.want(before)
}

// TestBuildWaits edits the protos, and the configuration, while a build waits for
// another to end. What it builds is what there is when its turn has come.
func TestBuildWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.edit(1)
	s.run(s.command("build"), 0)
	want := s.tree("dist")
	s.edit(0)
	door, gate := s.fifo("door"), s.fifo("gate")
	s.hostile("knock:" + door + "+wait:" + gate)
	first := s.start("build")
	if _, err := os.Open(door); err != nil {
		t.Fatal(err)
	}
	second := s.start("build")
	second.waitFor("wait for another build of this workspace")
	s.edit(1)
	s.put("productinfo.yaml", siteConfig)
	if err := os.WriteFile(gate, nil, 0); err != nil { // opens and closes it
		t.Fatal(err)
	}
	first.ends()
	second.ends()
	s.want(want)
}

// hostile adds the plugin of that name to the workspace's generators.
func (s *site) hostile(behaviour string) {
	s.t.Helper()
	if err := os.Symlink(s.program, filepath.Join(s.dir, "protoc-gen-hostile")); err != nil {
		s.t.Fatal(err)
	}
	generators := "[go, {name: hostile, strategy: batch, options: [" + behaviour + "]}]"
	s.put("productinfo.yaml", strings.Replace(siteConfig, "[go]", generators, 1)+
		"tools:\n  protoc-gen-hostile: ./protoc-gen-hostile\n")
}

// fifo makes a named pipe in the workspace: who opens one end waits for the other.
func (s *site) fifo(name string) string {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// started is a program that runs while the test goes on.
type started struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr *bufio.Reader
	said   strings.Builder
}

func (s *site) start(args ...string) *started {
	s.t.Helper()
	cmd := s.command(args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return &started{t: s.t, cmd: cmd, stderr: bufio.NewReader(stderr)}
}

// waitFor reads stderr up to a line that holds a text.
func (p *started) waitFor(text string) {
	p.t.Helper()
	for {
		line, err := p.stderr.ReadString('\n')
		p.said.WriteString(line)
		switch {
		case strings.Contains(line, text):
			return
		case err != nil:
			p.t.Fatalf("%v ended without %q:\n%s", p.cmd.Args, text, &p.said)
		}
	}
}

// ends waits for the program, and wants it to end well.
func (p *started) ends() {
	p.t.Helper()
	rest, err := io.ReadAll(p.stderr)
	if err = errors.Join(err, p.cmd.Wait()); err != nil {
		p.t.Errorf("%v: %v\n%s%s", p.cmd.Args, err, &p.said, rest)
	}
}

// interrupt sends a signal as Ctrl-C does, and wants the program to end of it.
func (p *started) interrupt(by os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(by); err != nil {
		p.t.Fatal(err)
	}
	p.waitFor("productinfo: interrupted; no file is half-written, run the command again to finish")
	_ = p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != 130 {
		p.t.Errorf("%v: %v, want exit status 130\n%s", p.cmd.Args, p.cmd.ProcessState, &p.said)
	}
}

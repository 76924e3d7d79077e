package cli_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestBuildsAtOnce starts several builds of one workspace at once and edits the
// protos while they run. They take turns, and in the end dist/ is what a clean
// build makes of the last state: a build that was started before an edit does not
// bring back what was before it.
func TestBuildsAtOnce(t *testing.T) {
	t.Parallel()
	const rounds, atOnce = 4, 3
	builds := clean(t, siteStates)
	s := newSite(t)
	s.edit(0)
	for round := range rounds {
		state := (round + 1) % siteStates
		type build struct {
			cmd *exec.Cmd
			out bytes.Buffer
		}
		var running []*build
		start := func() {
			b := &build{cmd: s.command("build")}
			b.cmd.Stdout, b.cmd.Stderr = &b.out, &b.out
			if err := b.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running = append(running, b)
		}
		for range atOnce {
			start()
		}
		s.edit(state)
		for range atOnce {
			start()
		}
		for i, b := range running {
			err := b.cmd.Wait()
			// From under those that were started first, files may be taken away.
			if err != nil && (i >= atOnce || !strings.Contains(b.out.String(), "run the command again")) {
				t.Errorf("round %d: build %d: %v\n%s", round, i, err, &b.out)
			}
		}
		s.want(builds[state])
	}
}

package cli

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/productinfo/productinfo/internal/engine"
)

var _ engine.Progress = (*progress)(nil)

// fakeClock is a clock that a test moves.
type fakeClock struct{ time time.Time }

func (c *fakeClock) now() time.Time { return c.time }

// newTestProgress returns a progress that writes to the buffer, ticks when the
// test says so, and has a terminal where width is above 0.
func newTestProgress(width int) (*progress, *fakeClock, *bytes.Buffer) {
	clock := &fakeClock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var out bytes.Buffer
	p := &progress{w: &out, now: clock.now, began: clock.now()}
	if width > 0 {
		p.width = func() int { return width }
	}
	return p, clock, &out
}

// advance moves the clock in steps of a tick.
func advance(p *progress, clock *fakeClock, d time.Duration) {
	for range d / redrawEvery {
		clock.time = clock.time.Add(redrawEvery)
		p.tick()
	}
}

func TestProgressIsSilentWhenShort(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 80} {
		p, clock, out := newTestProgress(width)
		p.Stage("compile", 10)
		advance(p, clock, 500*time.Millisecond)
		p.Stage("generate", 5)
		done := p.Start("go shop/v1")
		advance(p, clock, 400*time.Millisecond)
		done(5)
		p.Close()
		if out.Len() > 0 {
			t.Errorf("width %d: short work printed %q", width, out)
		}
	}
}

func TestProgressBar(t *testing.T) {
	t.Parallel()
	p, clock, out := newTestProgress(80)
	p.Stage("generate", 120)
	first := p.Start("go shop/v1")
	second := p.Start("go-grpc shop/v1")
	advance(p, clock, time.Second)
	second(30)
	want := eraseLine + "generate  [>                       ]    0/120  1 s  go shop/v1"
	if got := out.String(); got != want {
		t.Fatalf("after a second:\n%q, want\n%q", got, want)
	}

	out.Reset()
	first(10)
	p.Start("go stock/v1")
	advance(p, clock, time.Second)
	lines := strings.Split(out.String(), eraseLine)
	if got, want := len(lines)-1, 10; got != want {
		t.Errorf("the bar was drawn %d times in a second, want %d", got, want)
	}
	if got, want := lines[len(lines)-1], "generate  [========>               ]   40/120  4 s left  go stock/v1"; got != want {
		t.Errorf("after two seconds:\n%q, want\n%q", got, want)
	}

	out.Reset()
	p.Line("built buf in 3s")
	p.Line("and more")
	if got, want := out.String(), eraseLine+"built buf in 3s\nand more\n"; got != want {
		t.Errorf("Line: %q, want %q", got, want)
	}

	out.Reset()
	p.tick()
	p.Close()
	p.Close()
	p.Line("afterwards")
	if got, want := out.String(), eraseLine+lines[len(lines)-1]+eraseLine+"afterwards\n"; got != want {
		t.Errorf("Close: %q, want %q", got, want)
	}
}

func TestProgressPlainLines(t *testing.T) {
	t.Parallel()
	p, clock, out := newTestProgress(0)
	p.Stage("compile", 7208)
	advance(p, clock, time.Second)
	for range 1802 {
		p.Step("a.proto")
	}
	advance(p, clock, 6*time.Second)
	p.Stage("lint", 0)
	advance(p, clock, time.Second)
	p.Stage("write", 3)
	advance(p, clock, 900*time.Millisecond)
	p.Line("a line")
	p.Close()
	want := "compile: 0 of 7208 (1 s so far)\ncompile: 1802 of 7208 (18 s left)\nlint: 1 s so far\na line\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProgressVerbose(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 80} {
		p, clock, out := newTestProgress(width)
		p.verbose = true
		p.Stage("compile", 2)
		clock.time = clock.time.Add(250 * time.Millisecond)
		p.Stage("lint", 0)
		clock.time = clock.time.Add(10 * time.Millisecond)
		p.Close()
		want := "compile: begun, 2 units\ncompile: ended after 0.25 s\nlint: begun\nlint: ended after 0.01 s\n"
		if got := out.String(); got != want {
			t.Errorf("width %d: got\n%s\nwant\n%s", width, got, want)
		}
	}
}

func TestProgressQuiet(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 80} {
		p, clock, out := newTestProgress(width)
		p.quiet = true
		p.Stage("generate", 10)
		advance(p, clock, 20*time.Second)
		p.Line("building buf")
		p.Close()
		if out.Len() > 0 {
			t.Errorf("width %d: quiet, and yet it printed %q", width, out)
		}
	}
}

// TestProgressShared has goroutines use a progress while it ticks.
func TestProgressShared(t *testing.T) {
	t.Parallel()
	p, _, out := newTestProgress(40)
	p.began = p.began.Add(-patience)
	ticks, stopped := make(chan time.Time), false
	p.start(ticks, func() { stopped = true })
	p.Stage("generate", 100)
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			for j := range 10 {
				done := p.Start(fmt.Sprint("unit ", i, j))
				ticks <- time.Time{}
				done(1)
			}
		})
	}
	wg.Wait()
	p.Close()
	if p.done != 100 || len(p.running) > 0 || !stopped {
		t.Errorf("%d units done, %d running, ticker stopped: %t; want 100, none, true", p.done, len(p.running), stopped)
	}
	if !strings.HasSuffix(out.String(), eraseLine) {
		t.Error("the bar is still there")
	}
}

func TestBarLine(t *testing.T) {
	t.Parallel()
	s := progressState{stage: "generate", units: 1280, done: 320, elapsed: 30 * time.Second, unit: "go google/cloud/automl/v1"}
	for _, test := range []struct {
		width  int
		change func(*progressState)
		want   string
	}{
		{200, nil, "generate  [======>                 ]   320/1280  1 min 30 s left  go google/cloud/automl/v1"},
		{70, nil, "generate  [======>                 ]   320/1280  1 min 30 s left  go…"},
		{60, nil, "generate   320/1280  1 min 30 s left  go google/cloud/auto…"},
		{10, nil, "generate…"},
		{1, nil, ""},
		{0, nil, ""},
		{60, func(s *progressState) { s.done = 12; s.unit = "" }, "generate    12/1280  30 s"},
		{100, func(s *progressState) { s.done = 1281 }, "generate  [========================]  1280/1280  30 s  go google/cloud/automl/v1"},
		{100, func(s *progressState) { s.units, s.done = 0, 0 }, "generate  30 s  go google/cloud/automl/v1"},
		{60, func(s *progressState) { s.unit = "" }, "generate   320/1280  1 min 30 s left"},
		{60, func(s *progressState) { s.unit = "go \x1b[31mred\nblue" }, "generate   320/1280  1 min 30 s left  go ?[31mred?blue"},
		{49, func(s *progressState) { s.unit = "日本語日本語" }, "generate   320/1280  1 min 30 s left  日本語日…"},
		{48, func(s *progressState) { s.unit = "日本語日本語" }, "generate   320/1280  1 min 30 s left  日本語日…"},
		{47, func(s *progressState) { s.unit = "日本語日本語" }, "generate   320/1280  1 min 30 s left  日本語…"},
		{80, func(s *progressState) { s.elapsed = 3 * time.Hour; s.unit = "" }, "generate  [======>                 ]   320/1280  9 h 0 min left"},
	} {
		s := s
		if test.change != nil {
			test.change(&s)
		}
		got := barLine(s, test.width)
		if got != test.want {
			t.Errorf("%d columns: got\n%q, want\n%q", test.width, got, test.want)
		}
		if w := uniseg.StringWidth(got); w >= max(test.width, 1) {
			t.Errorf("%q takes %d of %d columns", got, w, test.width)
		}
	}
}

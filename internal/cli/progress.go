package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// patience is how long work lasts before anything is said of it, so that
	// short work is silent.
	patience = time.Second
	// redrawEvery is the time between two drawings of the bar.
	redrawEvery = 100 * time.Millisecond
	// lineEvery is the least time between two lines of one stage where there is
	// no bar.
	lineEvery = 5 * time.Second
)

// eraseLine goes to the start of a terminal's line and clears it.
const eraseLine = "\r\x1b[K"

// progress tells people how the work goes: on a terminal by a bar, which Close
// erases, elsewhere by a line now and then. It is an [engine.Progress].
//
// Goroutines may share it. What is drawn is decided in progress_render.go; when,
// by tick, which a goroutine of its own calls until Close.
type progress struct {
	w       io.Writer
	now     func() time.Time
	width   func() int // of the terminal, in columns; nil where there is none
	quiet   bool
	verbose bool
	stop    func() // ends the calls of tick; nil where nobody calls it

	mu       sync.Mutex
	began    time.Time
	stage    string
	stages   int // how many have begun
	units    int
	done     int
	staged   time.Time // when the stage began
	lined    time.Time // when its last line was printed; zero: none was
	running  []*running
	finished string // the last unit that was done
	drawn    bool   // the bar stands in the terminal's last line
}

// running is something that has been started, in the order of starting.
type running struct{ name string }

// newProgress returns the progress of one command, which its caller closes.
func (a *app) newProgress() *progress {
	p := &progress{w: a.stderr, now: time.Now, quiet: a.quiet, verbose: a.verbose}
	if isTerminal(a.stderr) && a.getenv("TERM") != "dumb" {
		p.width = func() int { return terminalWidth(a.stderr) }
	}
	p.began = p.now()
	if !p.quiet {
		ticker := time.NewTicker(redrawEvery)
		p.start(ticker.C, ticker.Stop)
	}
	return p
}

// start calls tick for each value of ticks until Close, which calls stop.
func (p *progress) start(ticks <-chan time.Time, stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	p.stop = sync.OnceFunc(func() {
		stop()
		close(quit)
		<-gone
	})
	go func() {
		defer close(gone)
		for {
			select {
			case <-ticks:
				p.tick()
			case <-quit:
				return
			}
		}
	}()
}

// Stage begins a stage of so many units, and ends the one before; 0 means that
// nobody knows how many.
func (p *progress) Stage(name string, units int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endStage()
	p.stages++
	p.stage, p.units, p.done = name, units, 0
	p.staged, p.lined = p.now(), time.Time{}
	p.finished = ""
	if p.verbose {
		p.print(startLine(p.state()))
	}
}

// Start says that work on something has begun, and returns what to call when it
// has ended, with the number of units that it was.
func (p *progress) Start(name string) func(units int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &running{name}
	p.running = append(p.running, r)
	stage := p.stages
	return func(units int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running = slices.DeleteFunc(p.running, func(other *running) bool { return other == r })
		if p.stages == stage {
			p.done += units
			p.finished = name
		}
	}
}

// Step says that one unit is done of which nobody said that it had begun.
func (p *progress) Step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.finished = name
}

// Line prints a line, above the bar where there is one.
func (p *progress) Line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(text)
}

// Close ends the last stage and erases the bar. Closing again does nothing.
func (p *progress) Close() {
	if p.stop != nil {
		p.stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endStage()
	p.erase()
}

// tick brings what is seen up to date.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	switch {
	case p.quiet, p.stage == "":
	case p.width != nil:
		if now.Sub(p.began) >= patience {
			fmt.Fprint(p.w, eraseLine+barLine(p.state(), p.width()))
			p.drawn = true
		}
	case now.Sub(p.staged) >= patience && now.Sub(p.lined) >= lineEvery:
		p.print(plainLine(p.state()))
		p.lined = now
	}
}

// state returns what there is to be seen. The caller holds mu.
func (p *progress) state() progressState {
	s := progressState{stage: p.stage, units: p.units, done: p.done, unit: p.finished, elapsed: p.now().Sub(p.staged)}
	if len(p.running) > 0 {
		s.unit = p.running[0].name
	}
	return s
}

// endStage says how long the stage took. The caller holds mu.
func (p *progress) endStage() {
	if p.verbose && p.stage != "" {
		p.print(endLine(p.state()))
	}
	p.stage = ""
}

// print prints a line instead of the bar, which the next tick draws again. The
// caller holds mu.
func (p *progress) print(line string) {
	if p.quiet {
		return
	}
	p.erase()
	fmt.Fprintln(p.w, line)
}

// erase removes the bar. The caller holds mu.
func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, eraseLine)
		p.drawn = false
	}
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth returns the columns of the terminal w, or 80 where it does not
// say.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

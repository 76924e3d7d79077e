package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// progress tells people how the work goes.
type progress struct{ w io.Writer }

func (a *app) newProgress() *progress { return &progress{w: a.stderr} }

func (p *progress) Stage(name string, units int) {}
func (p *progress) Start(name string) func(int)  { return func(int) {} }
func (p *progress) Step(name string)             {}
func (p *progress) Line(text string)             { fmt.Fprintln(p.w, text) }
func (p *progress) Close()                       {}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

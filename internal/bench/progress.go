package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress prints what is being done, each line with the time since the start.
type progress struct {
	w     io.Writer
	start time.Time
}

func newProgress(w io.Writer) *progress {
	return &progress{w, time.Now()}
}

func (p *progress) printf(format string, args ...any) {
	fmt.Fprintf(p.w, "%6s  %s\n", time.Since(p.start).Round(time.Second), fmt.Sprintf(format, args...))
}

// Write prints text that another package announces.
func (p *progress) Write(text []byte) (int, error) {
	p.printf("%s", strings.TrimRight(string(text), "\n"))
	return len(text), nil
}

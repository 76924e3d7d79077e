package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the outcome, for people.
type report struct {
	Rows     []row
	Corpus   string
	Versions []string
	Machine  string
	// Runs says how many runs each figure is the median of.
	Runs string
}

// row is a line of the table.
type row struct {
	Case, Wanted, Buf, Productinfo, Ratio string
	Met                                   bool
}

func (r row) cells() []string {
	met := "**no**"
	if r.Met {
		met = "yes"
	}
	return []string{r.Case, r.Wanted, r.Buf, r.Productinfo, r.Ratio, met}
}

var tableHead = []string{"case", "wanted", "buf", "productinfo", "ratio", "met"}

// noise is how much slower than an empty cache a build may be that generates
// everything, and still counts as no slower: two runs of the same build differ
// by as much.
const noise = 1.05

// tableRows returns the table: a line for each case, and one for the memory of
// the first, which starts from nothing.
func tableRows(results []caseResult) []row {
	seconds := func(m measurement) float64 { return m.elapsed.Seconds() }
	empty := medianOf(results[0].productinfo, seconds)
	var rows []row
	for _, result := range results {
		ours, buf := medianOf(result.productinfo, seconds), medianOf(result.buf, seconds)
		r := row{
			Case:        result.name,
			Wanted:      fmt.Sprintf("at least %g times as fast", result.factor),
			Buf:         formatSeconds(buf),
			Productinfo: formatSeconds(ours),
			Ratio:       formatRatio(buf/ours) + " times as fast",
			Met:         buf/ours >= result.factor,
		}
		if result.factor == 0 {
			r.Wanted = fmt.Sprintf("no slower than an empty cache (within %.0f %%)", 100*(noise-1))
			r.Ratio = formatRatio(ours/empty) + " of an empty cache"
			r.Met = ours <= empty*noise
		}
		rows = append(rows, r)
	}
	return append(rows, memoryRow(results[0]))
}

func memoryRow(result caseResult) row {
	peak := func(m measurement) int64 { return m.peak }
	ours, buf := medianOf(result.productinfo, peak), medianOf(result.buf, peak)
	r := row{
		Case: "peak memory, empty cache", Wanted: "no more than buf's own process",
		Buf: formatBytes(buf), Productinfo: formatBytes(ours), Ratio: "unknown",
	}
	if ours > 0 && buf > 0 {
		r.Ratio = formatRatio(float64(ours)/float64(buf)) + " of buf's"
		r.Met = ours <= buf
	}
	return r
}

func formatDuration(d time.Duration) string { return formatSeconds(d.Seconds()) }

func formatSeconds(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	default:
		return fmt.Sprintf("%.1f s", s)
	}
}

func formatRatio(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.2f", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}

func formatBytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
}

// text returns the report for a terminal.
func (r report) text() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(tableHead, "\t"))
	for _, row := range r.Rows {
		fmt.Fprintln(table, strings.NewReplacer("`", "", "*", "").Replace(strings.Join(row.cells(), "\t")))
	}
	// A builder takes all that is written to it.
	_ = table.Flush()
	fmt.Fprintf(&b, "\n%s\n%s\n%s\n", r.Corpus, strings.Join(r.Versions, ", "), r.Machine)
	return b.String()
}

const (
	triedBegin = "<!-- tried: written by hand, kept when this file is rewritten -->\n"
	triedEnd   = "<!-- end of tried -->\n"
)

// markdown returns docs/benchmarks.md. The section between the two markers is
// somebody's own and goes in as it is.
func (r report) markdown(tried string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by the program that `+"`make bench`"+` runs. It measures `+"`productinfo build`"+` against `+"`buf generate`"+` with the same plugin programs, in
turn, and takes the medians.

- Input: %s.
- Versions: %s.
- Machine: %s.
- Runs: %s.

| %s |
|%s
`, r.Corpus, strings.Join(r.Versions, ", "), r.Machine, r.Runs, strings.Join(tableHead, " | "), strings.Repeat("---|", len(tableHead)))
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row.cells(), " | "))
	}
	b.WriteString(`
Time is that of the whole process, from its start to its end. Memory is the highest resident set of one process: of the
tool itself, unless a program that it starts needs more. Both tools write Go messages and stubs, for the same Go import
paths. Each run makes an edit of its own, so that no result of an earlier run is in the cache, and starts from the state
after a build of the unchanged corpus. Where dist is removed, the workspace's own state goes too, and the protos are
copied anew, as on a CI runner: of what was there before, only the cache is left.

The same program proves what it measures: every edit is looked for in the generated Go, and each time both tools ran, all
generated files are compared byte for byte. It fails where they differ.

`)
	b.WriteString(triedBegin + tried + triedEnd)
	return b.String()
}

const triedStart = "\n## What was tried\n\nNothing is written down yet.\n\n"

// readTried returns the hand-written section of the file at path. A file that
// does not exist has the one to start with.
func readTried(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return triedStart, nil
	}
	if err != nil {
		return "", err
	}
	_, rest, begins := strings.Cut(string(content), triedBegin)
	tried, _, ends := strings.Cut(rest, triedEnd)
	if !begins || !ends {
		return "", fmt.Errorf("%s has no section between the lines %q and %q: add them, or remove the file",
			path, strings.TrimSpace(triedBegin), strings.TrimSpace(triedEnd))
	}
	return tried, nil
}

// describeRuns says how many runs each figure is the median of.
func describeRuns(runs, bufRuns int) string {
	return fmt.Sprintf("buf %d in each case; productinfo %d where everything is generated, else %d", bufRuns, bufRuns, runs)
}

// Command bench compares productinfo build with buf generate, on the npm package
// google-proto-files: 7,208 files once google/protobuf, which both tools have
// built in, is left out.
//
//	go run ./internal/bench [-short] [-runs N] [-buf-runs N] [-productinfo FILE] [-out FILE]
//
// It measures the cases of [newCases], both tools in turn on the same input with
// the same plugin programs, prints a table of the medians and writes it to
// docs/benchmarks.md. It also proves what it measures: every edit must be found
// in the output, every run on a warm cache must start from the same output, and
// productinfo's files must equal buf's byte for byte. A proof that fails ends it
// with exit status 1; a ratio that is not reached is shown and fails nothing.
//
// The corpus and the programs are kept in productinfo-bench in the user's cache
// folder. The npm and go commands fetch them, so how they reach a registry is
// theirs to know.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// config is the command line.
type config struct {
	short       bool
	runs        int
	bufRuns     int
	productinfo string
	out         string
}

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.short, "short", false, "measure a few hundred files of the corpus, once or twice; -out is empty unless given")
	flags.IntVar(&c.runs, "runs", 5, "`runs` of productinfo in a case that is quick")
	flags.IntVar(&c.bufRuns, "buf-runs", 2, "`runs` of buf in each case, and of productinfo in a case that generates everything")
	flags.StringVar(&c.productinfo, "productinfo", "", "measure this `program` instead of building the checkout")
	flags.StringVar(&c.out, "out", filepath.Join("docs", "benchmarks.md"), "the `file` to write; empty: none")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if c.runs < 1 || c.bufRuns < 1 {
		return config{}, fmt.Errorf("-runs is %d and -buf-runs is %d, want at least 1 of each", c.runs, c.bufRuns)
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if c.short {
		if !given["out"] {
			c.out = ""
		}
		if !given["runs"] {
			c.runs = 2
		}
		if !given["buf-runs"] {
			c.bufRuns = 1
		}
	}
	return c, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	// Read first: a file that cannot be rewritten is better known before the
	// measuring than after it.
	tried, err := readTried(c.out)
	if err != nil {
		return err
	}
	cacheDir, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	log := newProgress(stderr)
	home := filepath.Join(cacheDir, "productinfo-bench")
	programs, err := preparePrograms(ctx, c.productinfo, log)
	if err != nil {
		return err
	}
	corpus, err := prepareCorpus(ctx, filepath.Join(home, "corpus"), log)
	if err != nil {
		return err
	}
	if c.short {
		if corpus, err = corpus.subset(shortFolders); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp(home, "work-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	bench, err := newBench(ctx, work, corpus, programs, log)
	if err != nil {
		return err
	}
	results, err := bench.runCases(ctx, newCases(), c.runs, c.bufRuns)
	if err != nil {
		return err
	}
	report := report{Rows: tableRows(results), Corpus: corpus.describe(), Versions: programs.versions, Machine: machine(), Runs: describeRuns(c.runs, c.bufRuns)}
	if _, err := io.WriteString(stdout, report.text()); err != nil {
		return err
	}
	if c.out == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.out, []byte(report.markdown(tried)), 0o644)
}

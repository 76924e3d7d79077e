package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{5, 1}, 3},
		{[]float64{9, 1, 4}, 4},
		{[]float64{8, 1, 2, 100}, 5},
	} {
		given := slices.Clone(test.values)
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", given, got, test.want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{formatSeconds(0.0123), "12 ms"},
		{formatSeconds(1.234), "1.23 s"},
		{formatSeconds(59.96), "60.0 s"},
		{formatRatio(1.804), "1.80"},
		{formatRatio(312.4), "312"},
		{formatBytes(3 << 20), "3 MiB"},
		{formatBytes(0), "unknown"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func runsOf(peak int64, seconds ...float64) []measurement {
	var runs []measurement
	for _, s := range seconds {
		runs = append(runs, measurement{time.Duration(s * float64(time.Second)), peak})
	}
	return runs
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	first := caseResult{benchCase{name: "empty", factor: 1.8}, runsOf(100<<20, 10, 30, 20), runsOf(200<<20, 40)}
	tests := []struct {
		name    string
		results []caseResult
		want    row // the last but the one for memory
	}{
		{"fast enough", []caseResult{first}, row{"empty", "at least 1.8 times as fast", "40.0 s", "20.0 s", "2.00 times as fast", true}},
		{
			"too slow", []caseResult{first, {benchCase{name: "leaf", factor: 80}, runsOf(0, 0.5), runsOf(0, 30, 32)}},
			row{"leaf", "at least 80 times as fast", "31.0 s", "500 ms", "62 times as fast", false},
		},
		{
			"within the noise", []caseResult{first, {benchCase{name: "hub"}, runsOf(0, 20.9), runsOf(0, 40)}},
			row{"hub", "no slower than an empty cache (within 5 %)", "40.0 s", "20.9 s", "1.04 of an empty cache", true},
		},
		{
			"slower than empty", []caseResult{first, {benchCase{name: "hub"}, runsOf(0, 22), runsOf(0, 40)}},
			row{"hub", "no slower than an empty cache (within 5 %)", "40.0 s", "22.0 s", "1.10 of an empty cache", false},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rows := tableRows(test.results)
			if got := rows[len(rows)-2]; got != test.want {
				t.Errorf("row = %+v, want %+v", got, test.want)
			}
			memory := row{"peak memory, empty cache", "no more than buf's own process", "200 MiB", "100 MiB", "0.50 of buf's", true}
			if got := rows[len(rows)-1]; got != memory {
				t.Errorf("memory row = %+v, want %+v", got, memory)
			}
		})
	}
}

func TestMemoryUnknown(t *testing.T) {
	t.Parallel()
	got := memoryRow(caseResult{benchCase{}, runsOf(0, 1), runsOf(0, 1)})
	if got.Ratio != "unknown" || got.Met {
		t.Errorf("memoryRow = %+v, want one that is unknown and not met", got)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := report{
		Rows: []row{
			{"a field in `x.proto`", "at least 80 times as fast", "40.0 s", "500 ms", "80 times as fast", true},
			{"nothing", "at least 300 times as fast", "40.0 s", "1.00 s", "40 times as fast", false},
		},
		Corpus: "7208 files", Versions: []string{"buf v1", "Go 1.26"}, Machine: "2 cores", Runs: describeRuns(3, 1),
	}
	text := r.text()
	for _, want := range []string{"a field in x.proto  at least 80", "40 times as fast  no\n", "7208 files\nbuf v1, Go 1.26\n2 cores\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
	markdown := r.markdown("\n## What was tried\n\nA thing.\n")
	for _, want := range []string{
		"| case | wanted | buf | productinfo | ratio | met |\n|---|---|---|---|---|---|\n| a field in `x.proto` | at least 80 times as fast | 40.0 s | 500 ms | 80 times as fast | yes |\n",
		"40 times as fast | **no** |\n",
		"- Input: 7208 files.\n- Versions: buf v1, Go 1.26.\n- Machine: 2 cores.\n- Runs: buf 1 in each case; productinfo 1 where everything is generated, else 3.\n",
	} {
		if !strings.Contains(markdown, want) {
			t.Errorf("markdown lacks %q:\n%s", want, markdown)
		}
	}
	for _, text := range strings.SplitAfter(markdown, "\n") {
		if strings.HasSuffix(text, " \n") {
			t.Errorf("line %q ends with a space", text)
		}
	}
}

func TestTriedIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "benchmarks.md")
	tried, err := readTried(path)
	if err != nil {
		t.Fatal(err)
	}
	if tried != triedStart {
		t.Errorf("a new file's section is %q, want %q", tried, triedStart)
	}
	const mine = "\n## What was tried\n\n- A **hand-written** line.\n"
	for range 2 {
		if err := os.WriteFile(path, []byte(report{}.markdown(mine)), 0o644); err != nil {
			t.Fatal(err)
		}
		if tried, err = readTried(path); err != nil {
			t.Fatal(err)
		}
		if tried != mine {
			t.Errorf("the section read back is %q, want %q", tried, mine)
		}
	}
	if err := os.WriteFile(path, []byte("# Benchmarks\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readTried(path); err == nil || !strings.Contains(err.Error(), "add them, or remove the file") {
		t.Errorf("readTried of a file without the section = %v, want an error", err)
	}
}

func TestMemoryGiB(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		meminfo string
		want    int
		wantOK  bool
	}{
		{"MemTotal:       24689892 kB\nMemFree: 1 kB\n", 24, true},
		{"MemTotal:        8049548 kB\n", 8, true},
		{"MemFree: 1 kB\n", 0, false},
	} {
		if got, ok := memoryGiB(test.meminfo); got != test.want || ok != test.wantOK {
			t.Errorf("memoryGiB(%q) = %d, %t, want %d, %t", test.meminfo, got, ok, test.want, test.wantOK)
		}
	}
}

func TestParseFlags(t *testing.T) {
	t.Parallel()
	docs := filepath.Join("docs", "benchmarks.md")
	tests := []struct {
		args    []string
		want    config
		wantErr string
	}{
		{nil, config{runs: 5, bufRuns: 2, out: docs}, ""},
		{[]string{"-short"}, config{short: true, runs: 2, bufRuns: 1}, ""},
		{[]string{"-short", "-runs", "7", "-out", "x.md"}, config{short: true, runs: 7, bufRuns: 1, out: "x.md"}, ""},
		{[]string{"-runs", "0"}, config{}, "want at least 1"},
		{[]string{"more"}, config{}, `unexpected argument "more"`},
	}
	for _, test := range tests {
		got, err := parseFlags(test.args, io.Discard)
		if test.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("parseFlags(%q) = %v, want an error with %q", test.args, err, test.wantErr)
			}
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("parseFlags(%q) = %+v, %v, want %+v", test.args, got, err, test.want)
		}
	}
}

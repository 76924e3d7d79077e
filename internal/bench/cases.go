package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

// benchCase is a line of the table.
type benchCase struct {
	name string
	// factor is how many times as fast as buf is wanted; 0 where the first case's
	// time is the measure instead.
	factor float64
	// cold says that the case starts from nothing; the others start from the
	// state after a build of the unchanged corpus.
	cold bool
	// everything says that the tool has to generate all of it, so that a run takes
	// about as long as one of buf.
	everything bool
	// prepare makes the state before a run. It may be nil.
	prepare func(*subject) error
	// edit is made before a run. It may be nil.
	edit *edit
}

// leafFile is imported by no other file.
const leafFile = "google/cloud/secretmanager/v1/service.proto"

// newCases returns the cases in their order: the first leaves the state that the
// others start from, the last compares the unchanged corpus's output once more.
func newCases() []benchCase {
	leaf := addField(leafFile, "ListSecretsRequest")
	comment := addComment("google/api/annotations.proto", "  HttpRule http = 72295728;")
	hub := addField("google/api/http.proto", "HttpRule")
	return []benchCase{
		{name: "empty cache, empty dist", factor: 1.8, cold: true, everything: true, prepare: (*subject).clear},
		{name: "nothing changed", factor: 300},
		{name: "a field added in one leaf file", factor: 80, edit: &leaf},
		{name: "a comment changed in `google/api/annotations.proto`", factor: 80, edit: &comment},
		{name: "a field added in `google/api/http.proto`", everything: true, edit: &hub},
		{name: "dist removed, cache full", factor: 6, prepare: freshCheckout},
	}
}

// freshCheckout makes the workspace what a CI runner with a restored cache has:
// no output, nothing that an earlier build left in the workspace, and protos with
// new inodes and times.
func freshCheckout(s *subject) error {
	return errors.Join(s.removeOutput(), os.RemoveAll(filepath.Join(s.dir, ".productinfo")), s.copyProtos())
}

// caseResult is what a case's runs cost, in their order.
type caseResult struct {
	benchCase
	productinfo []measurement
	buf         []measurement
}

// bench is the two tools, each with a workspace.
type bench struct {
	productinfo *subject
	buf         *subject
	log         *progress
	// clean is the digest of productinfo's output for the unchanged corpus, once
	// it is known.
	clean string
}

func newBench(ctx context.Context, dir string, c corpus, p programs, log *progress) (*bench, error) {
	importers, err := c.importersOf(leafFile)
	if err != nil {
		return nil, err
	}
	if len(importers) > 0 {
		return nil, fmt.Errorf("%s is no leaf: %s imports it", leafFile, importers[0])
	}
	log.printf("copying %d files for each tool", len(c.files))
	productinfo, err := newProductinfo(filepath.Join(dir, "productinfo"), filepath.Join(dir, "cache"), c, p)
	if err != nil {
		return nil, err
	}
	buf, err := newBuf(filepath.Join(dir, "buf"), c, p)
	return &bench{productinfo: productinfo, buf: buf, log: log}, err
}

// runCases measures each case: runs times productinfo and bufRuns times buf, in
// turn. Where productinfo generates everything, it too runs bufRuns times.
func (b *bench) runCases(ctx context.Context, cases []benchCase, runs, bufRuns int) ([]caseResult, error) {
	var results []caseResult
	for _, c := range cases {
		result, err := b.runCase(ctx, c, runs, bufRuns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

func (b *bench) runCase(ctx context.Context, c benchCase, runs, bufRuns int) (caseResult, error) {
	result := caseResult{benchCase: c}
	if c.everything {
		runs = bufRuns
	}
	for i := range max(runs, bufRuns) {
		if i < runs {
			m, err := b.runProductinfo(ctx, c, i)
			if err != nil {
				return result, err
			}
			result.productinfo = append(result.productinfo, m)
		}
		if i < bufRuns {
			m, err := b.runOnce(ctx, c, b.buf, i)
			if err != nil {
				return result, err
			}
			result.buf = append(result.buf, m)
		}
		if i < min(runs, bufRuns) {
			if err := reference.CompareTrees(b.productinfo.out, b.buf.out, isGenerated); err != nil {
				return result, fmt.Errorf("productinfo's output against buf's: %w", err)
			}
		}
		if err := b.restore(ctx, c); err != nil {
			return result, err
		}
	}
	return result, nil
}

// runProductinfo measures one run of productinfo between two proofs: that it
// starts from the clean state, and, without an edit, that it ends with the same
// output.
func (b *bench) runProductinfo(ctx context.Context, c benchCase, i int) (measurement, error) {
	if !c.cold {
		if err := b.checkClean("before the run"); err != nil {
			return measurement{}, err
		}
	}
	m, err := b.runOnce(ctx, c, b.productinfo, i)
	if err != nil || c.edit != nil {
		return m, err
	}
	return m, b.checkClean("after the run")
}

// checkClean compares productinfo's output with the first one of the unchanged
// corpus.
func (b *bench) checkClean(when string) error {
	digest, err := b.productinfo.outputDigest()
	if err != nil {
		return err
	}
	if b.clean == "" {
		b.clean = digest
	}
	if digest != b.clean {
		return fmt.Errorf("productinfo's output %s is not that of the first build", when)
	}
	return nil
}

func (b *bench) runOnce(ctx context.Context, c benchCase, s *subject, i int) (measurement, error) {
	if c.prepare != nil {
		if err := c.prepare(s); err != nil {
			return measurement{}, err
		}
	}
	if c.edit != nil {
		if err := s.edit(*c.edit, token(i)); err != nil {
			return measurement{}, err
		}
	}
	m, err := s.generate(ctx)
	if err != nil {
		return m, err
	}
	b.log.printf("%s: %s, run %d: %s", c.name, s.name, i+1, formatDuration(m.elapsed))
	if c.edit != nil {
		err = s.holds(*c.edit, token(i))
	}
	return m, err
}

// restore makes the clean state again after a case's edit.
func (b *bench) restore(ctx context.Context, c benchCase) error {
	if c.edit == nil {
		return nil
	}
	for _, s := range []*subject{b.productinfo, b.buf} {
		if err := s.undo(*c.edit); err != nil {
			return err
		}
	}
	_, err := b.productinfo.generate(ctx)
	return err
}

// medianOf returns the median of what f takes from each measurement.
func medianOf[T int64 | float64](measurements []measurement, f func(measurement) T) T {
	values := make([]T, len(measurements))
	for i, m := range measurements {
		values[i] = f(m)
	}
	return median(values)
}

// median returns the middle of the values, or the mean of the two middle ones.
// There must be a value. It sorts its argument.
func median[T int64 | float64](values []T) T {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

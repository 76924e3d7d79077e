package engine

import (
	"fmt"
	"slices"

	"github.com/productinfo/productinfo/internal/generate"
)

// insertAll puts what generators have made for insertion points of others' files
// into these, in the order of the generators and of their units, and so changes
// the results' outputs. A generator reaches the files of those alone that its
// configuration lists.
func (e *Engine) insertAll(generators []generate.Generator, results []*result) error {
	for _, r := range results {
		for _, i := range r.inserts {
			at := slices.IndexFunc(generators, func(g generate.Generator) bool { return g.Name() == r.generator })
			target, err := e.target(generators[at].Traits().Inserts, i, results)
			if err != nil {
				return fmt.Errorf("generator %q inserts at %q into %q: %w", r.generator, i.point, i.Path, err)
			}
			content, ok := e.Cache.Content(target.Digest)
			text, also := e.Cache.Content(i.Digest)
			if !ok || !also {
				return errLost
			}
			if content, err = generate.Insert(content, i.point, string(text)); err != nil {
				return fmt.Errorf("generator %q: %s: %w", r.generator, i.Path, err)
			}
			if target.Digest, err = e.Cache.AddContent(content); err != nil {
				return err
			}
		}
	}
	return nil
}

// target returns the output that an insertion is for.
func (e *Engine) target(allowed []string, i insertion, results []*result) (*Output, error) {
	for _, r := range results {
		if !slices.Contains(allowed, r.generator) {
			continue
		}
		for n := range r.outputs {
			if r.outputs[n].Path == i.Path {
				return &r.outputs[n], nil
			}
		}
	}
	return nil, fmt.Errorf("no such file is made by the generators it may insert into, %q", allowed)
}

// Package engine decides what must be generated, has it generated, and writes
// dist/.
//
// # Actions
//
// The work is divided into units: the protos of one Go package, for one
// generator. Generating a unit is an action, and its key is the digest of all
// that can change the result (see key.go). The result, a list of paths and
// content digests, is stored under that key; the contents are stored under their
// own digests. So a unit is generated only when nothing with its key was before,
// by any process that shares the cache.
//
// One more action stands above these: the whole build, whose key is made of the
// configuration and of every file's digest. When it is found nothing is compiled
// at all.
//
// # dist/
//
// See dist.go for what is written, in which order, and what is left alone.
package engine

import (
	"context"
	"errors"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/generate"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
)

// Engine builds. It is a value to fill in and is for one build at a time.
type Engine struct {
	Cache *cache.Cache
	// Index knows the digests of files that have not moved.
	Index *digest.Index
	// Jobs is how many generators run at once.
	Jobs int
	// Progress is told of the work as it goes.
	Progress Progress
	// GoModFile makes a generated module's go.mod and go.sum.
	GoModFile GoModFile
}

// Progress is told how the work goes. Goroutines call it at once.
type Progress interface {
	// Stage begins a stage of so many units; 0 means that nobody knows.
	Stage(name string, units int)
	// Start says that work on something has begun, and returns what to call
	// when it has ended, with the number of units that it was.
	Start(name string) (done func(units int))
}

// GoModFile makes a generated module's go.mod and go.sum.
type GoModFile interface {
	// Identity covers all that can change the result besides the arguments.
	Identity() digest.Digest
	Make(ctx context.Context, deps generate.GoDeps) ([]generate.File, error)
}

// Plan is what to build, compiled.
type Plan struct {
	Image   *schema.Image
	Modules []module.Module
	// GoModule is the path that all modules' Go paths begin with.
	GoModule   string
	Generators []generate.Generator
	// License is the text that each module carries, or empty.
	License []byte
}

// Output is a file of dist/.
type Output struct {
	// Path is slash-separated and relative to dist/.
	Path   string
	Digest digest.Digest
	// kept is set for a file that an earlier build wrote and that is not this
	// one's to look at, of a module that it was not asked for.
	kept bool
}

// errLost says that the cache has lost a content that an action's result names.
var errLost = errors.New("content lost from the cache")

// Summary says what a build did.
type Summary struct {
	// Files counts the files of dist/, and Written and Removed those that
	// differed.
	Files   int
	Written int
	Removed int
	// Generated counts the units that were generated, Cached those that were
	// found. Both are 0 when the whole build was found.
	Generated int
	Cached    int
}

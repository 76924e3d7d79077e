package schema

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/productinfo/productinfo/internal/digest"
)

// Compiler compiles the files of a workspace. It is a value to fill in; one may
// compile several workspaces in turn.
type Compiler struct {
	// Cache keeps records between processes.
	Cache Cache
	// Identity names this program's build: what another compiled is not used.
	Identity string
	// Jobs is how many files are compiled at once.
	Jobs int
	// Memo is a file in which the records of the last compilation are kept
	// together, or empty. It saves reading them one by one from the cache.
	Memo string
	// Compiling, if set, is told before the files of a round are compiled, how
	// many these are. What is cached is in no round.
	Compiling func(files int)
	// Compiled, if set, is told of each file as it has been compiled.
	Compiled func(path string)
}

// Compile compiles all of the workspace's own files and what these import. Each
// of groups is a list of own import paths that are linked together: within one,
// no name may be declared twice.
//
// Faults of the files are a [diag.List]: all of them, not the first.
func (c *Compiler) Compile(ctx context.Context, sources *Sources, groups [][]string) (*Image, error) {
	r := &run{
		Compiler: c,
		sources:  sources,
		identity: identity(c.Identity, sources),
		nodes:    make(map[string]*node, len(sources.own)),
	}
	r.memo = loadMemo(c.Memo, r.identity)
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	front := newFrontend(sources, c.Jobs, c.Compiled)
	for {
		dirty, pending := r.classify()
		if len(dirty) == 0 {
			break
		}
		if c.Compiling != nil {
			c.Compiling(len(dirty))
		}
		files, faults, err := front.compile(ctx, dirty)
		if err != nil {
			return nil, err
		}
		if faults.Failed() {
			// The files that wait for these have faults of their own to show.
			_, faults, err := front.compile(ctx, append(dirty, pending...))
			if err != nil {
				return nil, err
			}
			return nil, faults
		}
		for _, f := range files {
			r.compiled(f)
		}
	}
	if err := r.store(); err != nil {
		return nil, err
	}
	if suspects := r.clashes(groups); len(suspects) > 0 {
		faults, err := front.link(ctx, suspects)
		if err != nil {
			return nil, err
		}
		if !faults.Failed() {
			if faults, err = r.image().packageClashes(ctx, suspects); err != nil {
				return nil, err
			}
		}
		if faults.Failed() {
			return nil, faults
		}
	}
	return r.image(), nil
}

// run is one compilation.
type run struct {
	*Compiler
	sources  *Sources
	identity string
	memo     map[string]*File
	nodes    map[string]*node
}

// identity is that of the compiler and of the one file that it needs for all
// others, whether they import it or not.
func identity(compiler string, sources *Sources) string {
	options, _ := sources.Digest(descriptorPath)
	return compiler + " " + options.String()
}

const descriptorPath = "google/protobuf/descriptor.proto"

// node is a file on its way. Its record is missing, or there but unproven, or
// proven: then state is linked and the file's Linked digest is set.
type node struct {
	source *Source
	file   *File
	state  state
	fresh  bool // compiled by this process, so not in the cache yet
}

type state int

const (
	unproven state = iota
	visiting
	waiting // for a file that must be compiled
	dirty   // must be compiled
	linked
)

// load finds the records of the workspace's own files.
func (r *run) load(ctx context.Context) error {
	own := r.sources.own
	files := make([]*File, len(own))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.Jobs, 1))
	const batch = 256 // files looked up by one goroutine, so that these are few
	for start := 0; start < len(own); start += batch {
		group.Go(func() error {
			for i := start; i < min(start+batch, len(own)); i++ {
				files[i] = r.lookup(own[i])
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, src := range own {
		r.nodes[src.Path] = &node{source: src, file: files[i]}
	}
	return nil
}

// node returns the node of an import path, or nil where there is no such file.
func (r *run) node(path string) (*node, error) {
	if n, ok := r.nodes[path]; ok {
		return n, nil
	}
	src, err := r.sources.find(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n := &node{source: src, file: r.lookup(src)}
	r.nodes[path] = n
	return n, nil
}

// classify proves what can be proven and returns the files that must be compiled
// now and those that wait for them.
func (r *run) classify() (compile, wait []string) {
	moved := false
	for _, n := range r.nodes {
		// The compiler may have read another content than the one that was found.
		if n.file != nil && !n.fresh && n.file.content != n.source.Digest {
			n.file, moved = r.lookup(n.source), true
		}
	}
	for _, n := range r.nodes {
		if moved || n.state != linked {
			n.state = unproven
		}
	}
	for _, src := range r.sources.own {
		r.prove(r.nodes[src.Path])
	}
	for _, path := range sortedKeys(r.nodes) {
		switch r.nodes[path].state {
		case dirty:
			compile = append(compile, path)
		case waiting:
			wait = append(wait, path)
		}
	}
	return compile, wait
}

// prove decides a node's state from those of its imports.
func (r *run) prove(n *node) {
	if n.state != unproven {
		return
	}
	if n.file == nil {
		n.state = dirty
		return
	}
	n.state = visiting
	dependencies := n.file.dependencies()
	imported := make([]digest.Digest, len(dependencies))
	for i, path := range dependencies {
		dep, err := r.node(path)
		if err != nil || dep == nil {
			// Compiling it again is what tells the user.
			n.state = dirty
			return
		}
		r.prove(dep)
		switch dep.state {
		case linked:
			imported[i] = dep.file.Linked
		case visiting:
			n.state = dirty // a cycle, which the compiler reports
			return
		default:
			n.state = waiting
		}
	}
	if n.state == waiting {
		return
	}
	if !n.fresh && !equal(n.file.imported, imported) {
		n.file = r.lookupLinked(n.source, n.file, imported)
		if n.file == nil {
			n.state = dirty
			return
		}
	}
	n.file.imported = imported
	n.file.Path, n.file.Name, n.file.Own = n.source.Path, n.source.Name, n.source.Own
	n.file.Linked = linkedDigest(n.file)
	n.state = linked
}

// compiled takes in a file that the compiler has just made.
func (r *run) compiled(f *File) {
	n := r.nodes[f.Path]
	f.content = n.source.Digest
	n.file = f
	n.fresh = true
}

func linkedDigest(f *File) digest.Digest {
	h := digest.NewHasher("productinfo linked file")
	h.String(f.Path)
	h.Digest(f.Descriptor)
	for _, d := range f.imported {
		h.Digest(d)
	}
	return h.Sum()
}

// clashes returns, of all groups, the files that share a symbol's hash with
// another of their group.
func (r *run) clashes(groups [][]string) [][]string {
	var suspects [][]string
	for _, group := range groups {
		owner := make(map[uint64]string, 8*len(group))
		packages := make(map[string]string)
		clashing := make(map[string]bool)
		claim := func(symbol uint64, path string) {
			if other, ok := owner[symbol]; ok && other != path {
				clashing[other], clashing[path] = true, true
				return
			}
			owner[symbol] = path
		}
		files := r.closure(group)
		for _, f := range files {
			for _, symbol := range f.symbols {
				claim(symbol, f.Path)
			}
			for name := f.Package; name != ""; name = parent(name) {
				if _, ok := packages[name]; !ok {
					packages[name] = f.Path
				}
			}
		}
		for name, path := range packages {
			if other, ok := owner[symbolHash("name", name)]; ok && other != path {
				clashing[other], clashing[path] = true, true
			}
		}
		if len(clashing) > 0 {
			suspects = append(suspects, sortedKeys(clashing))
		}
	}
	return suspects
}

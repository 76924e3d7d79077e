package schema

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// repo is a workspace with a root "proto" and a vendor root "vendor".
type repo struct {
	t      *testing.T
	dir    string
	cache  *cache.Cache
	layout Layout
	// groups are linked together; nil means all own files.
	groups [][]string
	// compiler is copied for each compilation.
	compiler Compiler

	// rounds counts the files of each round of the last compilation.
	rounds []int
}

// newRepo returns a workspace with the files, by their path in it.
func newRepo(t *testing.T, files map[string]string) *repo {
	t.Helper()
	r := &repo{t: t, dir: t.TempDir()}
	r.layout = Layout{Dir: r.dir, Roots: []string{"proto"}, Vendor: []string{"vendor"}}
	r.cache = newCache(t)
	r.compiler = Compiler{Identity: "test", Jobs: 2, Memo: filepath.Join(r.dir, "memo")}
	for _, folder := range []string{"proto", "vendor"} {
		if err := os.Mkdir(filepath.Join(r.dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.write(files)
	return r
}

func newCache(t *testing.T) *cache.Cache {
	t.Helper()
	c, err := cache.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write writes files; the content "" removes one.
func (r *repo) write(files map[string]string) {
	r.t.Helper()
	for name, content := range files {
		file := filepath.Join(r.dir, filepath.FromSlash(name))
		if content == "" {
			if err := os.Remove(file); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

// compile compiles the workspace as a new process would.
func (r *repo) compile() (*Image, error) {
	r.t.Helper()
	sources, err := Scan(r.layout, digest.OpenIndex(filepath.Join(r.dir, "index"), r.dir, time.Now))
	if err != nil {
		return nil, err
	}
	groups := r.groups
	if groups == nil {
		var all []string
		for _, src := range sources.Own() {
			all = append(all, src.Path)
		}
		groups = [][]string{all}
	}
	c := r.compiler
	if c.Cache == nil {
		c.Cache = r.cache
	}
	r.rounds = nil
	compiling := c.Compiling
	c.Compiling = func(files int) {
		r.rounds = append(r.rounds, files)
		if compiling != nil {
			compiling(files)
		}
	}
	return c.Compile(r.t.Context(), sources, groups)
}

// image compiles, which must succeed.
func (r *repo) image() *Image {
	r.t.Helper()
	img, err := r.compile()
	if err != nil {
		r.t.Fatal(err)
	}
	return img
}

// faults compiles, which must not succeed.
func (r *repo) faults() diag.List {
	r.t.Helper()
	_, err := r.compile()
	var list diag.List
	if !errors.As(err, &list) {
		r.t.Fatalf("error is %v, want a diag.List", err)
	}
	return list
}

// wantRounds fails the test unless the last compilation compiled so many files,
// round by round.
func (r *repo) wantRounds(what string, rounds ...int) {
	r.t.Helper()
	if !slices.Equal(r.rounds, rounds) {
		r.t.Errorf("%s: files were compiled in rounds of %v, want %v", what, r.rounds, rounds)
	}
}

// wantFaults fails the test unless the faults begin with these texts, in order.
func wantFaults(t *testing.T, got diag.List, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("there are %d faults, want %d:\n%v", len(got), len(want), got)
	}
	for i, d := range got {
		if !strings.HasPrefix(d.String(), want[i]) {
			t.Errorf("fault %d is\n%s\nwant\n%s", i, d, want[i])
		}
	}
}

// descriptor returns a file of an image, parsed.
func descriptor(t *testing.T, img *Image, path string) *descriptorpb.FileDescriptorProto {
	t.Helper()
	raw, info, err := img.Bytes(t.Context(), img.File(path))
	if err != nil {
		t.Fatal(err)
	}
	fd, locations := new(descriptorpb.FileDescriptorProto), new(descriptorpb.SourceCodeInfo)
	if err := errors.Join(unmarshal(raw, fd, noExtensions{}), proto.Unmarshal(info, locations)); err != nil {
		t.Fatal(err)
	}
	fd.SourceCodeInfo = locations
	return fd
}

const proto3 = "syntax = \"proto3\";\n"

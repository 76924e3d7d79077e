package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/gitrepo"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
)

// checkRef refuses a REF that means nothing before there is any work done.
func checkRef(ref string) error {
	switch name, isGit := strings.CutPrefix(ref, "git:"); {
	case ref == "", isGit && name != "":
		return nil
	case isGit:
		return usageError{errors.New("--against git: names no commit: want one such as git:main")}
	}
	if info, err := os.Stat(ref); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return usageError{fmt.Errorf("--against %q: there is no such image file: want git:<ref>, or the path of one", ref)}
	}
	return nil
}

// baseline returns the image that REF stands for, of the chosen modules. It is
// empty when there were no protos then.
func (s *session) baseline(ctx context.Context, ref string, chosen []module.Module) ([]byte, error) {
	name, isGit := strings.CutPrefix(ref, "git:")
	if !isGit {
		return os.ReadFile(ref)
	}
	dir, err := os.MkdirTemp("", "productinfo-baseline-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	err = gitrepo.Extract(ctx, s.ws.Dir, name, slices.Concat(s.ws.Roots, s.ws.Vendor), dir)
	if errors.Is(err, gitrepo.ErrNoRef) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	return s.imageAt(ctx, dir, ref, chosen)
}

// imageAt compiles the protos below dir, which is laid out as the workspace is.
func (s *session) imageAt(ctx context.Context, dir, ref string, chosen []module.Module) ([]byte, error) {
	layout := s.layout(dir)
	layout.Roots = slices.DeleteFunc(slices.Clone(layout.Roots), func(root string) bool {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(root)))
		return err != nil
	})
	sources, err := schema.Scan(layout, digest.OpenIndex("", dir, time.Now))
	if err != nil {
		return nil, err
	}
	var then module.Module
	for _, src := range sources.Own() {
		file := module.File{Path: src.Path, Name: src.Name}
		if slices.ContainsFunc(chosen, func(m module.Module) bool { return m.Contains(file) }) {
			then.Files = append(then.Files, src.Path)
		}
	}
	if len(then.Files) == 0 {
		s.progress.Line("there were no protos in " + ref + " to compare with")
		return nil, nil
	}
	compiler := s.compiler()
	compiler.Memo = "" // which is the workspace's own
	image, err := compiler.Compile(ctx, sources, [][]string{then.Files})
	if err != nil {
		return nil, fmt.Errorf("the protos of %s do not compile, so that nothing can be compared with them:\n%w", ref, err)
	}
	return bufImage(ctx, image, []module.Module{then})
}

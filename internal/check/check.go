// Package check tells what is wrong with schemas that compile: lint and breaking
// changes, by running the buf program on images, and names that two modules
// declare.
//
// # Images
//
// An image is a serialized google.protobuf.FileDescriptorSet with source info.
// Files that others import, vendored or well-known, must be in it, and are not
// checked themselves. buf tells them by a field that it adds to each file
// descriptor (proto/buf/alpha/image/v1/image.proto of buf v1.73.0):
//
//	FileDescriptorProto {
//	  ImageFileExtension buf_extension = 8042 {
//	    bool is_import = 1
//	    bool is_syntax_unspecified = 3     for rule SYNTAX_SPECIFIED
//	    repeated int32 unused_dependency = 4   for rule IMPORT_USED
//	  }
//	}
//
// [Mark] writes it. What the last two need to know is not in a
// descriptor; the compiler leaves it in the source info, as
//
//	SourceCodeInfo {
//	  SourceCodeInfoExtension buf_source_code_info_extension = 536000000 {
//	    bool is_syntax_unspecified = 2
//	    repeated int32 unused_dependency = 3
//	  }
//	}
//
// from where it is copied. A file whose source info lacks it is taken to be
// without fault under those two rules.
//
// # Configuration
//
// Run on an image, buf reads the top-level lint and breaking sections of buf.yaml
// alone, and compares their paths with import paths. So a configuration is derived
// for each set of files that one section applies to, with the paths in it made
// relative to the import root, and buf is run once for each: the outcome is that
// of `buf lint` and `buf breaking` in the workspace. See [Config].
package check

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/productinfo/productinfo/internal/diag"
)

// Config says what is checked. The zero value means the rules that buf applies
// when it is told nothing.
type Config struct {
	// Lint are the rules and categories to lint by, and Except those to leave out.
	Lint, Except []string
	// Breaking are the rules and categories to detect breaking changes by.
	Breaking []string
	// BufYAML is the user's buf.yaml (v1beta1, v1 or v2), absolute or relative to
	// the workspace; it takes the place of the three lists above. In a v2 file
	// with several modules each file is checked by its module's sections. A file
	// that a module excludes is not checked; one that is in no module is checked by
	// the top-level sections.
	BufYAML string
	// IgnoreUnstable exempts packages like a.v1alpha1 and a.v1beta1 from breaking
	// detection, unless BufYAML says itself what is to be done with them.
	IgnoreUnstable bool
	// Unstable exempts further packages from breaking detection, whatever BufYAML
	// says. A pattern of package path is matched against the folder of a file's
	// import path, the folders above, and its package: "acme/*/plugin" covers
	// acme/shop/plugin/v1.
	Unstable []string
}

// Runner runs buf. Goroutines may share it.
type Runner struct {
	// Buf is the buf program's path.
	Buf string
	// Dir is the workspace's folder, absolute.
	Dir string
	// Env is the environment that buf gets; nil means this process's own.
	Env []string
	// Locate turns a file's import path into its path relative to the workspace,
	// slash-separated. It returns "" for a file that is not in the workspace. Nil
	// means that the two are the same.
	Locate func(importPath string) string
	// LocateBaseline is Locate for the files of a baseline that the image does not
	// have any more. Where it is nil or returns "", such a file is taken to have
	// stood in the import root of the files nearest to it. It decides which of
	// several modules' sections in BufYAML applies, and nothing else.
	LocateBaseline func(importPath string) string
}

// ConfigError is a configuration that buf cannot work by. It names the file, and
// the line where that is known.
type ConfigError struct {
	diag.Diagnostic
}

// Error returns the fault on one line, with the file.
func (e *ConfigError) Error() string { return e.String() }

// Lint returns what buf has to say of the image's files that are not imports,
// sorted. The error is a [*ConfigError], ctx's, or the environment's.
func (r *Runner) Lint(ctx context.Context, image []byte, cfg Config) (diag.List, error) {
	files, err := parseImage(image)
	if err != nil {
		return nil, err
	}
	scopes, err := r.scopes(cfg, sectionLint, files, nil)
	if err != nil {
		return nil, err
	}
	var list diag.List
	for _, s := range scopes {
		found, err := r.run(ctx, s, files.subset(s.contains), nil)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	list.Sort()
	return list, nil
}

// Breaking returns what in the image breaks users of the schema in against,
// sorted. Imports are left out on both sides; in an against that marks none, a
// file is an import when it is one in the image, or is below google/protobuf/. A
// finding about a file or package that is gone has no position. The error is as
// for [Runner.Lint].
func (r *Runner) Breaking(ctx context.Context, image, against []byte, cfg Config) (diag.List, error) {
	files, err := parseImage(image)
	if err != nil {
		return nil, err
	}
	before, err := parseImage(against)
	if err != nil {
		return nil, fmt.Errorf("the baseline: %w", err)
	}
	before.inferImports(files)
	scopes, err := r.scopes(cfg, sectionBreaking, files, before)
	if err != nil {
		return nil, err
	}
	var list diag.List
	for _, s := range scopes {
		old := before.subset(s.contains)
		if len(old) == 0 {
			continue // Nothing was there that could be broken.
		}
		now := files.subset(s.contains)
		if len(now) == 0 {
			now = placeholder()
		}
		found, err := r.run(ctx, s, now, old)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	list.Sort()
	return list, nil
}

// locate returns a file's path in the workspace, or "".
func (r *Runner) locate(importPath string) string {
	if r.Locate == nil {
		return importPath
	}
	return r.Locate(importPath)
}

// unstable reports whether one of the patterns covers a file.
func (cfg Config) unstable(f imageFile) (bool, error) {
	candidates := []string{strings.ReplaceAll(f.pkg, ".", "/")}
	for dir := path.Dir(f.name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		candidates = append(candidates, dir)
	}
	for _, pattern := range cfg.Unstable {
		pattern = path.Clean(pattern)
		dotted := strings.ReplaceAll(pattern, ".", "/")
		for _, c := range candidates {
			ok, err := path.Match(pattern, c)
			if !ok && err == nil {
				ok, err = path.Match(dotted, c)
			}
			if errors.Is(err, path.ErrBadPattern) {
				return false, &ConfigError{diag.Diagnostic{
					Rule: ruleConfig, Position: diag.Position{File: ownConfig},
					Message: fmt.Sprintf("unstable: %q is not a pattern of package path", pattern),
				}}
			}
			if ok {
				return true, nil
			}
		}
	}
	return false, nil
}

// unstableFiles returns the import paths of the files that the patterns cover,
// sorted and each once.
func (cfg Config) unstableFiles(images ...imageFiles) ([]string, error) {
	if len(cfg.Unstable) == 0 {
		return nil, nil
	}
	var names []string
	for _, files := range images {
		for _, f := range files {
			ok, err := cfg.unstable(f)
			if err != nil {
				return nil, err
			}
			if ok {
				names = append(names, f.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/gitrepo"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
	"github.com/productinfo/productinfo/internal/workspace"
)

// ruleBaseline is the rule of findings about what the protos are compared with.
const ruleBaseline = "baseline"

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

// then is what the protos were.
type then struct {
	// image is for buf; it is empty when there is nothing to compare with.
	image []byte
	// names are the files' paths relative to the workspace, by import path.
	names map[string]string
}

// baseline returns what REF stands for, and what there is to say of it. Of a git
// commit it is the protos of the chosen modules, or, when these are nil, all that
// there were.
func (s *session) baseline(ctx context.Context, ref string, chosen []module.Module) (then, diag.List, error) {
	name, isGit := strings.CutPrefix(ref, "git:")
	if !isGit {
		image, err := os.ReadFile(ref)
		return then{image: image}, nil, err
	}
	dir, err := os.MkdirTemp("", "productinfo-baseline-")
	if err != nil {
		return then{}, nil, err
	}
	defer os.RemoveAll(dir)
	repo := gitrepo.Repo{Dir: s.ws.Dir, Env: s.app.env}
	links, err := repo.Extract(ctx, name, isSource, dir)
	if errors.Is(err, gitrepo.ErrNoRef) {
		return then{}, nil, usageError{err}
	}
	if err != nil {
		return then{}, nil, err
	}
	ws, list, err := s.workspaceAt(dir, ref)
	if err != nil {
		return then{}, nil, err
	}
	list = append(list, lostLinks(links, ws, ref)...)
	baseline, found, err := s.compileThen(ctx, ws, ref, chosen)
	return baseline, append(list, found...), err
}

// isSource reports whether a file of a commit is needed to compile its protos.
func isSource(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	return name == workspace.FileName || name == "buf.yaml" ||
		path.Ext(name) == ".proto" && top != distName && top != stateName
}

// workspaceAt reads the workspace that was extracted into dir. Where there was
// none then, or one that cannot be read, its folders are taken to be today's.
func (s *session) workspaceAt(dir, ref string) (*workspace.Workspace, diag.List, error) {
	old, err := workspace.Load(dir)
	if err == nil {
		return old, nil, nil
	}
	var fault *workspace.Error
	if !errors.As(err, &fault) {
		return nil, nil, err
	}
	today := *s.ws
	today.Dir = dir
	today.Roots = slices.DeleteFunc(slices.Clone(today.Roots), func(root string) bool {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(root)))
		return err != nil
	})
	if !configuredAt(dir) {
		return &today, nil, nil
	}
	return &today, diag.List{{
		Severity: diag.SeverityWarning,
		Rule:     ruleBaseline,
		Message:  fmt.Sprintf("the configuration at %s cannot be read, and today's roots are taken for those of then", ref),
		Notes:    notesAt(ref, fault.List),
	}}, nil
}

// configuredAt reports whether dir is a workspace.
func configuredAt(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, workspace.FileName))
	return err == nil
}

// lostLinks warns of symbolic links in place of files that were not followed.
func lostLinks(links []gitrepo.Link, ws *workspace.Workspace, ref string) diag.List {
	var notes []string
	for _, link := range links {
		within := func(folder string) bool { return folder == "." || strings.HasPrefix(link.Name, folder+"/") }
		if slices.ContainsFunc(slices.Concat(ws.Roots, ws.Vendor), within) || path.Ext(link.Name) != ".proto" {
			notes = append(notes, fmt.Sprintf("at %s: %s is a link to %q", ref, link.Name, link.Target))
		}
	}
	if len(notes) == 0 {
		return nil
	}
	return diag.List{{
		Severity: diag.SeverityWarning,
		Rule:     ruleBaseline,
		Message:  fmt.Sprintf("%s has symbolic links that lead to no file of the commit below the workspace's folder: they are not compared", ref),
		Notes:    notes,
	}}
}

// compileThen compiles the protos of ws, the workspace as it was at ref.
func (s *session) compileThen(ctx context.Context, ws *workspace.Workspace, ref string, chosen []module.Module) (then, diag.List, error) {
	var faults diag.List
	sources, err := schema.Scan((&session{ws: ws}).layout(ws.Dir), digest.OpenIndex("", ws.Dir, time.Now))
	if errors.As(err, &faults) {
		return then{}, doesNotCompile(ref, faults), nil
	}
	if err != nil {
		return then{}, nil, err
	}
	old := module.Module{Files: filesAt(ws, sources, chosen)}
	if len(old.Files) == 0 {
		message := "there were no protos in " + ref + " to compare with"
		if !configuredAt(ws.Dir) {
			s.progress.Line(message)
			return then{}, nil, nil
		}
		return then{}, diag.List{{Severity: diag.SeverityWarning, Rule: ruleBaseline, Message: message}}, nil
	}
	compiler := s.compiler()
	compiler.Memo = "" // which is the workspace's own
	// All are linked together: buf refuses an image in which names clash.
	image, err := compiler.Compile(ctx, sources, [][]string{old.Files})
	if errors.As(err, &faults) {
		return then{}, doesNotCompile(ref, faults), nil
	}
	if err != nil {
		return then{}, nil, err
	}
	set, err := bufImage(ctx, image, []module.Module{old})
	if err != nil {
		return then{}, nil, err
	}
	names := make(map[string]string, len(old.Files))
	for _, src := range sources.Own() {
		names[src.Path] = src.Name
	}
	return then{image: set, names: names}, nil, nil
}

// filesAt returns the import paths of the files that belonged to the chosen
// modules, or of all when these are nil: a module that is gone is among nobody's
// choice. A file belonged to a module that has it by today's folders or had it by
// those of then.
func filesAt(ws *workspace.Workspace, sources *schema.Sources, chosen []module.Module) []string {
	var files []module.File
	for _, src := range sources.Own() {
		files = append(files, module.File{Path: src.Path, Name: src.Name})
	}
	before, err := module.Split(ws, files)
	if err != nil {
		before = nil // Modules that could not be built then are still compared.
	}
	then := chosen
	for _, m := range before {
		if slices.ContainsFunc(chosen, func(c module.Module) bool { return c.Name == m.Name }) {
			then = append(slices.Clip(then), m)
		}
	}
	var paths []string
	for _, file := range files {
		if chosen == nil || slices.ContainsFunc(then, func(m module.Module) bool { return m.Contains(file) }) {
			paths = append(paths, file.Path)
		}
	}
	return paths
}

// doesNotCompile is the finding that there were faults in the protos at ref. These
// have no place in the files of today, so they are notes.
func doesNotCompile(ref string, faults diag.List) diag.List {
	return diag.List{{
		Rule:    ruleBaseline,
		Message: fmt.Sprintf("the protos at %s do not compile, so nothing can be compared with them", ref),
		Notes:   notesAt(ref, faults),
		Help:    "name a commit whose protos compile",
	}}
}

// notesAt says of the errors in faults that they are of another time.
func notesAt(ref string, faults diag.List) []string {
	const few = 10
	var notes []string
	for _, fault := range faults {
		if fault.Severity == diag.SeverityError {
			notes = append(notes, fmt.Sprintf("at %s: %s", ref, fault))
		}
	}
	if len(notes) > few {
		notes = append(notes[:few:few], fmt.Sprintf("and %d more", len(notes)-few))
	}
	return notes
}

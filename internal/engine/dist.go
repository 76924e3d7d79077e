package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// Dist is the folder dist/ of a workspace. Only one process may write to it at a
// time, which is the caller's to see to.
//
// The tool owns the files that the manifest lists and no others. Writing goes so:
//
//  1. what is there is compared with what should be, and nothing is written if a
//     file is in dist/ that the tool did not write;
//  2. the paths about to be written are added to a journal outside of dist/, so
//     that after a kill, or several, the next build knows them for its own;
//  3. files that are no longer made are removed, then those that differ are
//     written, each by a rename;
//  4. the manifest is written, and the journal removed.
//
// So dist/ is only ever what some build made, or on its way there, and building
// again ends where a first build would have.
type Dist struct {
	// Dir is the folder, absolute, and Name its path relative to the workspace.
	Dir  string
	Name string
	// Journal is the journal's file.
	Journal string
	// Jobs is how many files are written at once.
	Jobs int
}

// tolerated are files that other programs leave in dist/ by right: the go command puts
// go.work.sum beside go.work.
var tolerated = []string{"go/go.work.sum"}

// difference is what must be done to dist/.
type difference struct {
	write  []Output // absent or different
	remove []string // no longer made
	temps  []string // left by a process that was killed
	blocks []string // folders where a file belongs, empty but for what is removed
}

// sync makes dist/ hold outputs, whose last is the manifest, and nothing else.
func (e *Engine) sync(ctx context.Context, dist *Dist, outputs []Output, check bool, sum *Summary) error {
	sum.Files = len(outputs)
	diff, faults, err := dist.compare(e.Index, outputs)
	switch {
	case err != nil:
		return err
	case len(faults) > 0:
		return faults
	case check:
		return dist.stale(diff)
	}
	sum.Written, sum.Removed = len(diff.write), len(diff.remove)
	if len(diff.write)+len(diff.remove)+len(diff.temps) == 0 {
		return dist.forget()
	}
	if err := dist.announce(diff); err != nil {
		return err
	}
	for _, name := range append(diff.temps, diff.remove...) {
		if err := dist.removeFile(name); err != nil {
			return err
		}
	}
	for _, name := range diff.blocks {
		if err := dist.removeFolder(name); err != nil {
			return err
		}
	}
	files := diff.write
	var last []Output
	if n := len(files); n > 0 && files[n-1].Path == ManifestName {
		files, last = files[:n-1], files[n-1:]
	}
	e.Progress.Stage("write", len(files))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(max(dist.Jobs, 1))
	const batch = 64
	for chunk := range slices.Chunk(files, batch) {
		group.Go(func() error {
			done := e.Progress.Start(chunk[0].Path)
			defer done(len(chunk))
			for _, o := range chunk {
				if groupCtx.Err() != nil {
					return context.Cause(groupCtx)
				}
				if err := e.writeFile(dist, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, o := range last {
		if err := e.writeFile(dist, o); err != nil {
			return err
		}
	}
	return dist.forget()
}

func (e *Engine) writeFile(dist *Dist, o Output) error {
	content, ok := e.Cache.Content(o.Digest)
	if !ok {
		return fmt.Errorf("%s: %w", o.Path, errLost)
	}
	file := filepath.Join(dist.Dir, filepath.FromSlash(o.Path))
	err := atomicfile.Write(file, content)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		err = atomicfile.Write(file, content)
	}
	if err != nil {
		return err
	}
	return e.Index.Wrote(path.Join(dist.Name, o.Path), o.Digest)
}

// compare walks dist/ and tells what differs from outputs, and which files the
// tool did not write.
func (d *Dist) compare(index *digest.Index, outputs []Output) (*difference, diag.List, error) {
	wanted := make(map[string]Output, len(outputs))
	for _, o := range outputs {
		wanted[o.Path] = o
	}
	present := make(map[string]digest.Digest, len(outputs))
	diff := new(difference)
	var odd []string // neither file nor folder
	err := filepath.WalkDir(d.Dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			if file == d.Dir && errors.Is(err, fs.ErrNotExist) {
				return filepath.SkipDir
			}
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file[len(d.Dir):], string(filepath.Separator)))
		if entry.IsDir() {
			if _, ok := wanted[name]; ok {
				diff.blocks = append(diff.blocks, name)
			}
			return nil
		}
		switch {
		case atomicfile.IsTemp(entry.Name()):
			diff.temps = append(diff.temps, name)
			return nil
		case slices.Contains(tolerated, name):
			return nil
		case !entry.Type().IsRegular():
			odd = append(odd, name)
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		present[name], err = index.Stat(path.Join(d.Name, name), info)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for _, o := range outputs {
		if sum, ok := present[o.Path]; !o.kept && (!ok || sum != o.Digest) {
			diff.write = append(diff.write, o)
		}
	}
	var unexpected []string // to be replaced or removed, if they are the tool's
	for name, sum := range present {
		if want, ok := wanted[name]; !ok || !want.kept && want.Digest != sum {
			unexpected = append(unexpected, name)
		}
	}
	unexpected = append(unexpected, odd...)
	faults, err := d.foreign(unexpected)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range unexpected {
		if _, ok := wanted[name]; !ok {
			diff.remove = append(diff.remove, name)
		}
	}
	slices.Sort(diff.remove)
	slices.Sort(diff.temps)
	return diff, faults, nil
}

// usable returns a fault if something else than a folder is in the place of dist/.
func (d *Dist) usable() error {
	info, err := os.Lstat(d.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	what := "a file"
	switch {
	case info.IsDir():
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		what = "a symbolic link"
	}
	return diag.List{{
		Rule:     "foreign-file",
		Position: diag.Position{File: d.Name},
		Message:  fmt.Sprintf("%s is %s and has to be a folder", d.Name, what),
		Help:     "move it elsewhere or delete it: productinfo makes the folder itself",
	}}
}

// foreign returns a fault for each of the named files that no build has written.
func (d *Dist) foreign(names []string) (diag.List, error) {
	if len(names) == 0 {
		return nil, nil
	}
	own, err := d.owned()
	if err != nil {
		return nil, err
	}
	var faults diag.List
	for _, name := range names {
		if own[name] {
			continue
		}
		faults = append(faults, diag.Diagnostic{
			Rule:     "foreign-file",
			Position: diag.Position{File: path.Join(d.Name, name)},
			Message:  fmt.Sprintf("file in %s/ that productinfo did not write", d.Name),
			Help:     fmt.Sprintf("move it elsewhere or delete it: what is in %s/ is made by the tool alone", d.Name),
		})
	}
	faults.Sort()
	return faults, nil
}

// owned returns the files that the manifest and the journal list.
func (d *Dist) owned() (map[string]bool, error) {
	own := map[string]bool{ManifestName: true}
	m, err := d.manifest()
	if err != nil {
		return nil, err
	}
	for name := range m.Files {
		own[name] = true
	}
	pending, err := d.pending()
	for _, name := range pending {
		own[name] = true
	}
	return own, err
}

// pending returns the files that the journal lists.
func (d *Dist) pending() ([]string, error) {
	content, err := os.ReadFile(d.Journal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(content, &names); err != nil {
		return nil, fmt.Errorf("%s: %w: delete it, and %s/ with it if the next build then finds files there that it did not write", d.Journal, err, d.Name)
	}
	return names, nil
}

// manifest returns the manifest that is there, or an empty one.
func (d *Dist) manifest() (*manifest, error) {
	content, err := os.ReadFile(filepath.Join(d.Dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return new(manifest), nil
	}
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(content)
	if err != nil {
		return nil, diag.List{{
			Rule:     "manifest",
			Position: diag.Position{File: path.Join(d.Name, ManifestName)},
			Message:  fmt.Sprintf("manifest cannot be read: %v", err),
			Help:     fmt.Sprintf("restore it from version control, or delete %s/ and build again", d.Name),
		}}
	}
	return m, nil
}

// keep adds, to what was built of some modules, what the manifest lists of the
// others.
func (d *Dist) keep(outputs []Output, built []manifestModule, only []string) ([]Output, []manifestModule, error) {
	m, err := d.manifest()
	if err != nil {
		return nil, nil, err
	}
	rebuilt := func(name string) bool { return slices.Contains(only, name) }
	modules := slices.DeleteFunc(slices.Clone(built), func(m manifestModule) bool { return !rebuilt(m.Name) })
	for _, old := range m.Modules {
		if !rebuilt(old.Name) {
			modules = append(modules, old)
		}
	}
	slices.SortFunc(modules, func(a, b manifestModule) int { return strings.Compare(a.Name, b.Name) })
	kept := slices.DeleteFunc(outputs, func(o Output) bool { return !rebuilt(moduleOf(o.Path)) })
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if !rebuilt(moduleOf(name)) {
			kept = append(kept, Output{Path: name, Digest: m.Files[name], kept: true})
		}
	}
	return kept, modules, nil
}

// moduleOf returns the module that a file of dist/ belongs to.
func moduleOf(name string) string {
	if elements := strings.SplitN(name, "/", 3); len(elements) == 3 {
		return elements[1]
	}
	return ""
}

// stale turns a difference into findings.
func (d *Dist) stale(diff *difference) error {
	var faults diag.List
	add := func(name, message string) {
		faults = append(faults, diag.Diagnostic{
			Rule:     "stale",
			Position: diag.Position{File: path.Join(d.Name, name)},
			Message:  message,
			Help:     "run productinfo build and commit what it writes",
		})
	}
	for _, o := range diff.write {
		if _, err := os.Lstat(filepath.Join(d.Dir, filepath.FromSlash(o.Path))); err != nil {
			add(o.Path, "file is missing")
		} else {
			add(o.Path, "file is not what the protos give")
		}
	}
	for _, name := range diff.remove {
		add(name, "file is no longer made")
	}
	if len(faults) == 0 {
		return nil
	}
	faults.Sort()
	return faults
}

// announce writes the journal. What an earlier one lists stays in it: the build
// that wrote it was killed, and it may be all that says whose those files are.
func (d *Dist) announce(diff *difference) error {
	names, err := d.pending()
	if err != nil {
		return err
	}
	for _, o := range diff.write {
		names = append(names, o.Path)
	}
	slices.Sort(names)
	content, err := json.Marshal(slices.Compact(names))
	if err != nil {
		return err
	}
	return atomicfile.Write(d.Journal, content)
}

// forget removes the journal.
func (d *Dist) forget() error {
	if err := os.Remove(d.Journal); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeFolder removes a folder and the empty folders in it.
func (d *Dist) removeFolder(name string) error {
	var folders []string
	err := filepath.WalkDir(filepath.Join(d.Dir, filepath.FromSlash(name)), func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went with the last file in it
		}
		if err == nil && entry.IsDir() {
			folders = append(folders, file)
		}
		return err
	})
	for _, folder := range slices.Backward(folders) {
		err = errors.Join(err, os.Remove(folder))
	}
	return err
}

// removeFile removes a file and the folders that it leaves empty.
func (d *Dist) removeFile(name string) error {
	if err := os.Remove(filepath.Join(d.Dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	folder := path.Dir(name)
	// A folder that is not empty cannot be removed, and ends it.
	for folder != "." && os.Remove(filepath.Join(d.Dir, filepath.FromSlash(folder))) == nil {
		folder = path.Dir(folder)
	}
	return nil
}

package toolchain

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/productinfo/productinfo/internal/atomicfile"
	"github.com/productinfo/productinfo/internal/diag"
)

const (
	lockHeader = `# The checksums of the tools that productinfo.yaml pins, one line a tool.
# Written by ` + "`productinfo tools install`" + `; commit it, and do not edit it.
version 1
`
	lockRemedy = "run `productinfo tools install` and commit the lock file"
)

// LockError is a lock file that is damaged or disagrees with the workspace or
// with what was downloaded. Its Help says what to do.
type LockError struct {
	diag.Diagnostic
}

// Error returns the fault on one line, with its position and the remedy.
func (e *LockError) Error() string {
	if e.Help == "" {
		return e.String()
	}
	return e.String() + "; " + e.Help
}

// lockEntry is one line of the lock file.
type lockEntry struct {
	name, pkg, version, module, sum string
	line                            int
}

func (e lockEntry) String() string {
	return fmt.Sprintf("go %s %s %s %s %s", e.name, e.pkg, e.version, e.module, e.sum)
}

// lockFile is a lock file's content, by the tools' names.
type lockFile map[string]lockEntry

// entry returns the entry for exactly this package and version.
func (l lockFile) entry(spec Spec) (lockEntry, bool) {
	e, ok := l[spec.Name]
	return e, ok && e.pkg == spec.Package && e.version == spec.Version
}

// format returns the file's bytes: sorted, so that the same tools give the same
// file.
func (l lockFile) format() []byte {
	entries := make([]lockEntry, 0, len(l))
	for _, e := range l {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b lockEntry) int { return cmp.Compare(a.name, b.name) })
	var b bytes.Buffer
	b.WriteString(lockHeader)
	for _, e := range entries {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// parseLock reads a lock file. The error's position has the line; its file is
// name.
func parseLock(name string, content []byte) (lockFile, error) {
	lock := lockFile{}
	versioned := false
	number := 0
	fault := func(help, format string, args ...any) error {
		return &LockError{diag.Diagnostic{
			Rule:     "tool-lock",
			Position: diag.Position{File: name, Line: number},
			Message:  fmt.Sprintf(format, args...),
			Help:     cmp.Or(help, "restore the file from version control, or remove it and "+lockRemedy),
		}}
	}
	for line := range strings.Lines(string(content)) {
		number++
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>"):
			return nil, fault("remove the markers and the outdated line, then "+lockRemedy, "a merge conflict is not resolved")
		case !versioned:
			if len(fields) != 2 || fields[0] != "version" {
				return nil, fault("", "%q stands where \"version 1\" belongs", strings.TrimSpace(line))
			}
			if fields[1] != "1" {
				return nil, fault("update productinfo", "lock file version %q is not known here, want \"1\"", fields[1])
			}
			versioned = true
		default:
			e, err := parseLockEntry(fields)
			if err != nil {
				return nil, fault("", "%v", err)
			}
			if earlier, ok := lock[e.name]; ok {
				return nil, fault("", "tool %q is locked twice, first in line %d", e.name, earlier.line)
			}
			e.line = number
			lock[e.name] = e
		}
	}
	if !versioned {
		return nil, fault("", "the line \"version 1\" is missing")
	}
	return lock, nil
}

func parseLockEntry(fields []string) (lockEntry, error) {
	if fields[0] != "go" {
		return lockEntry{}, fmt.Errorf("unknown kind of tool %q, want \"go\"", fields[0])
	}
	if len(fields) != 6 {
		return lockEntry{}, fmt.Errorf("%d fields, want 6: go, name, package, version, module and checksum", len(fields))
	}
	e := lockEntry{name: fields[1], pkg: fields[2], version: fields[3], module: fields[4], sum: fields[5]}
	if !specName.MatchString(e.name) {
		return e, fmt.Errorf("%q is not the name of a tool", e.name)
	}
	if err := module.CheckImportPath(e.pkg); err != nil {
		return e, err
	}
	if !semver.IsValid(e.version) {
		return e, fmt.Errorf("%q is not a version", e.version)
	}
	if e.module != e.pkg && !strings.HasPrefix(e.pkg, e.module+"/") {
		return e, fmt.Errorf("package %q is not in module %q", e.pkg, e.module)
	}
	encoded, ok := strings.CutPrefix(e.sum, "h1:")
	if hash, err := base64.StdEncoding.DecodeString(encoded); !ok || err != nil || len(hash) != sha256.Size {
		return e, fmt.Errorf("%q is not a checksum of the form \"h1:…\"", e.sum)
	}
	return e, nil
}

// readLock reads the lock file; one that is not there is empty.
func (t *Toolchain) readLock() (lockFile, error) {
	if t.LockFile == "" {
		return lockFile{}, nil
	}
	content, err := os.ReadFile(t.LockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return lockFile{}, nil
	}
	if err != nil {
		return nil, err
	}
	return parseLock(t.lockName(), content)
}

// lockName is the lock file's path as diagnostics show it.
func (t *Toolchain) lockName() string {
	if rel, err := filepath.Rel(t.Root, t.LockFile); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.Base(t.LockFile)
}

// locked returns the checksum that the tool's module must have, or "" when the
// lock file has none for this version and may get one.
func (t *Toolchain) locked(lock lockFile, spec Spec) (string, error) {
	entry, ok := lock.entry(spec)
	if ok {
		return entry.sum, nil
	}
	if !t.Frozen || t.LockFile == "" {
		return "", nil
	}
	if other, ok := lock[spec.Name]; ok {
		return "", t.lockFault(other.line, lockRemedy,
			"tool %q is locked as %s@%s, the workspace pins %s", spec.Name, other.pkg, other.version, spec)
	}
	return "", t.lockFault(0, lockRemedy, "tool %q (%s) is not locked", spec.Name, spec)
}

// mismatch is the error for a module that is not the one that was locked.
func (t *Toolchain) mismatch(line int, spec Spec, found, want string) error {
	return t.lockFault(line,
		"if the module was meant to change, remove this line and "+lockRemedy+"; if not, do not trust where it came from (`go env GOPROXY`)",
		"tool %q: the module of %s has the checksum %s, the lock says %s", spec.Name, spec, found, want)
}

func (t *Toolchain) lockFault(line int, help, format string, args ...any) error {
	return &LockError{diag.Diagnostic{
		Rule:     "tool-lock",
		Position: diag.Position{File: t.lockName(), Line: line},
		Message:  fmt.Sprintf(format, args...),
		Help:     help,
	}}
}

// record writes a tool's entry into the lock file.
func (t *Toolchain) record(ctx context.Context, tool Tool) error {
	return t.updateLock(ctx, func(lock lockFile) error {
		// Another process may have been faster: then it has to agree.
		if entry, ok := lock.entry(tool.Spec); ok && entry.sum != tool.ModuleSum {
			return t.mismatch(entry.line, tool.Spec, tool.ModuleSum, entry.sum)
		}
		lock[tool.Name] = lockEntry{
			name: tool.Name, pkg: tool.Package, version: tool.Version, module: tool.Module, sum: tool.ModuleSum,
		}
		return nil
	})
}

// forget removes the lock file's entries for tools that are not among specs.
func (t *Toolchain) forget(ctx context.Context, specs []Spec) error {
	superfluous := func(lock lockFile) []lockEntry {
		var stale []lockEntry
		for name, entry := range lock {
			if !slices.ContainsFunc(specs, func(s Spec) bool { return s.Name == name && s.Path == "" }) {
				stale = append(stale, entry)
			}
		}
		slices.SortFunc(stale, func(a, b lockEntry) int { return cmp.Compare(a.name, b.name) })
		return stale
	}
	lock, err := t.readLock()
	if err != nil {
		return err
	}
	stale := superfluous(lock)
	if len(stale) == 0 {
		return nil
	}
	if t.Frozen {
		return t.lockFault(stale[0].line, lockRemedy, "tool %q is locked and the workspace does not pin it", stale[0].name)
	}
	return t.updateLock(ctx, func(lock lockFile) error {
		for _, entry := range superfluous(lock) {
			delete(lock, entry.name)
		}
		return nil
	})
}

// updateLock changes the lock file. Processes that do so take turns, so that none
// loses another's entry.
func (t *Toolchain) updateLock(ctx context.Context, change func(lockFile) error) error {
	if t.LockFile == "" {
		return nil
	}
	path, err := filepath.Abs(t.LockFile)
	if err != nil {
		return err
	}
	// The mutex is kept in the cache: the workspace is no place for such files.
	key := sha256.Sum256([]byte(path))
	unlock, err := t.acquire(ctx, filepath.Join(t.Dir, "locks", hex.EncodeToString(key[:8])), nil)
	if err != nil {
		return err
	}
	defer unlock()
	lock, err := t.readLock()
	if err != nil {
		return err
	}
	before := lock.format()
	if err := change(lock); err != nil {
		return err
	}
	after := lock.format()
	if bytes.Equal(before, after) && len(lock) > 0 {
		return nil
	}
	// It is committed, and nothing else remembers a checksum that it lost.
	return atomicfile.Write(path, after, atomicfile.Sync())
}

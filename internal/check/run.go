package check

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/toolchain"
)

const (
	bufConfigName = "buf.yaml"
	againstName   = "productinfo-against.binpb"
	// exitFindings is buf's exit status when it has findings; any other but 0 means
	// that it could not do its work.
	exitFindings = 100
)

// run runs buf once. against is nil for lint.
func (r *Runner) run(ctx context.Context, s scope, image, against imageFiles) (diag.List, error) {
	if len(image) == 0 {
		return nil, nil
	}
	// buf finds its configuration in its working folder, which holds nothing else
	// but what the configuration may name.
	dir, err := os.MkdirTemp("", "productinfo-check-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := overlay(s.overlay, dir); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, bufConfigName), s.config, 0o600); err != nil {
		return nil, err
	}
	args := []string{s.section, "-#format=binpb", "--error-format", "json", "--log-format", "text"}
	if against != nil {
		if err := os.WriteFile(filepath.Join(dir, againstName), against.encode(), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--against", againstName, "--exclude-imports")
	}
	cmd := toolchain.Command(ctx, r.Buf, args...)
	cmd.Dir = dir
	cmd.Env = r.Env
	cmd.Stdin = bytes.NewReader(image.encode())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("buf %s: %w", s.section, ctx.Err())
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &exit) && exit.ExitCode() == exitFindings:
		return r.findings(stdout.Bytes())
	case errors.As(err, &exit):
		return nil, bufError(s, stderr.String(), err)
	default:
		return nil, fmt.Errorf("buf: %w", err)
	}
}

// overlay makes all files of a folder but its buf.yaml appear in another one.
func overlay(from, to string) error {
	if from == "" {
		return nil
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == bufConfigName {
			continue
		}
		if err := os.Symlink(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// configFaults are what buf says of a configuration that it cannot work by, and
// what that means where its own words do not tell.
var configFaults = []struct{ says, means string }{
	{"is not a known rule or category ID", ""},
	{"resultRules was empty", "no rule is left when the exceptions are taken away"},
	{"decode " + bufConfigName, ""},
	{"decode .", ""},
}

// bufError turns a failed run into an error.
func bufError(s scope, stderr string, err error) error {
	said := strings.TrimSpace(stderr)
	for _, fault := range configFaults {
		if !strings.Contains(said, fault.says) {
			continue
		}
		_, message, found := strings.Cut(said, "Failure: ")
		if !found {
			message = said
		}
		return &ConfigError{diag.Diagnostic{
			Rule:     ruleConfig,
			Position: diag.Position{File: s.source},
			Message:  s.section + ": " + oneLine(cmp.Or(fault.means, message)),
		}}
	}
	return fmt.Errorf("buf %s: %w%s", s.section, err, toolchain.Tail(stderr, 20))
}

// annotation is a finding as buf prints it with --error-format json, one a line.
// Columns count bytes from 1, and the end is exclusive.
type annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	StartColumn int    `json:"start_column"`
	EndLine     int    `json:"end_line"`
	EndColumn   int    `json:"end_column"`
	Type        string `json:"type"`
	Message     string `json:"message"`
	Plugin      string `json:"plugin"`
	Policy      string `json:"policy"`
}

// findings reads what buf printed.
func (r *Runner) findings(output []byte) (diag.List, error) {
	var list diag.List
	for line := range bytes.Lines(output) {
		var a annotation
		if err := json.Unmarshal(line, &a); err != nil {
			return nil, fmt.Errorf("buf printed %q, which is not a finding: %w", bytes.TrimSpace(line), err)
		}
		d := diag.Diagnostic{Rule: a.Type, Message: sentence(a.Message)}
		// What is gone has no place; buf then says line 1 of no file.
		if a.Path != "" {
			d.Position = diag.Position{
				File: cmp.Or(r.locate(a.Path), a.Path),
				Line: a.StartLine, Column: a.StartColumn, EndLine: a.EndLine, EndColumn: a.EndColumn,
			}
		}
		if a.Plugin != "" {
			d.Notes = append(d.Notes, fmt.Sprintf("found by the buf plugin %q", a.Plugin))
		}
		if a.Policy != "" {
			d.Notes = append(d.Notes, fmt.Sprintf("required by the buf policy %q", a.Policy))
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		return nil, errors.New("buf has findings and printed none")
	}
	return list, nil
}

// sentence turns one of buf's messages into one of ours: one line that starts in
// lower case, unless with an acronym, and has no full stop at its end.
func sentence(message string) string {
	message = strings.TrimSuffix(oneLine(message), ".")
	first, size := utf8.DecodeRuneInString(message)
	if next, _ := utf8.DecodeRuneInString(message[size:]); unicode.IsLower(next) {
		message = string(unicode.ToLower(first)) + message[size:]
	}
	return message
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

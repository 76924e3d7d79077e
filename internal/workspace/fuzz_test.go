package workspace_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/workspace"
)

func FuzzLoad(f *testing.F) {
	for _, test := range slices.Concat(faultyDocuments(), faultyValues()) {
		// Large inputs take the fuzzer's time and teach it nothing.
		if len(test.content) < 4<<10 {
			f.Add(test.content, "")
		}
	}
	f.Add(head+"roots: [é, {", "version: v2\nmodules: [{path: proto}, {path: a, excludes: [a/b]}]")
	f.Add(head, "version: v2\nmodules: [{path: proto}, {name: x/y/proto, includes: [b]}]\n")
	f.Fuzz(func(t *testing.T, content, buf string) {
		files := map[string]string{workspace.FileName: content, "proto/": "", "a/b/": ""}
		if buf != "" {
			files["buf.yaml"] = buf
		}
		w, err := workspace.Load(write(t, files))
		var faulty *workspace.Error
		switch {
		case err == nil:
			if w.Name == "" || len(w.Roots) == 0 || w.Go.Module == "" || len(w.Go.Generators) == 0 || len(w.Tools) < 2 {
				t.Errorf("incomplete: %+v", w)
			}
		case !errors.As(err, &faulty):
			t.Errorf("not an *Error: %v", err)
		case len(faulty.List) == 0:
			t.Error("an *Error without faults")
		default:
			checkFaults(t, faulty.List)
		}
	})
}

// checkFaults asserts what holds of every fault.
func checkFaults(t *testing.T, list diag.List) {
	t.Helper()
	sorted := slices.Clone(list)
	sorted.Sort()
	if !reflect.DeepEqual(list, sorted) {
		t.Errorf("not sorted: %v", list)
	}
	for _, d := range list {
		if d.Line < 1 || d.Column < 1 || d.Severity != diag.SeverityError {
			t.Errorf("no place or not an error: %+v", d)
		}
		if d.File != workspace.FileName && d.File != "buf.yaml" {
			t.Errorf("in no file: %+v", d)
		}
		if d.Message == "" || strings.ContainsAny(d.Message+d.Help, "\n\r\t\x00\x1b") {
			t.Errorf("not a line of text: %+v", d)
		}
	}
}

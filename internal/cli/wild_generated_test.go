package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// generateWide makes a workspace with 500 files in one package, each of which
// imports the one before it, so that the chain of imports is as long.
func generateWide(t *testing.T, dir string) {
	t.Helper()
	writeWildConfig(t, dir, "500 files in one package, in one chain of imports.", "wide")
	for i := range 500 {
		// No "_" before the number: Go would take link_386.pb.go for a file that
		// is meant for that processor alone.
		var b strings.Builder
		b.WriteString("syntax = \"proto3\";\n\npackage wide.v1;\n\n")
		if i > 0 {
			fmt.Fprintf(&b, "import \"wide/v1/link%03d.proto\";\n\n", i-1)
		}
		fmt.Fprintf(&b, "// Link%03d is one of many.\nmessage Link%03d {\n  string name = 1;\n", i, i)
		if i > 0 {
			fmt.Fprintf(&b, "  Link%03d previous = 2;\n", i-1)
		}
		b.WriteString("}\n")
		if i%100 == 0 {
			fmt.Fprintf(&b, "\nservice Links%03d {\n  rpc Get(Link%03d) returns (Link%03d);\n}\n", i, i, i)
		}
		writeWildFile(t, dir, fmt.Sprintf("proto/wide/v1/link%03d.proto", i), b.String())
	}
}

// generateHub makes a workspace with a file that every other file imports, from
// packages of their own.
func generateHub(t *testing.T, dir string) {
	t.Helper()
	writeWildConfig(t, dir, "A file that is imported by every other.", "hub")
	writeWildFile(t, dir, "proto/hub/v1/hub.proto",
		"syntax = \"proto3\";\n\npackage hub.v1;\n\n// Hub is in everything.\nmessage Hub {\n  string name = 1;\n}\n")
	for i := range 60 {
		writeWildFile(t, dir, fmt.Sprintf("proto/spoke%02d/v1/spoke.proto", i), fmt.Sprintf(
			`syntax = "proto3";

package spoke%02d.v1;

import "hub/v1/hub.proto";

message Spoke {
  hub.v1.Hub hub = 1;
}

service SpokeService {
  rpc Turn(Spoke) returns (hub.v1.Hub);
}
`, i))
	}
}

func writeWildConfig(t *testing.T, dir, comment, name string) {
	t.Helper()
	writeWildFile(t, dir, "productinfo.yaml", fmt.Sprintf(
		"# %s\nversion: 1\nname: %s\ntargets:\n  go:\n    module: %s\n", comment, name, wildGoModule))
}

func writeWildFile(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

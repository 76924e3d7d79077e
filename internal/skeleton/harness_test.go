package skeleton

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// goldenModule is the Go module that all protos of testdata are generated for.
const goldenModule = "example.com/golden"

// protoFiles returns the text of each proto below testdata/proto, by its path.
func protoFiles(t testing.TB) map[string]string {
	t.Helper()
	root := os.DirFS(filepath.Join("testdata", "proto"))
	files := make(map[string]string)
	err := fs.WalkDir(root, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil || path.Ext(p) != ".proto" {
			return err
		}
		content, err := fs.ReadFile(root, p)
		files[p] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// run passes a request through the plugin as a program does, and returns the
// response, which is without an error.
func run(t testing.TB, req *pluginpb.CodeGeneratorRequest) *pluginpb.CodeGeneratorResponse {
	t.Helper()
	resp := exchange(t, req)
	if resp.Error != nil {
		t.Fatalf("response has the error %q", resp.GetError())
	}
	return resp
}

func exchange(t testing.TB, req *pluginpb.CodeGeneratorRequest) *pluginpb.CodeGeneratorResponse {
	t.Helper()
	in, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Run(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	resp := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(out.Bytes(), resp); err != nil {
		t.Fatal(err)
	}
	return resp
}

// contents returns the files of a response by their names.
func contents(resp *pluginpb.CodeGeneratorResponse) map[string]string {
	files := make(map[string]string)
	for _, file := range resp.GetFile() {
		files[file.GetName()] = file.GetContent()
	}
	return files
}

// readTree returns the files below dir with the suffix, by slash-separated path.
func readTree(t testing.TB, dir, suffix string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(p string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, suffix) || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		files[filepath.ToSlash(rel)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func writeTree(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sameFiles fails the test where the two sets of files differ.
func sameFiles(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for _, name := range sorted(want) {
		switch text, ok := got[name]; {
		case !ok:
			t.Errorf("%s: no file %s", what, name)
		case text != want[name]:
			t.Errorf("%s: %s differs: %s", what, name, firstDifference(text, want[name]))
		}
	}
	for _, name := range sorted(got) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: unexpected file %s", what, name)
		}
	}
}

// command runs a program in dir and returns its standard output.
func command(t testing.TB, dir string, env []string, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes()
}

// fileNamed returns the file of a request at path.
func fileNamed(t testing.TB, req *pluginpb.CodeGeneratorRequest, path string) *descriptorpb.FileDescriptorProto {
	t.Helper()
	for _, file := range req.GetProtoFile() {
		if file.GetName() == path {
			return file
		}
	}
	t.Fatalf("the request has no file %s", path)
	return nil
}

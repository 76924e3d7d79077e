package generate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/bench/reference"
	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/schema"
)

const proto3 = "syntax = \"proto3\";\n"

// built is the program in testdata/plugin, which all tests share.
var built struct {
	once sync.Once
	path string
	err  error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(status)
}

// plugin returns the path of the program in testdata/plugin.
func plugin(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "productinfo-plugin-")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "protoc-gen-test.exe")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built.path, "./testdata/plugin").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// tools returns the programs that output is compared with.
func tools(t *testing.T) reference.Tools {
	t.Helper()
	bin, err := reference.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := reference.Install(t.Context(), bin, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

// write writes files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// compile returns a request to generate all of the files, which are compiled as
// the engine has it done.
func compile(t *testing.T, files map[string]string) *Request {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	return compileFolder(t, dir)
}

func compileFolder(t *testing.T, dir string) *Request {
	t.Helper()
	sources, err := schema.Scan(schema.Layout{Dir: dir, Roots: []string{"."}}, digest.OpenIndex("", dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	compiler := schema.Compiler{Cache: c, Jobs: 2}
	image, err := compiler.Compile(t.Context(), sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	req := &Request{GoModule: "example.com/gen"}
	var own []string
	for _, f := range image.Own() {
		own = append(own, f.Path)
	}
	for _, f := range image.Closure(own) {
		descriptor, info, err := image.Bytes(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		input := Input{Path: f.Path, Name: f.Name, Descriptor: descriptor}
		if f.Own {
			input.Generate, input.Info, input.Source = true, info, descriptor
			if f.GoPackage == "" {
				input.Descriptor = SetGoPackage(descriptor, GoPackage(req.GoModule, filepath.ToSlash(filepath.Dir(f.Path)), f.Package, ""))
			}
			input.Source = input.Descriptor
			var all [][]byte
			for _, dep := range image.Closure([]string{f.Path}) {
				raw, _, err := image.Bytes(t.Context(), dep)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, raw)
			}
			if input.Descriptor, err = StripSourceOptions(input.Descriptor, all); err != nil {
				t.Fatal(err)
			}
		}
		req.Inputs = append(req.Inputs, input)
	}
	return req
}

// parse returns a descriptor's message.
func parse(t *testing.T, descriptor []byte) *descriptorpb.FileDescriptorProto {
	t.Helper()
	fd := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(descriptor, fd); err != nil {
		t.Fatal(err)
	}
	return fd
}

// run runs a program in dir.
func run(t *testing.T, dir string, env []string, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(os.Environ(), env...), bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, stderr.Bytes())
	}
	return stdout.Bytes()
}

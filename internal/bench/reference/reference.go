// Package reference runs buf generate, which productinfo's Go output is compared
// with: byte for byte in tests, in time and memory by the benchmark.
//
// [Install] builds buf and the two plugins at pinned versions, [Tools.Configure]
// makes a folder a buf workspace, [Tools.Generate] runs buf in it, and
// [CompareTrees] says where two outputs differ.
//
// buf's managed mode rewrites the file options of many languages, and these are
// part of the descriptor that a .pb.go file carries. productinfo sets go_package
// alone, so here everything else is switched off.
package reference

import (
	"bytes"
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The versions that productinfo pins. protoc-gen-go has none of its own: it is
// the version of google.golang.org/protobuf in the go.mod.
const (
	BufVersion     = "v1.73.0"
	GoGRPCVersion  = "v1.6.2"
	protobufModule = "google.golang.org/protobuf"
)

// Tools is the folder that holds the built programs. It is a value; goroutines
// may share it.
type Tools struct {
	// Dir holds the programs buf, protoc-gen-go and protoc-gen-go-grpc.
	Dir string
	// ProtobufVersion is the version of protoc-gen-go.
	ProtobufVersion string
}

// Path returns the absolute path of the program with the given name.
func (t Tools) Path(name string) string {
	return filepath.Join(t.Dir, name)
}

// DefaultDir returns the folder below the user's cache folder in which tests and
// the benchmark keep the programs from one run to the next.
func DefaultDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "productinfo-bench", "bin"), nil
}

// Install builds the programs into dir, which it makes when it is missing. A
// program that is there at the right version stays. Each build is announced on
// progress by a line. The working directory must be inside productinfo's module.
func Install(ctx context.Context, dir string, progress io.Writer) (Tools, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Tools{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Tools{}, err
	}
	version, err := output(ctx, "go", "list", "-m", "-f", "{{.Version}}", protobufModule)
	if err != nil {
		return Tools{}, fmt.Errorf("version of %s: %w", protobufModule, err)
	}
	for _, p := range []struct{ name, pkg, version string }{
		{"buf", "github.com/bufbuild/buf/cmd/buf", BufVersion},
		{"protoc-gen-go", protobufModule + "/cmd/protoc-gen-go", version},
		{"protoc-gen-go-grpc", "google.golang.org/grpc/cmd/protoc-gen-go-grpc", GoGRPCVersion},
	} {
		if installed(filepath.Join(dir, p.name), p.pkg, p.version) {
			continue
		}
		fmt.Fprintf(progress, "building %s %s\n", p.name, p.version)
		if err := install(ctx, dir, p.name, p.pkg+"@"+p.version); err != nil {
			return Tools{}, fmt.Errorf("%s@%s: %w", p.pkg, p.version, err)
		}
	}
	return Tools{Dir: dir, ProtobufVersion: version}, nil
}

// installed reports whether the program at path was built from version of pkg.
func installed(path, pkg, version string) bool {
	info, err := buildinfo.ReadFile(path)
	return err == nil && info.Path == pkg && info.Main.Version == version
}

// install builds spec in a folder of its own and renames the program into dir,
// so that processes that install at the same time never run half a program.
func install(ctx context.Context, dir, name, spec string) error {
	temp, err := os.MkdirTemp(dir, "install-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", spec)
	// As the tool cache's programs are built, so that the two share Go's cache.
	cmd.Env = append(os.Environ(), "GOBIN="+temp, "GOWORK=off", "CGO_ENABLED=0")
	if err := run(cmd); err != nil {
		return err
	}
	return os.Rename(filepath.Join(temp, name), filepath.Join(dir, name))
}

// Command returns the buf generate command for the workspace in dir, for callers
// that measure it.
func (t Tools) Command(ctx context.Context, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.Path("buf"), "generate", "--timeout", "30m")
	cmd.Dir = dir
	return cmd
}

// Generate runs buf generate in dir. Its error carries what buf printed.
func (t Tools) Generate(ctx context.Context, dir string) error {
	return run(t.Command(ctx, dir))
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	err := run(cmd)
	return strings.TrimSpace(stdout.String()), err
}

// run runs cmd; its error ends with what cmd printed to stderr.
func run(cmd *exec.Cmd) error {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, cmp.Or(strings.TrimSpace(stderr.String()), "no output"))
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

// programs are what is measured.
type programs struct {
	productinfo string // absolute path
	reference   reference.Tools
	versions    []string // a line each, for people
}

// preparePrograms builds productinfo from the checkout, as `make` builds it,
// unless a program is given, and buf with the plugins.
func preparePrograms(ctx context.Context, productinfo string, log *progress) (programs, error) {
	dir, err := reference.DefaultDir()
	if err != nil {
		return programs{}, err
	}
	tools, err := reference.Install(ctx, dir, log)
	if err != nil {
		return programs{}, err
	}
	if productinfo == "" {
		productinfo = filepath.Join(dir, "productinfo")
		log.printf("building productinfo")
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", productinfo, "github.com/productinfo/productinfo/cmd/productinfo")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			return programs{}, fmt.Errorf("go build of productinfo: %w\n%s", err, out)
		}
	}
	if productinfo, err = filepath.Abs(productinfo); err != nil {
		return programs{}, err
	}
	return programs{
		productinfo: productinfo,
		reference:   tools,
		versions: []string{
			"buf " + reference.BufVersion,
			"protoc-gen-go " + tools.ProtobufVersion,
			"protoc-gen-go-grpc " + reference.GoGRPCVersion,
			strings.Replace(runtime.Version(), "go", "Go ", 1),
		},
	}, nil
}

// env is the environment of both tools. The plugins are on the path, where
// productinfo looks for programs of the pinned version, so that both run the
// same ones.
func (p programs) env(cacheDir string) []string {
	return append(os.Environ(),
		"PATH="+p.reference.Dir+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PRODUCTINFO_CACHE="+cacheDir,
	)
}

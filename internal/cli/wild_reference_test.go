package cli_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/bench/reference"
)

var (
	protoPackage   = regexp.MustCompile(`(?m)^package ([\w.]+);`)
	protoGoPackage = regexp.MustCompile(`(?m)^option go_package = "([^"]+)";`)
	versionElement = regexp.MustCompile(`^v[1-9][0-9]*(p[1-9][0-9]*)?((alpha|beta)[1-9]?[0-9]*)?$`)
)

// bufOutput runs buf generate on a workspace of its own and returns the folder
// of what it wrote, laid out as dist/go is: by module and Go package.
//
// Where a module is a whole root, buf itself computes go_package; elsewhere it
// knows nothing of our modules, and is told.
func bufOutput(t *testing.T, tools reference.Tools, test wildCase) string {
	t.Helper()
	dir := newWildWorkspace(t, test)
	config := reference.Config{
		Modules:      slices.Clone(test.vendor),
		GoPackages:   map[string]string{},
		PluginOption: "module=" + wildGoModule,
	}
	for _, vendor := range test.vendor {
		config.Keep = append(config.Keep, protoFiles(t, filepath.Join(dir, vendor), ".")...)
	}
	for _, m := range test.modules {
		if !slices.Contains(config.Modules, m.root) {
			config.Modules = append(config.Modules, m.root)
		}
		modulePath := wildGoModule + "/" + m.name
		if m.dir == "." {
			config.GoPackagePrefix = modulePath
		}
		for _, file := range protoFiles(t, filepath.Join(dir, m.root), m.dir) {
			source, err := os.ReadFile(filepath.Join(dir, m.root, file))
			if err != nil {
				t.Fatal(err)
			}
			own := firstGroup(protoGoPackage, source)
			switch {
			case strings.HasPrefix(own, modulePath+"/"):
				config.Keep = append(config.Keep, file)
			case m.dir != ".":
				below := strings.TrimPrefix(path.Dir(file)+"/", m.dir+"/")
				config.GoPackages[file] = path.Join(modulePath, below) + packageNameSuffix(firstGroup(protoPackage, source))
			}
		}
	}
	// A run per module: two of them need not link together.
	for _, m := range test.modules {
		config.Inputs = []string{path.Join(m.root, m.dir)}
		if err := tools.Configure(dir, config); err != nil {
			t.Fatal(err)
		}
		if err := tools.Generate(t.Context(), dir); err != nil {
			t.Fatalf("buf generate for module %s: %v", m.name, err)
		}
	}
	return filepath.Join(dir, reference.OutDir)
}

// packageNameSuffix returns the part of go_package that names the Go package of
// a versioned proto package: ";ecommercev1" for acme.ecommerce.v1.
func packageNameSuffix(protoPackage string) string {
	elements := strings.Split(protoPackage, ".")
	n := len(elements)
	if n < 2 || !versionElement.MatchString(elements[n-1]) {
		return ""
	}
	return ";" + elements[n-2] + elements[n-1]
}

// protoFiles returns the import paths of the .proto files below a folder of an
// import root.
func protoFiles(t *testing.T, root, folder string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), folder, func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".proto") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func firstGroup(pattern *regexp.Regexp, source []byte) string {
	if match := pattern.FindSubmatch(source); match != nil {
		return string(match[1])
	}
	return ""
}

package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// OutDir is the folder, below the workspace, that buf generate writes to.
const OutDir = "buf-out"

// Config says what buf generates and into which Go packages.
type Config struct {
	// Modules are the folders of the buf modules: the import roots, relative to
	// the workspace.
	Modules []string
	// Inputs are the folders or files to generate, relative to the workspace;
	// the rest is import-only. None means all.
	Inputs []string
	// GoPackagePrefix gives each file its go_package, as managed mode makes it.
	// It may be empty.
	GoPackagePrefix string
	// GoPackages are go_package values by import path. They beat the prefix.
	GoPackages map[string]string
	// Keep are the import paths of files and folders whose go_package is left as
	// it is written.
	Keep []string
	// PluginOption is passed to both plugins: "paths=source_relative", or
	// "module=…" where files go by their Go package.
	PluginOption string
}

// otherFileOptions are the options that managed mode would set besides
// go_package.
var otherFileOptions = []string{
	"cc_enable_arenas", "csharp_namespace", "java_multiple_files", "java_outer_classname", "java_package",
	"java_string_check_utf8", "objc_class_prefix", "optimize_for", "php_metadata_namespace", "php_namespace",
	"ruby_package", "swift_prefix",
}

// Configure writes buf.yaml and buf.gen.yaml into dir.
func (t Tools) Configure(dir string, c Config) error {
	if err := os.WriteFile(filepath.Join(dir, "buf.yaml"), []byte(c.bufYAML()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "buf.gen.yaml"), []byte(c.bufGenYAML(t)), 0o644)
}

func (c Config) bufYAML() string {
	var b strings.Builder
	b.WriteString("version: v2\nmodules:\n")
	for _, m := range c.Modules {
		fmt.Fprintf(&b, "  - path: %s\n", m)
	}
	return b.String()
}

func (c Config) bufGenYAML(t Tools) string {
	var b strings.Builder
	b.WriteString("version: v2\nmanaged:\n  enabled: true\n  disable:\n")
	for _, option := range otherFileOptions {
		fmt.Fprintf(&b, "    - file_option: %s\n", option)
	}
	for _, path := range c.Keep {
		fmt.Fprintf(&b, "    - file_option: go_package\n      path: %s\n", path)
	}
	if c.GoPackagePrefix != "" || len(c.GoPackages) > 0 {
		b.WriteString("  override:\n")
	}
	if c.GoPackagePrefix != "" {
		fmt.Fprintf(&b, "    - file_option: go_package_prefix\n      value: %s\n", c.GoPackagePrefix)
	}
	for _, path := range slices.Sorted(maps.Keys(c.GoPackages)) {
		fmt.Fprintf(&b, "    - file_option: go_package\n      path: %s\n      value: %s\n", path, c.GoPackages[path])
	}
	b.WriteString("plugins:\n")
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		fmt.Fprintf(&b, "  - local: %s\n    out: %s\n    opt: %s\n", t.Path(plugin), OutDir, c.PluginOption)
	}
	b.WriteString("inputs:\n")
	if len(c.Inputs) == 0 {
		b.WriteString("  - directory: .\n")
	}
	for _, input := range c.Inputs {
		// buf wants a whole module named as a directory, a part of one as a path.
		if slices.Contains(c.Modules, input) {
			fmt.Fprintf(&b, "  - directory: %s\n", input)
		} else {
			fmt.Fprintf(&b, "  - directory: .\n    paths:\n      - %s\n", input)
		}
	}
	return b.String()
}

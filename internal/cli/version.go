package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/skeleton"
)

// versions are those of the program and of what is built into it.
type versions struct {
	// Productinfo is "(devel)" where the program was not built from a version.
	Productinfo string `json:"productinfo"`
	Plugin      string `json:"protoc_gen_productinfo"`
	Protobuf    string `json:"protoc_gen_go"`
	Go          string `json:"go"`
	Platform    string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the tool and of what is built into it",
		Long: `Version prints the version of productinfo, and those of what runs inside it: the
generator of Go messages, whose version is that of google.golang.org/protobuf, the
generator of productinfo's own additions, and the Go that it was built with.

The versions of other programs are the workspace's to choose: see productinfo
tools list.`,
		Example: `  productinfo version
  productinfo version --format json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	v := readVersions()
	if a.format == string(diag.JSON) {
		return a.printJSON(v)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "productinfo\t%s\n", v.Productinfo)
	fmt.Fprintf(w, "%s\t%s\n", skeleton.Name, v.Plugin)
	fmt.Fprintf(w, "protoc-gen-go\t%s\n", v.Protobuf)
	fmt.Fprintf(w, "go\t%s %s\n", v.Go, v.Platform)
	return w.Flush()
}

// readVersions reads the versions that this program was built from.
func readVersions() versions {
	v := versions{
		Productinfo: "(devel)",
		Plugin:      skeleton.Version,
		Protobuf:    "(devel)",
		Go:          runtime.Version(),
		Platform:    runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Productinfo = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == "google.golang.org/protobuf" {
			v.Protobuf = dep.Version
		}
	}
	return v
}

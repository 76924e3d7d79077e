// The protoc-gen-productinfo program is a protoc plugin. For each service it
// generates a fake server, a function that opens a connection, and constants that
// name the Go module and the schema's digest, beside what protoc-gen-go and
// protoc-gen-go-grpc generate:
//
//	protoc --go_out=. --go-grpc_out=. --productinfo_out=. shop/v1/shop.proto
//
// Its body is [github.com/productinfo/productinfo/internal/skeleton].
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/productinfo/productinfo/internal/skeleton"
)

const help = `protoc-gen-productinfo is a plugin of protoc and buf, which run it: install it on
the PATH, then give protoc --productinfo_out=DIR, or name it in buf.gen.yaml as
"local: protoc-gen-productinfo". Generate the code of protoc-gen-go and
protoc-gen-go-grpc (v1.5 or later) into the same packages.

Parameters, with --productinfo_opt=NAME=VALUE:
  module_path=PATH        the Go module of the generated packages; many may be given,
                          and a package belongs to the longest that holds it
                          (default: the value of module=, else the package's import path)
  paths, module, M<file>, annotate_code
                          as with protoc-gen-go; give the same to all three

Flags:
  --version               print the version
  --help                  print this text
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && args[0] == "--version":
		fmt.Fprintln(stdout, skeleton.Name, skeleton.Version)
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h"):
		fmt.Fprint(stdout, help)
	case len(args) > 0:
		fmt.Fprintf(stderr, "%s: unknown argument %q: want --version or --help; protoc and buf give none\n", skeleton.Name, args[0])
		return 2
	default:
		if err := skeleton.Run(stdin, stdout); err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", skeleton.Name, err)
			return 1
		}
	}
	return 0
}

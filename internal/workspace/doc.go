// Package workspace reads productinfo.yaml, the file that makes a folder an API
// repo, and what it needs of a buf.yaml beside it. [Load] returns the workspace
// with every default filled in, or an [*Error] with everything that is wrong, each
// fault with its place.
//
// # The file
//
// productinfo.yaml is one YAML document of at most 1 MiB in UTF-8. Anchors,
// aliases, merge keys, tags, directives and "? " keys are refused, as are unknown
// and repeated keys, at every level. A key without a value is an error too. Only
// version and targets.go.module have no default.
//
//	version: 1
//
// Required: the number 1.
//
//	name: acme
//
// String. The name of the only module when modules is absent. Default: the base
// name of the workspace's folder, in lower case, with "-" for what a name cannot
// hold. For a name's form see [CheckName].
//
//	roots: [proto]
//
// List of folders, one at least: the import roots, as protoc's -I. A folder is
// slash-separated, relative to the workspace, inside it, and exists. No root lies
// in another, in a vendor folder, in dist or in .productinfo. Default: the paths
// of the modules of a buf.yaml v2, see below; without one, [proto].
//
//	vendor: [third_party]
//
// List of folders, in the form of roots: import-only roots. What lies in them is
// compiled against, never generated or versioned, also where a vendor folder lies
// in a root. Default: none.
//
//	modules: ["acme/*"]
//
// List of patterns, one at least, of directories below a root. Each match is a
// module, named by its last element. A pattern is what path.Match takes, so "*"
// stays within one element; it has no "..", no "**" and no slash at its ends. A
// last element without wildcards must be a valid module name. Default: one
// module, all roots, named by name; or the modules of a buf.yaml v2.
//
//	unstable: ["acme/*/plugin"]
//
// List of patterns, in the form of modules, of package directories that may break
// besides v1alpha1, v1beta1 and so on. Default: none.
//
//	targets:
//	  go:
//	    module: github.com/acme/apis/dist/go
//	    generators: [go, go-grpc, productinfo]
//	    require: [example.com/runtime@v1.2.3]
//
// targets.go.module is a string, required: a Go module path. A module's own Go
// path is this, "/" and its name.
//
// targets.go.require is a list of module@version that the code of further
// generators needs in go.mod. Default: none.
//
// targets.go.generators is a list, one at least, without repeats. go (messages)
// and productinfo run inside productinfo; any other name foo is the program
// protoc-gen-foo, which tools must have. Default: the three above. An entry is a
// name, or a mapping of these keys, of which name alone is required:
//
//	generators:
//	  - name: foo             # string: letters, digits, "-", "_", "."
//	    tool: protoc-gen-foo  # string: a name in tools; default protoc-gen-<name>
//	    options: [a=b]        # list of strings without commas; default none
//	    inputs: [bar.tmpl]    # list of files of the workspace that it reads besides
//	                          # its request; default none
//	    strategy: unit        # unit: a run for each unit; batch: one for many;
//	                          # default batch for go-grpc, else unit
//	    timeout: 60s          # duration of one run, above 0; default 60s
//	    inserts: [bar]        # generators listed before it, into whose files it may
//	                          # insert text; default none
//
// A program runs in an empty folder of its own, with its inputs at their paths, and
// with PATH, HOME, TMPDIR (on Windows the like of these), LC_ALL=C and TZ=UTC as its
// environment: what else there is would change output that is already cached. An
// input is slash-separated, relative to the workspace, inside it, and a regular file
// that exists.
//
// tool, inputs, strategy, timeout and inserts belong to programs: go and productinfo
// have none. go has the options default_api_level=<level> and apilevelM<file>=<level>
// with the levels API_OPEN, API_HYBRID and API_OPAQUE, productinfo none.
//
//	check:
//	  lint: STANDARD
//	  except: [PACKAGE_DIRECTORY_MATCH]
//	  breaking: PACKAGE
//
// Each a string or a list of strings, buf's categories and rules, in upper case.
// Defaults: STANDARD, none, PACKAGE. lint and breaking cannot be empty lists. A
// buf.yaml in the workspace's folder wins over this section.
//
//	tools:
//	  protoc-gen-foo: example.com/foo/cmd/protoc-gen-foo@v1.2.3
//	  protoc-gen-bar: ./bin/protoc-gen-bar
//
// Mapping from a program's name to where it comes from: a Go package with "@" and
// a full version, or a path that begins with "./", "../" (relative to the
// workspace) or "/". Entries are added to these defaults, or replace them:
//
//	buf: github.com/bufbuild/buf/cmd/buf@v1.73.0
//	protoc-gen-go-grpc: google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
//
// # buf.yaml
//
// A repo that uses buf keeps its buf.yaml. Where roots is absent and buf.yaml has
// version v2, its modules' paths are the roots, or "." when it lists none. Where
// modules is absent as well and it lists several, each is a module, named by the
// last element of its buf name, else of its path. Its excludes hold then, too.
// Paths listed twice and includes have no counterpart here and are errors; the
// remedy is to set roots. Everything else in the file is buf's, and a buf.yaml of
// an older version is not read at all.
package workspace

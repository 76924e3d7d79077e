package check_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/productinfo/productinfo/internal/check"
)

// module compiles files as a module named by name, whose import root is too.
func module(t *testing.T, name string, f files) check.ModuleFiles {
	t.Helper()
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image(t, f.write(t)), &set); err != nil {
		t.Fatal(err)
	}
	own := slices.DeleteFunc(set.File, func(file *descriptorpb.FileDescriptorProto) bool {
		return strings.HasPrefix(file.GetName(), "google/")
	})
	return check.ModuleFiles{Name: name, Files: own, Locate: func(importPath string) string { return name + "/" + importPath }}
}

const option = `import "google/protobuf/descriptor.proto";
extend google.protobuf.FileOptions { string NAME = NUMBER; }
`

func withOption(name, number string) string {
	return strings.NewReplacer("NAME", name, "NUMBER", number).Replace(option)
}

func TestClashes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		one, two files
		want     []string
	}{
		"none": {
			files{"a.proto": schema("acme.v1", "message A {}\nenum E { E_ZERO = 0; }\n")},
			files{"b.proto": schema("acme.v1", "message B { message A {} }\nenum F { F_ZERO = 0; }\n")},
			nil,
		},
		"a message": {
			files{"a.proto": schema("acme.v1", "message A { message N {} }\n")},
			files{"b.proto": schema("acme.v1", "message Z {}\n\nmessage A { message N {} }\n")},
			[]string{"one/a.proto 3:9-3:10", "two/b.proto 5:9-5:10"},
		},
		"a service and a message": {
			files{"a.proto": schema("acme.v1", "service A {}\n")},
			files{"b.proto": schema("acme.v1", "message A {}\n")},
			[]string{"one/a.proto 3:9-3:10", "two/b.proto 3:9-3:10"},
		},
		"an enum, its values left out": {
			files{"a.proto": schema("acme.v1", "enum E { E_ZERO = 0; }\n")},
			files{"b.proto": schema("acme.v1", "enum E { E_ZERO = 0; }\n")},
			[]string{"one/a.proto 3:6-3:7", "two/b.proto 3:6-3:7"},
		},
		"a value of two enums": {
			files{"a.proto": schema("acme.v1", "enum E { ZERO = 0; }\n")},
			files{"b.proto": schema("acme.v1", "enum F { ZERO = 0; }\n")},
			[]string{"one/a.proto 3:10-3:14", "two/b.proto 3:10-3:14"},
		},
		"a path, its content left out": {
			files{"a.proto": schema("acme.v1", "message A {}\n")},
			files{"a.proto": schema("acme.v1", "message A {}\n")},
			[]string{"one/a.proto 0:0-0:0", "two/a.proto 0:0-0:0"},
		},
		"a package and a message": {
			files{"a.proto": schema("acme", "message v1 {}\n")},
			files{"b.proto": schema("acme.v1.sub", "message A {}\n"), "c.proto": schema("acme.v1.sub", "message B {}\n")},
			[]string{"one/a.proto 3:9-3:11", "two/b.proto 2:1-2:21"},
		},
		"an extension": {
			files{"a.proto": schema("acme.v1", withOption("a", "50001"))},
			files{"b.proto": schema("acme.v1", withOption("a", "50001"))},
			[]string{"one/a.proto 4:45-4:46", "two/b.proto 4:45-4:46"},
		},
		"an extension's number": {
			files{"a.proto": schema("acme.v1", withOption("a", "50001"))},
			files{"b.proto": schema("acme.v2", "message M {\n"+strings.Join(strings.Split(withOption("b", "50001"), "\n")[1:], "\n")+"}\nimport \"google/protobuf/descriptor.proto\";\n")},
			[]string{"one/a.proto 4:49-4:54", "two/b.proto 4:49-4:54"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := module(t, "one", test.one), module(t, "two", test.two)
			list := check.Clashes([]check.ModuleFiles{one, two})
			var want []string
			for _, place := range test.want {
				want = append(want, place+" symbol-clash")
			}
			wantLines(t, lines(list), want)
			if panics(t, one, two) != (len(list) > 0) {
				t.Errorf("the registry disagrees: %v", list)
			}
			for i, d := range list {
				mine, other := "one", "two"
				if i == 1 {
					mine, other = other, mine
				}
				text := strings.Join(append(d.Notes, d.Message), "\n")
				for _, word := range []string{`of module "` + mine + `" is declared in module "` + other + `" too`, list[1-i].Position.String(), "panics at start-up"} {
					if !strings.Contains(text, word) {
						t.Errorf("the finding does not say %q:\n%s", word, text)
					}
				}
			}
		})
	}
}

func TestClashesOfManyModules(t *testing.T) {
	t.Parallel()
	var modules []check.ModuleFiles
	for _, name := range []string{"a", "b", "c"} {
		modules = append(modules, module(t, name, files{name + ".proto": schema("acme.v1", "message Same {}\n")}))
	}
	list := check.Clashes(modules)
	if len(list) != 3 || len(list[0].Notes) != 3 {
		t.Errorf("%v", list)
	}
}

// panics reports whether a Go program cannot link both modules: what generated
// code does at start-up is done here.
func panics(t *testing.T, modules ...check.ModuleFiles) bool {
	t.Helper()
	var registered protoregistry.Files
	var types protoregistry.Types
	descriptorFile, err := protoregistry.GlobalFiles.FindFileByPath("google/protobuf/descriptor.proto")
	if err != nil {
		t.Fatal(err)
	}
	if err := registered.RegisterFile(descriptorFile); err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		for _, file := range m.Files {
			d, err := protodesc.NewFile(file, &registered)
			if err != nil {
				return true
			}
			if registered.RegisterFile(d) != nil || registerExtensions(&types, d) != nil {
				return true
			}
		}
	}
	return false
}

// extender is what may declare extensions: a file or a message.
type extender interface {
	Messages() protoreflect.MessageDescriptors
	Extensions() protoreflect.ExtensionDescriptors
}

func registerExtensions(types *protoregistry.Types, d extender) error {
	for i := range d.Extensions().Len() {
		if err := types.RegisterExtension(dynamicpb.NewExtensionType(d.Extensions().Get(i))); err != nil {
			return err
		}
	}
	for i := range d.Messages().Len() {
		if err := registerExtensions(types, d.Messages().Get(i)); err != nil {
			return err
		}
	}
	return nil
}

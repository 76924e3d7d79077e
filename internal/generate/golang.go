package generate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/gofeaturespb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/skeleton"
)

// inProcess is a generator whose code is linked into this program.
type inProcess struct {
	name     string
	identity digest.Digest
	traits   Traits
	options  []string
	// param takes an option that protogen does not know.
	param func(name, value string) error
	body  func(req *Request, plugin *protogen.Plugin) ([]File, error)
}

// GoMessages returns protoc-gen-go. build is the identity of this program, which
// holds its code.
func GoMessages(build string, options []string) Generator {
	return &inProcess{
		name:     "go",
		identity: programIdentity("go", build, options),
		traits:   Traits{Batch: true},
		options:  options,
		param:    unknownOption,
		body: func(req *Request, plugin *protogen.Plugin) ([]File, error) {
			taken, err := takeOut(req, plugin)
			if err != nil {
				return nil, err
			}
			for _, file := range plugin.Files {
				if file.Generate {
					internal_gengo.GenerateFile(plugin, file)
				}
			}
			files, err := written(plugin)
			if err != nil {
				return nil, err
			}
			return files, taken.putBack(files)
		},
	}
}

// OwnPlugin returns protoc-gen-productinfo. build is the identity of this
// program, which holds its code.
func OwnPlugin(build string, options []string) Generator {
	return &inProcess{
		name:     "productinfo",
		identity: programIdentity("productinfo", build, options),
		traits:   Traits{Batch: true, ServicesOnly: true},
		options:  options,
		param:    unknownOption,
		body: func(req *Request, plugin *protogen.Plugin) ([]File, error) {
			if err := skeleton.Generate(plugin, skeleton.Options{ModulePaths: []string{req.GoModule}}); err != nil {
				return nil, err
			}
			return written(plugin)
		},
	}
}

func programIdentity(name, build string, options []string) digest.Digest {
	h := digest.NewHasher("productinfo generator")
	h.String(name)
	h.String(build)
	h.Strings(options)
	return h.Sum()
}

func (g *inProcess) Name() string            { return g.name }
func (g *inProcess) Identity() digest.Digest { return g.identity }
func (g *inProcess) Traits() Traits          { return g.traits }

// Generate parses the request afresh: protogen changes the descriptors that it
// is given, so two runs must not share any.
func (g *inProcess) Generate(_ context.Context, req *Request) (files []File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("generator %q panicked: %v\n%s", g.name, r, debug.Stack())
		}
	}()
	request := &pluginpb.CodeGeneratorRequest{Parameter: proto.String(strings.Join(g.options, ","))}
	unmarshal := proto.UnmarshalOptions{AllowPartial: true, Resolver: goExtensions{}}
	for _, input := range req.Inputs {
		fd := new(descriptorpb.FileDescriptorProto)
		if err := unmarshal.Unmarshal(input.Descriptor, fd); err != nil {
			return nil, fmt.Errorf("%s: %w", input.Path, err)
		}
		if input.Generate {
			fd.SourceCodeInfo = new(descriptorpb.SourceCodeInfo)
			if err := unmarshal.Unmarshal(input.Info, fd.SourceCodeInfo); err != nil {
				return nil, fmt.Errorf("%s: %w", input.Path, err)
			}
			request.FileToGenerate = append(request.FileToGenerate, input.Path)
		}
		request.ProtoFile = append(request.ProtoFile, fd)
	}
	plugin, err := protogen.Options{ParamFunc: g.param}.New(request)
	if err != nil {
		return nil, diag.List{finding(g.name, err.Error(), req)}
	}
	files, err = g.body(req, plugin)
	if err != nil {
		return nil, diag.List{finding(g.name, err.Error(), req)}
	}
	return files, nil
}

// unknownOption refuses what is no option of all Go plugins. Of those the workspace
// lets through the ones that work here.
func unknownOption(name, _ string) error {
	return fmt.Errorf("unknown option %q: want default_api_level or apilevelM<file>", name)
}

// written returns the files that a plugin has made.
func written(plugin *protogen.Plugin) ([]File, error) {
	response := plugin.Response()
	if response.Error != nil {
		return nil, errors.New(response.GetError())
	}
	files := make([]File, len(response.GetFile()))
	for i, file := range response.GetFile() {
		files[i] = File{Name: file.GetName(), Content: []byte(file.GetContent())}
	}
	return files, nil
}

// goExtensions knows the extensions that protoc-gen-go's own program does, and no
// other, so that custom options stay the bytes they are there.
type goExtensions struct{}

func (goExtensions) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	if t := gofeaturespb.E_Go; t.TypeDescriptor().FullName() == name {
		return t, nil
	}
	return nil, protoregistry.NotFound
}

func (goExtensions) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if t := gofeaturespb.E_Go.TypeDescriptor(); t.ContainingMessage().FullName() == message && t.Number() == number {
		return gofeaturespb.E_Go, nil
	}
	return nil, protoregistry.NotFound
}

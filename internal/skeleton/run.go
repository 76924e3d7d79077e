package skeleton

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// Run is the plugin as a program: it reads a CodeGeneratorRequest from stdin and
// writes the CodeGeneratorResponse to stdout. What the user can mend, such as a
// wrong parameter, is in the response's error field. The error that Run returns
// is the calling compiler's fault, or that of the pipe between the two; then
// nothing has been written.
func Run(stdin io.Reader, stdout io.Writer) error {
	in, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(in) == 0 {
		return errors.New("standard input is empty: this program is run by protoc or buf, which send it a request")
	}
	req := &pluginpb.CodeGeneratorRequest{}
	if err := proto.Unmarshal(in, req); err != nil {
		return fmt.Errorf("standard input holds no code generator request: %w", err)
	}
	if err := checkRequest(req); err != nil {
		return fmt.Errorf("malformed code generator request: %w", err)
	}
	out, err := proto.Marshal(respond(req))
	if err != nil {
		return fmt.Errorf("response: %w", err)
	}
	if _, err := stdout.Write(out); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

func respond(req *pluginpb.CodeGeneratorRequest) *pluginpb.CodeGeneratorResponse {
	var opts Options
	gen, err := protogen.Options{ParamFunc: opts.Set}.New(req)
	if err != nil {
		return &pluginpb.CodeGeneratorResponse{
			Error:             proto.String(err.Error()),
			SupportedFeatures: proto.Uint64(supportedFeatures),
			MinimumEdition:    proto.Int32(int32(minimumEdition)),
			MaximumEdition:    proto.Int32(int32(maximumEdition)),
		}
	}
	if err := Generate(gen, opts); err != nil {
		gen.Error(err)
	}
	return gen.Response()
}

// checkRequest reports what no compiler may send, before protogen meets it: files
// that are missing, named twice, or import each other.
func checkRequest(req *pluginpb.CodeGeneratorRequest) error {
	if len(req.GetFileToGenerate()) == 0 {
		return errors.New("it names no file to generate")
	}
	c := requestChecker{files: make(map[string]*descriptorpb.FileDescriptorProto), done: make(map[string]bool)}
	for _, file := range req.GetProtoFile() {
		if c.files[file.GetName()] != nil {
			return fmt.Errorf("file %q is in it twice", file.GetName())
		}
		c.files[file.GetName()] = file
	}
	for _, path := range req.GetFileToGenerate() {
		if c.files[path] == nil {
			return fmt.Errorf("file %q is to be generated, and missing", path)
		}
		if err := c.visit(path); err != nil {
			return err
		}
	}
	return nil
}

type requestChecker struct {
	files map[string]*descriptorpb.FileDescriptorProto
	done  map[string]bool
	stack []string
}

func (c *requestChecker) visit(path string) error {
	if c.done[path] {
		return nil
	}
	if i := slices.Index(c.stack, path); i >= 0 {
		return fmt.Errorf("import cycle: %s", strings.Join(append(c.stack[i:], path), " → "))
	}
	file := c.files[path]
	if file == nil {
		return fmt.Errorf("file %q imports %q, which is missing", c.stack[len(c.stack)-1], path)
	}
	c.stack = append(c.stack, path)
	for _, imported := range slices.Concat(file.GetDependency(), file.GetOptionDependency()) {
		if err := c.visit(imported); err != nil {
			return err
		}
	}
	c.stack = c.stack[:len(c.stack)-1]
	c.done[path] = true
	return nil
}

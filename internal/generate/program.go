package generate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/toolchain"
)

// What a plugin may write: more is a fault, not a reason to run out of memory.
const (
	maxResponse = 1 << 30  // bytes on stdout: half of what protobuf can hold
	maxStderr   = 64 << 10 // bytes kept of stderr
)

// Program is a protoc plugin that is a program of its own. It speaks the protocol
// of google/protobuf/compiler/plugin.proto: a CodeGeneratorRequest on stdin, a
// CodeGeneratorResponse on stdout, anything on stderr.
type Program struct {
	// Generator is the name in the configuration, and Path the program's file.
	Generator string
	Path      string
	// Digest is that of the program's content.
	Digest digest.Digest
	// Options are passed as the request's parameter, joined by commas.
	Options []string
	// Calls are the program's traits; External is always set.
	Calls Traits
	// Inputs are the files that the program finds in the folder it runs in, which
	// has no others.
	Inputs []InputFile
	// Timeout bounds one call.
	Timeout time.Duration
	// Env is the environment, of which the program gets what [environment] leaves.
	Env []string

	// limit is maxResponse, unless a test sets another.
	limit int
}

// InputFile is a file that a program reads besides its request.
type InputFile struct {
	// Path is slash-separated, clean, and relative to the workspace's folder and
	// to the one in which the program runs.
	Path    string
	Content []byte
}

// Name returns the generator's name.
func (p *Program) Name() string { return p.Generator }

// Identity covers the program's content, its options and other files, what it may
// insert into, and whether it sees one unit at a time, for it need not treat many
// as it does each.
func (p *Program) Identity() digest.Digest {
	h := digest.NewHasher("productinfo generator program")
	h.String(p.Generator)
	h.Digest(p.Digest)
	h.Strings(p.Options)
	h.Strings(p.Calls.Inserts)
	h.String(strconv.FormatBool(p.Calls.Batch))
	var inputs []string
	for _, input := range p.Inputs {
		inputs = append(inputs, input.Path, digest.Of(input.Content).String())
	}
	h.Strings(inputs)
	return h.Sum()
}

// Traits returns how the program may be called.
func (p *Program) Traits() Traits {
	t := p.Calls
	t.External = true
	return t
}

// Generate runs the program once.
func (p *Program) Generate(ctx context.Context, req *Request) ([]File, error) {
	out, err := p.run(ctx, p.request(req))
	if err != nil {
		return nil, err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return nil, fmt.Errorf("generator %q: %s wrote no CodeGeneratorResponse to stdout but %d bytes that begin %q: a plugin must print nothing else there",
			p.Generator, p.Path, len(out), out[:min(len(out), 32)])
	}
	if response.Error != nil {
		return nil, diag.List{finding(p.Generator, strings.TrimSpace(response.GetError()), req)}
	}
	if err := p.supports(&response, req); err != nil {
		return nil, err
	}
	return assemble(p.Generator, response.GetFile(), len(p.Calls.Inserts) > 0)
}

// run executes the program with stdin, in a folder of its own, and returns what it
// wrote to stdout.
func (p *Program) run(ctx context.Context, stdin io.Reader) ([]byte, error) {
	dir, err := os.MkdirTemp("", "productinfo-plugin-")
	if err != nil {
		return nil, fmt.Errorf("generator %q: %w", p.Generator, err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := p.place(dir); err != nil {
		return nil, fmt.Errorf("generator %q: %w", p.Generator, err)
	}
	limited, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	cmd := toolchain.Command(limited, p.Path)
	cmd.Dir, cmd.Env = dir, environment(p.Env, runtime.GOOS)
	cmd.Stdin = stdin
	stdout := &bounded{limit: cmp.Or(p.limit, maxResponse), full: cancel}
	stderr := &bounded{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	said := ""
	if text := strings.TrimSpace(stderr.kept.String()); text != "" {
		said = "; its stderr:\n" + text
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case stdout.over:
		return nil, fmt.Errorf("generator %q: %s wrote more than %d bytes to stdout%s", p.Generator, p.Path, stdout.limit, said)
	case limited.Err() != nil:
		return nil, fmt.Errorf("generator %q: %s did not end within %v, set timeout for it to have longer%s", p.Generator, p.Path, p.Timeout, said)
	case err != nil && cmd.ProcessState == nil:
		return nil, fmt.Errorf("generator %q: %w", p.Generator, err)
	case err != nil && !cmd.ProcessState.Success():
		return nil, fmt.Errorf("generator %q: %s: %v%s", p.Generator, p.Path, cmd.ProcessState, said)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil, fmt.Errorf("generator %q: %s ended, but a process that it started still holds its output, which may lack something: it must end first, or have other output%s",
			p.Generator, p.Path, said)
	case err != nil:
		// Not that it left some of its request unread, which os/exec lets pass.
		return nil, fmt.Errorf("generator %q: %s: %w%s", p.Generator, p.Path, err, said)
	}
	return stdout.kept.Bytes(), nil
}

// place writes the program's inputs below dir.
func (p *Program) place(dir string) error {
	for _, input := range p.Inputs {
		name := filepath.Join(dir, filepath.FromSlash(input.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, input.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// environment returns what a plugin gets of an environment on a system: what a
// process needs to run at all, and not what would change its output, because no
// cache key covers that.
func environment(env []string, system string) []string {
	keep := []string{"PATH", "HOME", "TMPDIR"}
	name := func(s string) string { return s }
	if system == "windows" {
		keep = append(keep, "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
		name = strings.ToUpper // case does not count there
	}
	kept := slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return !slices.Contains(keep, name(key))
	})
	return append(kept, "LC_ALL=C", "TZ=UTC")
}

// request frames a CodeGeneratorRequest around the inputs without parsing or
// copying these.
func (p *Program) request(req *Request) io.Reader {
	const (
		fileToGenerate       protowire.Number = 1
		parameter            protowire.Number = 2
		protoFile            protowire.Number = 15
		sourceFileDescriptor protowire.Number = 17
	)
	var parts []io.Reader
	var head []byte
	flush := func() {
		parts = append(parts, bytes.NewReader(head))
		head = nil
	}
	for _, input := range req.Inputs {
		if input.Generate {
			head = protowire.AppendTag(head, fileToGenerate, protowire.BytesType)
			head = protowire.AppendString(head, input.Path)
		}
	}
	if len(p.Options) > 0 {
		head = protowire.AppendTag(head, parameter, protowire.BytesType)
		head = protowire.AppendString(head, strings.Join(p.Options, ","))
	}
	file := func(field protowire.Number, descriptor, info []byte) {
		var infoHead []byte
		if info != nil {
			infoHead = protowire.AppendTag(nil, fileSourceInfoField, protowire.BytesType)
			infoHead = protowire.AppendVarint(infoHead, uint64(len(info)))
		}
		head = protowire.AppendTag(head, field, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(len(descriptor)+len(infoHead)+len(info)))
		flush()
		parts = append(parts, bytes.NewReader(descriptor), bytes.NewReader(infoHead), bytes.NewReader(info))
	}
	for _, input := range req.Inputs {
		file(protoFile, input.Descriptor, input.Info)
	}
	for _, input := range req.Inputs {
		if input.Generate {
			file(sourceFileDescriptor, input.Source, input.Info)
		}
	}
	flush()
	return io.MultiReader(parts...)
}

// supports checks, as protoc does, that the plugin knows what the files use.
func (p *Program) supports(response *pluginpb.CodeGeneratorResponse, req *Request) error {
	knows := func(f pluginpb.CodeGeneratorResponse_Feature) bool {
		return response.GetSupportedFeatures()&uint64(f) != 0
	}
	optional := knows(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
	editions := knows(pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)
	var faults diag.List
	fault := func(input Input, format string, args ...any) {
		faults = append(faults, diag.Diagnostic{
			Rule:     "generate",
			Position: diag.Position{File: input.Name},
			Message:  fmt.Sprintf("generator %q ", p.Generator) + fmt.Sprintf(format, args...),
			Help:     "take a newer version of the plugin",
		})
	}
	for _, input := range req.Inputs {
		if !input.Generate || (optional && !usesEdition(input.Descriptor)) {
			continue
		}
		var fd descriptorpb.FileDescriptorProto
		if err := proto.Unmarshal(input.Descriptor, &fd); err != nil {
			return fmt.Errorf("%s: %w", input.Path, err)
		}
		edition := fd.GetEdition()
		switch {
		case fd.Edition == nil && !optional && usesOptional(fd.GetMessageType()):
			fault(input, "does not support proto3's optional fields, which the file has")
		case fd.Edition != nil && !editions:
			fault(input, "does not support editions, and the file is in %v", edition)
		case fd.Edition != nil && (int32(edition) < response.GetMinimumEdition() || int32(edition) > response.GetMaximumEdition()):
			fault(input, "supports %v to %v, and the file is in %v", descriptorpb.Edition(response.GetMinimumEdition()),
				descriptorpb.Edition(response.GetMaximumEdition()), edition)
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// usesEdition looks for the field edition without parsing the rest.
func usesEdition(descriptor []byte) bool {
	const editionField protowire.Number = 14
	for len(descriptor) > 0 {
		number, kind, n := protowire.ConsumeTag(descriptor)
		if n < 0 {
			return false
		}
		if number == editionField {
			return true
		}
		size := protowire.ConsumeFieldValue(number, kind, descriptor[n:])
		if size < 0 {
			return false
		}
		descriptor = descriptor[n+size:]
	}
	return false
}

func usesOptional(messages []*descriptorpb.DescriptorProto) bool {
	for _, m := range messages {
		for _, f := range m.GetField() {
			if f.GetProto3Optional() {
				return true
			}
		}
		if usesOptional(m.GetNestedType()) {
			return true
		}
	}
	return false
}

// bounded keeps what is written to it up to a limit, and then calls full. It does
// not embed the buffer, whose ReadFrom would be used in place of Write.
type bounded struct {
	kept  bytes.Buffer
	limit int
	full  func()
	over  bool
}

// Write never fails for want of room: the writer would only be killed by it.
func (b *bounded) Write(p []byte) (int, error) {
	if room := b.limit - b.kept.Len(); len(p) > room {
		b.kept.Write(p[:room])
		b.over = true
		if b.full != nil {
			b.full()
			return 0, errors.New("too much output")
		}
		return len(p), nil
	}
	return b.kept.Write(p)
}

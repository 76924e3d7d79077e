package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/check"
	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/module"
	"github.com/productinfo/productinfo/internal/schema"
)

func (a *app) checkCommand() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "check [MODULE…]",
		Short: "Tell what is wrong with the protos",
		Long: `Check compiles the protos, lints them with buf, finds names that two modules
declare, and, with --against, what would break the users of an earlier state.

The rules are those of productinfo.yaml's section check, or of the repo's own
buf.yaml, which wins. One that does not fit in one place is switched off there, by
a comment: "// buf:lint:ignore SERVICE_SUFFIX". Packages that are unstable (such
as v1alpha1, or listed in unstable) may break.

With git:<ref>, the folders are those of the configuration at that commit, and
protos that did not compile then are a finding. With modules named, findings are
those in their files, and what they have lost. Faults of compilation, and names
that clash, are to be mended before anything else is looked for.

Nothing of the workspace but .productinfo/ is written, and that need not be
possible: buf must be what productinfo.lock says where that has it, and is not
recorded where it has not.

All findings are printed to standard output; with any error among them the exit
status is 1.`,
		Example: `  productinfo check                        lint and clashes
  productinfo check ecommerce              of one module
  productinfo check --against git:main     and what breaks users of main
  productinfo check --against image.binpb  or of an image, as buf build writes it
  productinfo check --format github        as annotations of a pull request`,
		ValidArgsFunction: a.completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.check(cmd.Context(), args, against)
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "compare with `REF`: git:<ref>, or an image file")
	complete(cmd, "against", completeRef)
	return cmd
}

func (a *app) check(ctx context.Context, names []string, against string) error {
	if err := checkRef(against); err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.findings(ctx, names, against)
	s.progress.Close()
	s.save()
	if err != nil && (a.status(ctx, err) != exitFindings || !errors.As(err, &list)) {
		return err
	}
	if err := a.print(a.stdout, list); err != nil {
		return err
	}
	if list.Failed() {
		return printed{list}
	}
	if a.format == string(diag.Text) && !a.quiet {
		outcome := "nothing to report"
		if len(list) > 0 {
			outcome = "no errors"
		}
		_, err := fmt.Fprintf(a.stdout, "%s checked, %s\n", count(len(s.sources.Own()), "file"), outcome)
		return err
	}
	return nil
}

// findings compiles and checks the chosen modules. Faults that stop the
// compilation are the error, those of what compiles the list.
func (s *session) findings(ctx context.Context, names []string, against string) (diag.List, error) {
	modules, err := s.modules()
	if err != nil {
		return nil, err
	}
	chosen, err := only(modules, names)
	if err != nil {
		return nil, err
	}
	image, err := s.compile(ctx, modules)
	if err != nil {
		return nil, err
	}
	// First, since buf refuses an image in which names clash.
	if clashes, err := clashes(ctx, image, modules, chosen); len(clashes) > 0 || err != nil {
		return clashes, err
	}
	spec, err := s.spec("buf")
	if err != nil {
		return nil, err
	}
	s.progress.Stage("tools", 0)
	tools := s.toolchain()
	tools.ReadOnly = true
	tool, err := tools.Resolve(ctx, spec)
	if err != nil {
		return nil, err
	}
	runner := &check.Runner{Buf: tool.Program, Dir: s.ws.Dir, Env: s.app.env, Locate: func(path string) string {
		if f := image.File(path); f != nil && f.Own {
			return f.Name
		}
		return ""
	}}
	config := check.Config{
		Lint: s.ws.Check.Lint, Except: s.ws.Check.Except, Breaking: s.ws.Check.Breaking,
		BufYAML: s.ws.BufYAML, IgnoreUnstable: true,
	}
	for _, pattern := range s.ws.Unstable {
		config.Unstable = append(config.Unstable, pattern.Glob)
	}
	set, err := bufImage(ctx, image, chosen)
	if err != nil {
		return nil, err
	}
	s.progress.Stage("lint", 0)
	list, err := runner.Lint(ctx, set, config)
	if err != nil {
		return nil, err
	}
	if against != "" {
		s.progress.Stage("compare with "+against, 0)
		of := chosen
		if len(names) == 0 {
			of = nil // and those that are gone
		}
		baseline, found, err := s.baseline(ctx, against, of)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
		if len(baseline.image) > 0 {
			runner.LocateBaseline = func(path string) string { return baseline.names[path] }
			breaks, err := runner.Breaking(ctx, set, baseline.image, config)
			if err != nil {
				return nil, err
			}
			list = append(list, breaks...)
		}
	}
	list.Sort()
	return list, nil
}

// bufImage serializes the files of modules and all that they import as an image
// for buf.
func bufImage(ctx context.Context, image *schema.Image, modules []module.Module) ([]byte, error) {
	const (
		fileField       protowire.Number = 1
		sourceInfoField protowire.Number = 9
	)
	own := make(map[string]bool)
	var paths []string
	for _, m := range modules {
		for _, file := range m.Files {
			own[file] = true
			paths = append(paths, file)
		}
	}
	var set []byte
	for _, f := range image.Closure(paths) {
		descriptor, info, err := image.Bytes(ctx, f)
		if err != nil {
			return nil, err
		}
		file := slices.Clip(descriptor)
		file = protowire.AppendTag(file, sourceInfoField, protowire.BytesType)
		file = protowire.AppendBytes(file, info)
		set = protowire.AppendTag(set, fileField, protowire.BytesType)
		set = protowire.AppendBytes(set, file)
	}
	return check.Mark(set, func(path string) bool { return !own[path] })
}

// clashes finds names that two modules declare, in the files of the chosen ones.
func clashes(ctx context.Context, image *schema.Image, modules, chosen []module.Module) (diag.List, error) {
	if len(modules) < 2 {
		return nil, nil
	}
	declared := make([]check.ModuleFiles, len(modules))
	for i, m := range modules {
		declared[i].Name = m.Name
		declared[i].Locate = func(path string) string { return image.File(path).Name }
		for _, file := range m.Files {
			descriptor, info, err := image.Bytes(ctx, image.File(file))
			if err != nil {
				return nil, err
			}
			fd := &descriptorpb.FileDescriptorProto{SourceCodeInfo: new(descriptorpb.SourceCodeInfo)}
			if err := errors.Join(proto.Unmarshal(info, fd.SourceCodeInfo), (proto.UnmarshalOptions{Merge: true}).Unmarshal(descriptor, fd)); err != nil {
				return nil, err
			}
			declared[i].Files = append(declared[i].Files, fd)
		}
	}
	concerned := make(map[string]bool)
	for _, m := range chosen {
		for _, file := range m.Files {
			concerned[image.File(file).Name] = true
		}
	}
	// Each module that takes part in a clash has a finding of its own.
	return slices.DeleteFunc(check.Clashes(declared), func(d diag.Diagnostic) bool { return !concerned[d.File] }), nil
}

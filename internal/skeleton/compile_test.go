package skeleton

// internal/schema, which wraps the compiler, is a sibling of this package, and
// siblings do not import each other.
import (
	"testing"

	"github.com/bufbuild/protocompile/experimental/fdp"                 //nolint:depguard // see above
	"github.com/bufbuild/protocompile/experimental/incremental"         //nolint:depguard // see above
	"github.com/bufbuild/protocompile/experimental/incremental/queries" //nolint:depguard // see above
	"github.com/bufbuild/protocompile/experimental/ir"                  //nolint:depguard // see above
	"github.com/bufbuild/protocompile/experimental/report"              //nolint:depguard // see above
	"github.com/bufbuild/protocompile/experimental/source"              //nolint:depguard // see above
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

// compile returns a request for all of the files, made as the tool makes it: by
// the compiler inside the program.
func compile(t testing.TB, parameter string, files map[string]string) *pluginpb.CodeGeneratorRequest {
	t.Helper()
	sources := source.NewMap(nil)
	req := &pluginpb.CodeGeneratorRequest{Parameter: proto.String(parameter)}
	for _, p := range sorted(files) {
		sources.Add(p, files[p])
		req.FileToGenerate = append(req.FileToGenerate, p)
	}
	options := new(fdp.Options).Apply(fdp.IncludeSourceCodeInfo(true), fdp.GenerateExtraOptionLocations(true))
	results, rep, err := incremental.Run(t.Context(), incremental.New(), queries.FDS{
		Opener:    &source.Openers{sources, source.WKTs()},
		Session:   new(ir.Session),
		Workspace: source.NewWorkspace(req.FileToGenerate...),
		Options:   *options,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rep.Diagnostics {
		if d.Level() <= report.Error {
			text, _, _ := report.Renderer{}.RenderString(rep)
			t.Fatal(text)
		}
	}
	if results[0].Fatal != nil {
		t.Fatal(results[0].Fatal)
	}
	req.ProtoFile = results[0].Value.GetFile()
	// The compiler leaves options as bytes that nobody has looked at; a round trip
	// makes fields of those that are known.
	encoded, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	parsed := &pluginpb.CodeGeneratorRequest{}
	if err := proto.Unmarshal(encoded, parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

package generate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/productinfo/productinfo/internal/diag"
	"github.com/productinfo/productinfo/internal/digest"
)

// program returns the test plugin in a mode.
func program(t *testing.T, mode string) *Program {
	t.Helper()
	return &Program{
		Generator: "test", Path: plugin(t), Timeout: time.Minute, Env: os.Environ(),
		Inputs: []InputFile{{Path: "mode", Content: []byte(mode)}},
	}
}

func TestProgramRequest(t *testing.T) {
	t.Parallel()
	req := compile(t, map[string]string{
		"a/v1/a.proto": proto3 + "package a.v1;\nimport \"b.proto\";\nimport \"google/protobuf/any.proto\";\nmessage A { B b = 1; google.protobuf.Any any = 2; }\n",
		"b.proto":      proto3 + "option go_package = \"example.com/b\";\nmessage B {}\n",
	})
	p := program(t, "good")
	p.Options = []string{"paths=source_relative", "x"}
	files, err := p.Generate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := `parameter "paths=source_relative,x"
generate ["b.proto" "a/v1/a.proto"]
file b.proto: go_package "example.com/b", 6 locations
file google/protobuf/any.proto: go_package "google.golang.org/protobuf/types/known/anypb", 0 locations
file a/v1/a.proto: go_package "example.com/gen/a/v1;av1", 16 locations
source b.proto: go_package "example.com/b", 6 locations
source a/v1/a.proto: go_package "example.com/gen/a/v1;av1", 16 locations
`
	if len(files) != 1 || files[0].Name != "request.txt" || !sameButNumbers(string(files[0].Content), want) {
		t.Errorf("the plugin was sent\n%s\nwant\n%s", files[0].Content, want)
	}
}

// TestProgramSurroundings holds that a program sees no more of the machine than it
// must.
func TestProgramSurroundings(t *testing.T) {
	t.Parallel()
	p := program(t, "surroundings")
	p.Env = []string{"PATH=/bin", "HOME=/home", "TMPDIR=" + os.TempDir(), "SECRET=1", "LC_ALL=de_DE", "TZ=CET"}
	p.Inputs = append(p.Inputs, InputFile{Path: "a/b/c.txt", Content: []byte("c\n")})
	want := "variable HOME\nvariable LC_ALL\nvariable PATH\nvariable TMPDIR\nvariable TZ\n" +
		"file a/b/c.txt \"c\\n\"\nfile mode \"surroundings\"\n"
	for range 2 {
		files, err := p.Generate(t.Context(), &Request{})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(files[0].Content), "\n")
		slices.SortFunc(lines, func(a, b string) int {
			// Variables first, as they are written.
			return cmp.Or(-cmp.Compare(a[:min(1, len(a))], b[:min(1, len(b))]), cmp.Compare(a, b))
		})
		if got := strings.Join(lines, ""); got != want && runtime.GOOS != "windows" {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := []string{"Path=p", "PATH=q", "SystemRoot=r", "HOME=h", "TZ=CET", "X=1", "odd"}
	for system, want := range map[string]string{
		"linux":   "PATH=q HOME=h LC_ALL=C TZ=UTC",
		"windows": "Path=p PATH=q SystemRoot=r HOME=h LC_ALL=C TZ=UTC",
	} {
		if got := strings.Join(environment(env, system), " "); got != want {
			t.Errorf("%s: %s, want %s", system, got, want)
		}
	}
}

// TestProgramForks leaves a process behind that may still have something to write.
func TestProgramForks(t *testing.T) {
	t.Parallel()
	_, err := program(t, "forks").Generate(t.Context(), &Request{})
	if err == nil || !strings.Contains(err.Error(), "ended, but a process that it started still holds its output") {
		t.Errorf("error is %v", err)
	}
}

// TestProgramRequestBreaks has a request that ends with an error, which the program
// takes for its end.
func TestProgramRequestBreaks(t *testing.T) {
	t.Parallel()
	cause := errors.New("the disk is gone")
	if out, err := program(t, "x").run(t.Context(), iotest.ErrReader(cause)); !errors.Is(err, cause) {
		t.Errorf("the output is %q, the error %v", out, err)
	}
}

// sameButNumbers compares texts in which numbers above 0 are all the same.
func sameButNumbers(got, want string) bool {
	mask := func(s string) string {
		fields := strings.Fields(s)
		for i, field := range fields {
			if i+1 < len(fields) && fields[i+1] == "locations" && field != "0" {
				fields[i] = "N"
			}
		}
		return strings.Join(fields, " ")
	}
	return mask(got) == mask(want)
}

func TestProgramFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		mode string
		want []string // parts of the error
	}{
		{"crashes", []string{`generator "test": `, "exit status 7", "its stderr:\nout of cheese"}},
		{"garbage", []string{`generator "test": `, "wrote no CodeGeneratorResponse to stdout", `21 bytes that begin "generating all files\n"`}},
		{"garbage before", []string{"wrote no CodeGeneratorResponse to stdout"}},
		{"talks", []string{"exit status 1; its stderr:\nword word"}},
		{"a b a", []string{`generator "test" wrote "a" twice`}},
		{"/tmp/x", []string{`generator "test" wants to write "/tmp/x": the path is absolute`}},
		{"../x", []string{`generator "test" wants to write "../x": the path climbs out`}},
		{"a/x a/X", []string{`generator "test" wrote "a/x" and "a/X", which are one file where case does not count`}},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			t.Parallel()
			p := program(t, test.mode)
			files, err := p.Generate(t.Context(), compile(t, map[string]string{"a.proto": proto3}))
			if err == nil {
				err = CheckFiles(p.Generator, files)
			}
			if err == nil {
				t.Fatal("there is no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is\n%.400s\nwant %q in it", err, want)
				}
			}
			if len(err.Error()) > maxStderr+1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			var list diag.List
			if errors.As(err, &list) {
				t.Error("the plugin's fault is called the protos'")
			}
		})
	}
}

func TestProgramIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"text": "no program"})
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "text"), dir} {
		p := program(t, "good")
		p.Path = path
		if _, err := p.Generate(t.Context(), &Request{}); err == nil || !strings.Contains(err.Error(), `generator "test": `) || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestProgramHangs(t *testing.T) {
	t.Parallel()
	p := program(t, "hangs")
	p.Timeout = 2 * time.Second
	_, err := p.Generate(t.Context(), &Request{})
	if err == nil || !strings.Contains(err.Error(), "did not end within 2s, set timeout for it to have longer; its stderr:\nwaiting for somebody") {
		t.Errorf("error is %v", err)
	}
}

// TestProgramIsInterrupted ends the context: that is no fault of the plugin's.
func TestProgramIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	p := program(t, "hangs")
	started := make(chan struct{})
	go func() {
		<-started
		cancel(cause)
	}()
	// The request is read only once the program runs.
	_, err := p.run(ctx, &notice{r: bytes.NewReader(make([]byte, 1<<20)), started: started})
	if !errors.Is(err, cause) {
		t.Errorf("error is %v", err)
	}
}

// notice is a reader that closes a channel when it is first read.
type notice struct {
	r       *bytes.Reader
	started chan struct{}
	read    bool
}

func (n *notice) Read(p []byte) (int, error) {
	if !n.read {
		n.read = true
		close(n.started)
	}
	return n.r.Read(p)
}

func TestProgramIsEndless(t *testing.T) {
	t.Parallel()
	p := program(t, "endless")
	p.limit = 1 << 20
	_, err := p.Generate(t.Context(), &Request{})
	if err == nil || !strings.Contains(err.Error(), "wrote more than 1048576 bytes to stdout") {
		t.Errorf("error is %v", err)
	}
}

func TestProgramIsFine(t *testing.T) {
	t.Parallel()
	// A request that no pipe holds.
	large := compile(t, map[string]string{"a.proto": proto3 + "// " + strings.Repeat("comment ", 1<<16) + "\nmessage A {}\n"})
	for mode, want := range map[string]string{"ignores stdin": "ignored.txt", "nothing": "", "old": "a.txt", "a/b c": "a/b c"} {
		files, err := program(t, mode).Generate(t.Context(), large)
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: files are %q, %v, want %q", mode, got, err, want)
		}
	}
}

// TestProgramReports holds that what a plugin says of the protos is a finding.
func TestProgramReports(t *testing.T) {
	t.Parallel()
	optional := map[string]string{
		"a.proto": proto3 + "message A { message B { optional int32 x = 1; } }\n",
		"b.proto": proto3 + "message C { int32 x = 1; }\n",
	}
	editions := map[string]string{
		"e2023.proto": "edition = \"2023\";\nmessage E3 { int32 x = 1; }\n", "e2024.proto": "edition = \"2024\";\nmessage E4 { int32 x = 1; }\n",
		"p2.proto": "syntax = \"proto2\";\nmessage P { optional int32 x = 1; }\n", "p3.proto": proto3 + "message P3 { optional int32 x = 1; }\n",
	}
	tests := []struct {
		mode  string
		files map[string]string
		want  []string
	}{
		{"error", nil, []string{`a.proto: generator "test": the message has no field`}},
		{"empty error", nil, []string{`a.proto: generator "test": `}},
		{"old", optional, []string{`a.proto: generator "test" does not support proto3's optional fields`}},
		{"editions only", optional, []string{`a.proto: generator "test" does not support proto3's optional fields`}},
		{"x", optional, nil},
		{"x", editions, []string{`e2024.proto: generator "test" supports EDITION_PROTO2 to EDITION_2023, and the file is in EDITION_2024`}},
		{"old", editions, []string{
			`e2023.proto: generator "test" does not support editions, and the file is in EDITION_2023`,
			`e2024.proto: generator "test" does not support editions`, `p3.proto: generator "test" does not support proto3's optional`,
		}},
		{"nothing", editions, []string{`e2023.proto: `, `e2024.proto: `, `p3.proto: `}},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			t.Parallel()
			if test.files == nil {
				test.files = map[string]string{"a.proto": proto3}
			}
			_, err := program(t, test.mode).Generate(t.Context(), compile(t, test.files))
			var list diag.List
			if len(test.want) == 0 && err == nil {
				return
			}
			if !errors.As(err, &list) || len(list) != len(test.want) {
				t.Fatalf("error is %v, want %d findings", err, len(test.want))
			}
			for i, want := range test.want {
				if !strings.HasPrefix(list[i].String(), want) || list[i].Rule != "generate" {
					t.Errorf("finding %d is %s, want %s", i, list[i], want)
				}
			}
		})
	}
}

func TestProgramIdentity(t *testing.T) {
	t.Parallel()
	base := Program{Generator: "a", Path: "/x", Digest: digest.Of([]byte("x")), Options: []string{"a", "b"}, Timeout: 1, Env: []string{"A=b"}}
	base.Inputs = []InputFile{{"a", []byte("b")}, {"c", nil}}
	same := base
	same.Path, same.Timeout, same.Env, same.Calls = "/y", 2, nil, Traits{ServicesOnly: true}
	if base.Identity() != same.Identity() {
		t.Error("what does not change the output changes the identity")
	}
	for name, change := range map[string]func(p *Program){
		"name":             func(p *Program) { p.Generator = "b" },
		"program":          func(p *Program) { p.Digest = digest.Of(nil) },
		"options":          func(p *Program) { p.Options = []string{"a,b"} },
		"order of options": func(p *Program) { p.Options = []string{"b", "a"} },
		"strategy":         func(p *Program) { p.Calls.Batch = true },
		"inserts":          func(p *Program) { p.Calls.Inserts = []string{"go"} },
		"no inputs":        func(p *Program) { p.Inputs = nil },
		"an input's path":  func(p *Program) { p.Inputs = []InputFile{{"b", []byte("b")}, {"c", nil}} },
		"an input":         func(p *Program) { p.Inputs = []InputFile{{"a", []byte("c")}, {"c", nil}} },
		"no options":       func(p *Program) { p.Options = nil },
	} {
		other := base
		change(&other)
		if base.Identity() == other.Identity() {
			t.Errorf("%s: the identity is the same", name)
		}
	}
	if got := base.Traits(); !got.External || base.Name() != "a" {
		t.Errorf("traits are %+v, the name %q", got, base.Name())
	}
}

package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/productinfo/productinfo/internal/digest"
)

// hostilePlugin is a protoc plugin that does what its parameter says, most of
// which no plugin should.
//
//	write:NAME[:NAME…]    writes files of these names
//	error:TEXT            answers with an error
//	exit:STATUS           ends with a status, after a word on stderr
//	panic                 panics
//	garbage               prints what is no response
//	chatter               prints something before its response
//	escape                ends with status 1, and colours on stderr
//	hang                  says so on stderr and never ends
//	knock:FILE            opens a file for writing
//	wait:FILE             reads a file to its end
//	orphan                leaves a child behind that holds its stdout
//	nothing               prints nothing at all
//
// Behaviours that are joined by "+" follow each other.
func hostilePlugin() {
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var req pluginpb.CodeGeneratorRequest
	if err := proto.Unmarshal(request, &req); err != nil {
		panic(err)
	}
	response := &pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)),
	}
	for behaviour := range strings.SplitSeq(req.GetParameter(), "+") {
		name, argument, _ := strings.Cut(behaviour, ":")
		if !misbehave(name, argument, response) {
			return
		}
	}
	answer, err := proto.Marshal(response)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(answer)
}

// misbehave does one of the plugin's behaviours, and returns false if the plugin
// is to end without a response.
func misbehave(name, argument string, response *pluginpb.CodeGeneratorResponse) bool {
	switch name {
	case "write":
		for i, name := range strings.Split(argument, ":") {
			response.File = append(response.File, &pluginpb.CodeGeneratorResponse_File{
				Name: proto.String(name), Content: proto.String(fmt.Sprintf("// file %d\n\npackage hostile\n", i)),
			})
		}
	case "error":
		response.Error = proto.String(argument)
	case "exit":
		fmt.Fprintln(os.Stderr, "the disk has a headache")
		status := 0
		fmt.Sscan(argument, &status)
		os.Exit(status)
	case "panic":
		panic("out of ideas")
	case "garbage":
		fmt.Println("Hello, I am no protocol buffer.")
		return false
	case "chatter":
		fmt.Println("debug: here I am")
	case "escape":
		fmt.Fprintln(os.Stderr, "\x1b[31mred\x1b[0m")
		os.Exit(1)
	case "hang":
		fmt.Fprintln(os.Stderr, "waiting for Godot")
		forever()
	case "knock":
		if _, err := os.OpenFile(argument, os.O_WRONLY, 0); err != nil {
			panic(err)
		}
	case "wait":
		if _, err := os.ReadFile(argument); err != nil {
			panic(err)
		}
	case "orphan":
		program, err := os.Executable()
		if err != nil {
			panic(err)
		}
		child := &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}}
		if _, err := os.StartProcess(program, []string{"hostile-orphan"}, child); err != nil {
			panic(err)
		}
	case "nothing":
		return false
	default:
		panic("unknown behaviour " + name)
	}
	return true
}

// forever does not return: nobody writes to the pipe.
func forever() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	_, _ = r.Read(make([]byte, 1))
	_ = w.Close()
}

// hostilePrograms are the programs that the test binary can be for the scripts.
func hostilePrograms(programs map[string]func()) map[string]func() {
	programs["protoc-gen-hostile"] = hostilePlugin
	// Longer than anybody waits for it, and not so long as to stay in the way.
	programs["hostile-orphan"] = func() { time.Sleep(20 * time.Second) }
	return programs
}

// hostileCommands are commands for the scripts about bad input:
//
//	plugin FILE     make FILE the program protoc-gen-hostile
//	remember PATH   keep in mind a file, or a folder with all that is in it
//	same PATH       it is still the same, byte for byte, and nothing was added
//	nest N FILE     make FILE a proto with messages nested N deep, a line each
//	latin1 FILE     replace each "?" in FILE by a byte that is not UTF-8
func hostileCommands(commands map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	commands["plugin"] = scriptPlugin
	commands["remember"] = scriptRemember
	commands["same"] = scriptSame
	commands["nest"] = scriptNest
	commands["latin1"] = scriptLatin1
	return commands
}

func scriptPlugin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || filepath.Base(args[0]) != "protoc-gen-hostile" {
		ts.Fatalf("usage: plugin [FOLDER/]protoc-gen-hostile")
	}
	program, err := os.Executable()
	ts.Check(err)
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.Symlink(program, file))
}

func scriptRemember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remember PATH")
	}
	content, err := readTree(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Setenv("REMEMBERED_"+args[0], content.String())
}

func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: same PATH")
	}
	want := ts.Getenv("REMEMBERED_" + args[0])
	if want == "" {
		ts.Fatalf("nothing is remembered of %s", args[0])
	}
	got, err := readTree(ts.MkAbs(args[0]))
	ts.Check(err)
	if got.String() != want {
		ts.Fatalf("%s has changed from\n%s\nto\n%s", args[0], want, got)
	}
}

func scriptNest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: nest N FILE")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	content := "syntax = \"proto3\"; package shop.v1;\n" + strings.Repeat("message M {\n", n) + strings.Repeat("}", n) + "\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(content), 0o644))
}

func scriptLatin1(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: latin1 FILE")
	}
	content := strings.ReplaceAll(ts.ReadFile(args[0]), "?", "\xe9")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(content), 0o644))
}

// tree is what a folder holds, by slash-separated path: the contents of files and
// the targets of links.
type tree map[string][]byte

// readTree reads a file or a folder; one that does not exist is empty.
func readTree(dir string) (tree, error) {
	files := make(tree)
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if file == dir && os.IsNotExist(err) {
				return nil
			}
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		var content []byte
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(file)
			files[filepath.ToSlash(name)] = []byte("link to " + target)
			return err
		}
		content, err = os.ReadFile(file)
		files[filepath.ToSlash(name)] = content
		return err
	})
	return files, err
}

// String lists the files with their lengths and digests.
func (t tree) String() string {
	var b strings.Builder
	for _, name := range t.names() {
		fmt.Fprintf(&b, "%s: %d bytes, %.8s\n", name, len(t[name]), digest.Of(t[name]))
	}
	return b.String()
}

func (t tree) names() []string {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// differences lists the paths at which two trees differ.
func (t tree) differences(other tree) []string {
	var differ []string
	for _, name := range t.names() {
		if content, ok := other[name]; !ok || !bytes.Equal(content, t[name]) {
			differ = append(differ, name)
		}
	}
	for _, name := range other.names() {
		if _, ok := t[name]; !ok {
			differ = append(differ, name)
		}
	}
	return differ
}

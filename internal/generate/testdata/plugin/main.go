// Plugin is a protoc plugin that behaves, or misbehaves, as the file
// "mode" or else the variable PLUGIN_MODE says.
package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	mode := os.Getenv("PLUGIN_MODE")
	if content, err := os.ReadFile("mode"); err == nil {
		mode = string(content)
	}
	if mode == "ignores stdin" {
		write(&pluginpb.CodeGeneratorResponse{File: files("ignored.txt")})
		return
	}
	if mode == "sleeps" {
		time.Sleep(20 * time.Second)
		return
	}
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	req := new(pluginpb.CodeGeneratorRequest)
	if err := proto.Unmarshal(in, req); err != nil {
		panic(err)
	}
	resp := &pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL |
			pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)),
		MinimumEdition: proto.Int32(int32(descriptorpb.Edition_EDITION_PROTO2)),
		MaximumEdition: proto.Int32(int32(descriptorpb.Edition_EDITION_2023)),
	}
	switch mode {
	case "good":
		resp.File = files("request.txt")
		resp.File[0].Content = proto.String(describe(req))
	case "surroundings":
		resp.File = files("surroundings.txt")
		resp.File[0].Content = proto.String(surroundings())
	case "forks":
		// A copy of this process that waits until it is killed holds stdout open.
		child := exec.Command(os.Args[0])
		child.Env, child.Dir = []string{"PLUGIN_MODE=sleeps"}, os.TempDir()
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		resp.File = files("a.txt")
	case "go packages":
		for _, fd := range req.GetProtoFile() {
			resp.File = append(resp.File, files(fd.GetName()+".txt")...)
			resp.File[len(resp.File)-1].Content = proto.String(fd.GetOptions().GetGoPackage())
		}
	case "crashes":
		fmt.Fprintln(os.Stderr, "out of cheese")
		os.Exit(7)
	case "garbage":
		fmt.Println("generating all files")
	case "garbage before":
		fmt.Println("generating all files")
		resp.File = files("a.txt")
		write(resp)
		return
	case "nothing":
		return
	case "hangs":
		fmt.Fprintln(os.Stderr, "waiting for somebody")
		for {
			time.Sleep(time.Hour)
		}
	case "endless":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<16)); err != nil {
				os.Exit(1)
			}
		}
	case "talks":
		for range 1 << 12 {
			fmt.Fprintln(os.Stderr, strings.Repeat("word ", 20))
		}
		os.Exit(1)
	case "error":
		resp.Error = proto.String("  the message has no field\n")
	case "empty error":
		resp.Error = proto.String("")
		resp.File = files("a.txt")
	case "old":
		resp = &pluginpb.CodeGeneratorResponse{File: files("a.txt")}
	case "editions only":
		resp.SupportedFeatures = proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS))
	default:
		resp.File = files(strings.Split(mode, " ")...)
	}
	if mode != "garbage" {
		write(resp)
	}
}

func files(names ...string) []*pluginpb.CodeGeneratorResponse_File {
	var list []*pluginpb.CodeGeneratorResponse_File
	for _, name := range names {
		list = append(list, &pluginpb.CodeGeneratorResponse_File{Name: proto.String(name), Content: proto.String("x\n")})
	}
	return list
}

// describe says what a request holds.
func describe(req *pluginpb.CodeGeneratorRequest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "parameter %q\ngenerate %q\n", req.GetParameter(), req.GetFileToGenerate())
	describeFiles(&b, "file", req.GetProtoFile())
	describeFiles(&b, "source", req.GetSourceFileDescriptors())
	return b.String()
}

// surroundings lists the environment, the files and what is in them.
func surroundings() string {
	var b strings.Builder
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "variable %s\n", name)
	}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "file %s %q\n", filepath.ToSlash(path), content)
		return err
	})
	if err != nil {
		panic(err)
	}
	return b.String()
}

func describeFiles(b *strings.Builder, kind string, files []*descriptorpb.FileDescriptorProto) {
	for _, fd := range files {
		fmt.Fprintf(b, "%s %s: go_package %q, %d locations\n", kind, fd.GetName(), fd.GetOptions().GetGoPackage(), len(fd.GetSourceCodeInfo().GetLocation()))
	}
}

func write(resp *pluginpb.CodeGeneratorResponse) {
	out, err := proto.Marshal(resp)
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.Write(out); err != nil {
		panic(err)
	}
}

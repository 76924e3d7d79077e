package templates

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// InitData is what the files of a new API repo depend on.
type InitData struct {
	// Name is the workspace's name, which the caller has checked to be one that a
	// workspace can have; here it may be any line of text. A proto package name is
	// made of it: see [PackageName].
	Name string
	// GoModule is the Go path below which the repo's Go modules will be: the value
	// of targets.go.module, such as "github.com/acme/apis/dist/go".
	GoModule string
	// ToolVersion is the version of productinfo that the repo pins, such as
	// "v1.2.3". Anything that is no release, such as "(devel)" or nothing, pins
	// "latest".
	ToolVersion string
}

// File is one rendered file.
type File struct {
	// Path is slash-separated and relative to the repo's folder.
	Path string
	// Content is the whole file. The caller owns it.
	Content []byte
}

// initFiles lists what a new repo consists of, in the order in which people
// should read it. Paths are templates too.
func initFiles() []struct{ path, text string } {
	return []struct{ path, text string }{
		{"README.md", "README.md"},
		{"productinfo.yaml", "productinfo.yaml"},
		{"proto/<% .Package %>/greeting/v1/greeting.proto", "greeting.proto"},
		{"Makefile", "Makefile"},
		{".github/workflows/api.yml", "workflow.yml"},
		{".gitignore", "gitignore"},
		{".gitattributes", "gitattributes"},
		{".editorconfig", "editorconfig"},
	}
}

// Init returns the files of a new API repo: a configuration, a small API to start
// from, and what builds and checks both on a laptop and in CI. It is an error when
// the name is empty or longer than a line, or the module path is not one that Go
// accepts.
func Init(data InitData) ([]File, error) {
	if strings.TrimSpace(data.Name) == "" {
		return nil, errors.New("a workspace needs a name")
	}
	if strings.ContainsAny(data.Name, "\r\n") {
		return nil, fmt.Errorf("workspace name %q: want one line", data.Name)
	}
	if err := module.CheckPath(data.GoModule); err != nil {
		return nil, fmt.Errorf("%w; want a path such as %q", err, "github.com/acme/apis/dist/go")
	}
	values := initValues{
		Name:     data.Name,
		Package:  PackageName(data.Name),
		GoModule: data.GoModule,
		Version:  pinned(data.ToolVersion),
	}
	var files []File
	for _, f := range initFiles() {
		path, err := render(f.path, f.path, values)
		if err != nil {
			return nil, err
		}
		text, err := texts.ReadFile("init/" + f.text + ".tmpl")
		if err != nil {
			return nil, err
		}
		content, err := render(f.text, string(text), values)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: string(path), Content: content})
	}
	return files, nil
}

// initValues is what the templates of a new repo see.
type initValues struct {
	Name, Package, GoModule, Version string
}

// render executes one template. A value that the template names and the data does
// not have is an error.
func render(name, text string, values any) ([]byte, error) {
	t, err := template.New(name).Delims("<%", "%>").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, values); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// PackageName makes the first element of a proto package name from a workspace's
// name: lower-case ASCII letters and digits, single underscores between them, a
// letter first. What is left of a name without any such letter is "apis".
func PackageName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	ident := strings.TrimSuffix(b.String(), "_")
	switch {
	case ident == "":
		return "apis"
	case ident[0] >= '0' && ident[0] <= '9':
		return "apis_" + ident
	default:
		return ident
	}
}

// pinned returns the version to install: the given one where it is a release that
// can be downloaded, else "latest".
func pinned(version string) string {
	if !semver.IsValid(version) || semver.Canonical(version) != version || semver.Build(version) != "" {
		return "latest"
	}
	return version
}

package main

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImports(t *testing.T) {
	t.Parallel()
	source := "syntax = \"proto3\";\n// import \"no.proto\";\nimport \"a/b.proto\";\nimport public \"c.proto\" ;\n\timport weak \"d.proto\";\n" +
		"import option \"e.proto\";\noption x = \"import \\\"no.proto\\\";\";\n"
	if got, want := imports([]byte(source)), []string{"a/b.proto", "c.proto", "d.proto", "e.proto"}; !slices.Equal(got, want) {
		t.Errorf("imports = %q, want %q", got, want)
	}
}

func TestSubset(t *testing.T) {
	t.Parallel()
	c := newTestCorpus(t, map[string]string{
		"a/one.proto":   "import \"b/two.proto\";\n",
		"b/two.proto":   "import \"google/protobuf/any.proto\";\nimport \"c/three.proto\";\n",
		"b/other.proto": "",
		"c/three.proto": "",
	})
	sub, err := c.subset([]string{"a/"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/one.proto", "b/two.proto", "c/three.proto"}; !slices.Equal(sub.files, want) {
		t.Errorf("subset has %q, want %q", sub.files, want)
	}
	if !strings.HasPrefix(sub.describe(), "a part of the npm package") {
		t.Errorf("describe = %q", sub.describe())
	}
	importers, err := c.importersOf("c/three.proto")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b/two.proto"}; !slices.Equal(importers, want) {
		t.Errorf("importersOf = %q, want %q", importers, want)
	}
}

func TestUnpackProtos(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		entries []string
		want    []string
		wantErr string
	}{
		{
			"protos alone", []string{"package/z.proto", "package/a/b.proto", "package/README.md", "other/c.proto"},
			[]string{"a/b.proto", "z.proto"}, "",
		},
		{"what is built in", []string{"package/google/protobuf/any.proto", "package/google/api/http.proto"}, []string{"google/api/http.proto"}, ""},
		{"an entry that climbs out", []string{"package/../../evil.proto"}, nil, `entry "package/../../evil.proto" leads out`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			archive := filepath.Join(dir, "x.tgz")
			writeArchive(t, archive, test.entries)
			got, err := unpackProtos(archive, filepath.Join(dir, "out", "proto"))
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("unpackProtos = %v, want an error with %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("unpackProtos = %q, want %q", got, test.want)
			}
			for _, file := range test.want {
				content, err := os.ReadFile(filepath.Join(dir, "out", "proto", file))
				if err != nil {
					t.Fatal(err)
				}
				if string(content) != "package/"+file {
					t.Errorf("%s holds %q", file, content)
				}
			}
		})
	}
}

func TestCheckIntegrity(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.tgz")
	if err := os.WriteFile(path, []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := checkIntegrity(path); err == nil || !strings.Contains(err.Error(), ", want "+corpusIntegrity) {
		t.Errorf("checkIntegrity = %v, want an error with the integrity that is wanted", err)
	}
}

// writeArchive writes an archive whose entries hold their own names.
func writeArchive(t *testing.T, path string, entries []string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(f)
	archive := tar.NewWriter(zipped)
	for _, name := range entries {
		if err := archive.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(name))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, closer := range []interface{ Close() error }{archive, zipped, f} {
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func newTestCorpus(t *testing.T, files map[string]string) corpus {
	t.Helper()
	c := corpus{dir: t.TempDir()}
	for file, content := range files {
		if err := writeFrom(filepath.Join(c.dir, file), strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, file)
	}
	slices.Sort(c.files)
	return c
}

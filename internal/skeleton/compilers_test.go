package skeleton

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestProtoc runs the built plugin with the real protoc, whose files have to equal
// the goldens, which come from the compiler inside the program.
func TestProtoc(t *testing.T) {
	t.Parallel()
	files := protoFiles(t)
	dir := t.TempDir()
	writeTree(t, dir, files)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	protoc := protoc(t)
	args := slices.Concat(protoc[1:], []string{
		"-I" + dir,
		"--plugin=" + Name + "=" + plugin(t),
		"--productinfo_out=" + out,
		"--productinfo_opt=" + goldenParameter,
	}, sorted(files))
	command(t, dir, nil, nil, protoc[0], args...)
	sameFiles(t, "protoc", readTree(t, out, ".go"), readTree(t, goldenDir, ".go"))
}

// TestBuf does the same with buf generate, which takes one run per folder.
func TestBuf(t *testing.T) {
	t.Parallel()
	out := bufGenerate(t, `version: v2
plugins:
  - local: PLUGIN
    out: out
    opt: `+goldenParameter+`
`)
	sameFiles(t, "buf generate", readTree(t, out, ".go"), readTree(t, goldenDir, ".go"))
}

// TestBufManaged holds that what managed mode changes, which are options for
// single languages, leaves the digests alone.
func TestBufManaged(t *testing.T) {
	t.Parallel()
	out := bufGenerate(t, `version: v2
managed:
  enabled: true
  disable:
    - file_option: go_package # its names would make one Go package of two
      path: collide
  override:
    - file_option: go_package_prefix
      value: example.com/managed
    - file_option: optimize_for
      value: CODE_SIZE
    - field_option: jstype
      value: JS_NUMBER
plugins:
  - local: PLUGIN
    out: out
    opt: paths=source_relative
`)
	digests := func(files map[string]string) map[string]string {
		found := make(map[string]string)
		for name, content := range files {
			for _, match := range regexp.MustCompile(`const (\w+_SchemaDigest)_* = ("\w+")`).FindAllStringSubmatch(content, -1) {
				found[filepath.Base(name)+" "+match[1]] = match[2]
			}
		}
		return found
	}
	got, want := digests(readTree(t, out, ".go")), digests(readTree(t, goldenDir, ".go"))
	if len(want) < 9 {
		t.Fatalf("only %d digests in the goldens", len(want))
	}
	sameFiles(t, "managed mode", got, want)
}

func bufGenerate(t *testing.T, template string) string {
	t.Helper()
	dir := t.TempDir()
	writeTree(t, dir, protoFiles(t))
	writeTree(t, dir, map[string]string{
		"buf.yaml":     "version: v2\n",
		"buf.gen.yaml": regexp.MustCompile("PLUGIN").ReplaceAllLiteralString(template, plugin(t)),
	})
	command(t, dir, []string{"BUF_CACHE_DIR=" + t.TempDir()}, nil, buf(t), "generate")
	return filepath.Join(dir, "out")
}

package check_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/productinfo/productinfo/internal/check"
)

// bad has faults under many rules, and a comment that allows one of them.
const bad = `package shop.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/any.proto";
message cart {
  optional int32 itemCount = 1;
  optional google.protobuf.Any any = 2;
  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE
  optional int32 itemPrice = 3;
}
enum Size { SMALL = 0; }
`

func clean(pkg string) string {
	return "syntax = \"proto3\";\npackage " + pkg + ";\nmessage Clean { string name = 1; }\n"
}

func TestLintWithOwnConfig(t *testing.T) {
	t.Parallel()
	dir := files{"buf.yaml": "version: v2\nmodules: [{path: proto}]\n", "proto/shop/v1/cart.proto": bad}.write(t)
	r := runner(t, dir, "proto")
	img := image(t, dir)

	list, err := r.Lint(t.Context(), img, check.Config{})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), []string{
		"proto/shop/v1/cart.proto 1:1-1:1 SYNTAX_SPECIFIED",
		"proto/shop/v1/cart.proto 2:1-2:38 IMPORT_USED",
		"proto/shop/v1/cart.proto 4:9-4:13 MESSAGE_PASCAL_CASE",
		"proto/shop/v1/cart.proto 5:18-5:27 FIELD_LOWER_SNAKE_CASE",
		"proto/shop/v1/cart.proto 10:13-10:18 ENUM_VALUE_PREFIX",
		"proto/shop/v1/cart.proto 10:13-10:18 ENUM_ZERO_VALUE_SUFFIX",
	})
	if got, want := list[2].Message, `message name "cart" should be PascalCase, such as "Cart"`; got != want {
		t.Errorf("message = %q, want %q", got, want)
	}

	list, err = r.Lint(t.Context(), img, check.Config{Lint: []string{"MINIMAL", "ENUM_VALUE_PREFIX", "SYNTAX_SPECIFIED"}, Except: []string{"SYNTAX_SPECIFIED"}})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), []string{"proto/shop/v1/cart.proto 10:13-10:18 ENUM_VALUE_PREFIX"})
}

func TestLintLeavesImportsAlone(t *testing.T) {
	t.Parallel()
	dir := files{
		"buf.yaml":           "version: v2\n",
		"shop/v1/cart.proto": bad,
		"user/v1/user.proto": "syntax = \"proto3\";\npackage user.v1;\nimport \"shop/v1/cart.proto\";\nmessage User { shop.v1.cart cart = 1; }\n",
	}.write(t)
	img, err := check.Mark(image(t, dir), func(importPath string) bool { return importPath != "user/v1/user.proto" })
	if err != nil {
		t.Fatal(err)
	}
	list, err := runner(t, dir, ".").Lint(t.Context(), img, check.Config{})
	if err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	img, err = check.Mark(img, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	list, err = runner(t, dir, ".").Lint(t.Context(), img, check.Config{})
	if err != nil || len(list) != 0 {
		t.Errorf("nothing but imports: %v, %v", list, err)
	}
}

// TestLintAsBuf compares with what buf says of the same workspace.
func TestLintAsBuf(t *testing.T) {
	t.Parallel()
	two := func(config string) files {
		return files{
			"buf.yaml":                 config,
			"a/shop/v1/cart.proto":     bad,
			"a/shop/v1/old/cart.proto": strings.Replace(bad, "shop.v1", "shop.v1.old", 1),
			"b/api/user/v1/user.proto": strings.ReplaceAll(bad, "shop.v1", "user.v1"),
			"b/api/gen/v1/gen.proto":   strings.ReplaceAll(bad, "shop.v1", "gen.v1"),
		}
	}
	tests := map[string]struct {
		files files
		roots []string
		none  bool
	}{
		"v1":                  {files: files{"buf.yaml": "version: v1\nlint:\n  use: [DEFAULT]\n  except: [IMPORT_USED]\n  allow_comment_ignores: true\n", "shop/v1/cart.proto": bad}},
		"v1 without comments": {files: files{"buf.yaml": "version: v1\n", "shop/v1/cart.proto": bad}},
		"v1 ignores": {files: files{
			"buf.yaml":           "version: v1\nbuild:\n  excludes: [out]\nlint:\n  ignore: [gen]\n  ignore_only:\n    MESSAGE_PASCAL_CASE: [shop/v1/cart.proto]\n",
			"shop/v1/cart.proto": bad, "gen/v1/gen.proto": strings.Replace(bad, "shop", "gen", 1),
		}},
		"v1beta1": {files: files{
			"buf.yaml":              "version: v1beta1\nbuild:\n  roots: [proto]\nlint:\n  ignore: [gen]\n",
			"proto/shop/v1/a.proto": bad, "proto/gen/v1/gen.proto": strings.Replace(bad, "shop", "gen", 1),
		}, roots: []string{"proto"}},
		"v2 one module":       {files: files{"buf.yaml": "version: v2\nlint:\n  use: [BASIC]\n  ignore: [gen]\n", "shop/v1/a.proto": bad, "gen/v1/gen.proto": strings.Replace(bad, "shop", "gen", 1)}},
		"v2 without comments": {files: files{"buf.yaml": "version: v2\nlint:\n  disallow_comment_ignores: true\n", "shop/v1/cart.proto": bad}},
		"v2 own sections": {files: two(`version: v2
modules:
  - path: a
    lint:
      use: [MINIMAL, MESSAGE_PASCAL_CASE]
      ignore: [a/shop/v1/old]
  - path: b/api
    lint:
      enum_zero_value_suffix: _NONE
      ignore_only:
        IMPORT_USED: [b/api/user]
`)},
		"v2 shared section": {files: two(`version: v2
modules:
  - path: a
  - path: b/api
    lint: {}
lint:
  use: [STANDARD]
  except: [SYNTAX_SPECIFIED]
  ignore: [b/api/gen/v1/gen.proto]
  ignore_only:
    FIELD_LOWER_SNAKE_CASE: [a/shop/v1/old, b/api/user]
`)},
		"v2 own and shared": {files: two(`version: v2
modules:
  - path: a
    lint:
      use: [IMPORT_USED]
  - path: b/api
lint:
  use: [COMMENTS]
`)},
		"v2 a module ignored":   {files: two("version: v2\nmodules:\n  - path: a\n  - path: b/api\nlint:\n  ignore: [b/api, a/shop/v1/old]\n")},
		"v2 excludes":           {files: two("version: v2\nmodules:\n  - path: a\n    excludes: [a/shop/v1/old]\n  - path: b/api\n    includes: [b/api/user]\n")},
		"v2 everything ignored": {files: two("version: v2\nmodules:\n  - path: a\n  - path: b/api\nlint:\n  ignore: [a, b/api]\n"), none: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := test.files.write(t)
			roots := test.roots
			if roots == nil {
				roots = []string{"a", "b/api", "."}
			}
			list, err := runner(t, dir, roots...).Lint(t.Context(), image(t, dir), check.Config{BufYAML: "buf.yaml", Lint: []string{"NOT_READ"}})
			if err != nil {
				t.Fatal(err)
			}
			want := bufLines(t, runBuf(t, dir, "lint", "--error-format", "json"))
			if (len(want) == 0) != test.none {
				t.Fatalf("buf has %d findings, so this test shows nothing", len(want))
			}
			wantLines(t, lines(list), want)
		})
	}
}

const other = `version: v2
lint:
  ignore: [proto/gen]
  ignore_only:
    FIELD_LOWER_SNAKE_CASE: [proto]
  except: [IMPORT_USED, SYNTAX_SPECIFIED, ENUM_VALUE_PREFIX, ENUM_ZERO_VALUE_SUFFIX]
`

// TestLintOfAnotherRoot has import roots that are not the modules of buf.yaml:
// its paths still mean the files they name.
func TestLintOfAnotherRoot(t *testing.T) {
	t.Parallel()
	dir := files{
		"buf.yaml":                 "version: v2\nmodules: [{path: proto}]\n",
		"other.buf.yaml":           other,
		"proto/shop/v1/cart.proto": bad,
		"proto/gen/v1/gen.proto":   strings.Replace(bad, "shop", "gen", 1),
	}.write(t)
	list, err := runner(t, dir, "proto").Lint(t.Context(), image(t, dir), check.Config{BufYAML: filepath.Join(dir, "other.buf.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(list), []string{
		"proto/shop/v1/cart.proto 4:9-4:13 MESSAGE_PASCAL_CASE",
	})
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config string // of buf.yaml; empty: none
		cfg    check.Config
		says   string
	}{
		"unknown rule":       {"", check.Config{Lint: []string{"NOPE"}}, `productinfo.yaml: lint: "NOPE" is not a known rule or category ID`},
		"nothing left":       {"", check.Config{Lint: []string{"STANDARD"}, Except: []string{"STANDARD"}}, "productinfo.yaml: lint: no rule is left"},
		"their unknown rule": {"version: v2\nlint:\n  use: [NOPE]\n", check.Config{}, `buf.yaml: lint: "NOPE" is not a known`},
		"their unknown key":  {"version: v2\nlint:\n  usee: [BASIC]\n", check.Config{}, "buf.yaml: lint: "},
		"their version":      {"version: v3\n", check.Config{}, `buf.yaml: version "v3" is not known`},
		"their syntax":       {"version: v2\nlint: [\n", check.Config{}, "buf.yaml:2:"},
		"their types":        {"version: v2\nlint: true\n", check.Config{}, "buf.yaml:2:7: "},
		"their path":         {"version: v2\nlint:\n  ignore: [/shop]\n", check.Config{}, "lint.ignore: /shop is not a path relative to the file"},
		"outside the module": {"version: v2\nmodules:\n- path: shop\n  lint:\n    ignore: [other]\n", check.Config{}, `lint.ignore: path "other" is not inside the module's folder "shop"`},
	}
	good := files{"shop/v1/cart.proto": clean("shop.v1")}
	img := image(t, good.write(t))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws := files{"shop/v1/cart.proto": clean("shop.v1")}
			if test.config != "" {
				ws["buf.yaml"] = test.config
				test.cfg.BufYAML = "buf.yaml"
			}
			_, err := runner(t, ws.write(t), ".").Lint(t.Context(), img, test.cfg)
			var fault *check.ConfigError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error = %v, want a ConfigError that says %q", err, test.says)
			}
			t.Log(err)
		})
	}
}

func TestEnvironmentErrors(t *testing.T) {
	t.Parallel()
	dir := files{"shop/v1/cart.proto": clean("shop.v1")}.write(t)
	img := image(t, dir)
	script := func(body string) *check.Runner {
		program := filepath.Join(t.TempDir(), "buf")
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
		return &check.Runner{Buf: program, Dir: dir}
	}
	tests := map[string]struct {
		runner *check.Runner
		image  []byte
		says   []string
	}{
		"no buf":      {&check.Runner{Buf: filepath.Join(dir, "gone"), Dir: dir}, img, []string{"buf: ", "no such file"}},
		"buf fails":   {script("echo it hurts >&2; exit 7"), img, []string{"buf lint: exit status 7", "\n    it hurts"}},
		"garbage":     {script("echo garbage; exit 100"), img, []string{`buf printed "garbage"`}},
		"no findings": {script("exit 100"), img, []string{"printed none"}},
		"no image":    {runner(t, dir, "."), []byte("\x0a\xff"), []string{"not an image"}},
		"half image":  {runner(t, dir, "."), img[:len(img)-1], []string{"not an image"}},
	}
	for name, test := range tests {
		_, err := test.runner.Lint(t.Context(), test.image, check.Config{})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, word := range test.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error does not say %q: %v", name, word, err)
			}
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := script("sleep 1000").Lint(ctx, img, check.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLintPlugin has a plugin named by a path: it is found beside buf.yaml.
func TestLintPlugin(t *testing.T) {
	t.Parallel()
	dir := files{
		"buf.yaml":           "version: v2\nplugins:\n  - plugin: [plugins/mine.sh]\n",
		"shop/v1/cart.proto": clean("shop.v1"),
		"plugins/mine.sh":    "#!/bin/sh\necho I was run >&2\nexit 1\n",
	}.write(t)
	if err := os.Chmod(filepath.Join(dir, "plugins", "mine.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := files{"shop/v1/cart.proto": clean("shop.v1")}.write(t)
	_, err := runner(t, dir, ".").Lint(t.Context(), image(t, plain), check.Config{BufYAML: "buf.yaml"})
	if err == nil || !strings.Contains(err.Error(), "I was run") {
		t.Errorf("error = %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 3 || !slices.Contains(left, filepath.Join(dir, "plugins")) {
		t.Errorf("the workspace was changed: %v, %v", left, err)
	}
}

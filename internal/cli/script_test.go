package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/productinfo/productinfo/internal/bench/reference"
	"github.com/productinfo/productinfo/internal/cli"
	"github.com/productinfo/productinfo/internal/skeleton"
)

// TestMain makes the test binary be the programs, too, when it is run by their
// names, as the scripts do.
func TestMain(m *testing.M) {
	testscript.Main(m, hostilePrograms(map[string]func(){
		"productinfo": func() {
			ctx, stop := signal.NotifyContext(context.Background(), cli.Signals()...)
			defer stop()
			os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
		"protoc-gen-productinfo": func() {
			if err := skeleton.Run(os.Stdin, os.Stdout); err != nil {
				os.Exit(1)
			}
		},
	}))
}

// TestScript runs the scripts of testdata/script: what people type, and what they
// should see. Besides testscript's own commands a script has
//
//	productinfo ARGS…, protoc-gen-productinfo    the programs
//	exits STATUS PROGRAM ARGS…                   run a program that ends with STATUS
//	replace OLD NEW FILE…                        replace a text that is in each file
//
// and those of hostileCommands.
//
// A script is a user of its own with an empty $HOME, but shares $PRODUCTINFO_CACHE
// with the others, and Go's caches with the test. The pinned tools are on the
// path.
func TestScript(t *testing.T) {
	binDir, err := reference.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := reference.Install(t.Context(), binDir, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	environment := append(goEnvironment(t),
		"PRODUCTINFO_CACHE="+t.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1",
	)
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		UpdateScripts:      *cli.Update,
		RequireUniqueNames: true,
		Cmds: hostileCommands(map[string]func(*testscript.TestScript, bool, []string){
			"exits":   scriptExits,
			"replace": scriptReplace,
		}),
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, ".home")
			if err := os.Mkdir(home, 0o755); err != nil {
				return err
			}
			const gitConfig = "[user]\n\tname = Script\n\temail = script@example.com\n[init]\n\tdefaultBranch = main\n"
			if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(gitConfig), 0o644); err != nil {
				return err
			}
			env.Vars = append(env.Vars, environment...)
			env.Setenv("HOME", home)
			env.Setenv("PATH", env.Getenv("PATH")+string(os.PathListSeparator)+tools.Dir)
			return nil
		},
	})
}

// goEnvironment returns the variables with which the go command works as it does
// here, though $HOME is another: its caches, and the way to what they lack.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "-json",
		"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOFLAGS", "GOTOOLCHAIN").Output()
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		t.Fatal(err)
	}
	environment := []string{"GOWORK=off"}
	for name, value := range values {
		environment = append(environment, name+"="+value)
	}
	for _, name := range []string{
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// scriptExits runs a program and wants a certain exit status of it.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// scriptReplace replaces a text in files, each of which has to have it.
func scriptReplace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: replace OLD NEW FILE…")
	}
	for _, name := range args[2:] {
		before := ts.ReadFile(name)
		if !strings.Contains(before, args[0]) {
			ts.Fatalf("%s does not contain %q", name, args[0])
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.ReplaceAll(before, args[0], args[1])), 0o644))
	}
}

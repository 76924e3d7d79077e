package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/productinfo/productinfo/internal/workspace"
)

const (
	referenceDir = "../../docs/reference"
	// referenceMark stands in every page that is generated.
	referenceMark = "<!-- Generated from the commands; `go test ./internal/cli -run Reference -update` writes it anew. -->"
)

// TestReferenceFresh compares docs/reference with what the commands say of
// themselves. With -update it writes that.
func TestReferenceFresh(t *testing.T) {
	t.Parallel()
	pages := reference()
	entries, err := os.ReadDir(referenceDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		path := filepath.Join(referenceDir, entry.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := pages[entry.Name()]; ok || !strings.Contains(string(content), referenceMark) {
			continue
		}
		if !*Update {
			t.Errorf("%s is of a command that does not exist", path)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
	for name, page := range pages {
		path := filepath.Join(referenceDir, name)
		if *Update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		if content, err := os.ReadFile(path); err != nil {
			t.Error(err)
		} else if string(content) != page {
			t.Errorf("%s is not what the commands say: run `go test ./internal/cli -run Reference -update`", path)
		}
	}
}

// TestReferenceConfiguration loads the first example of the page about
// productinfo.yaml, which shows every key.
func TestReferenceConfiguration(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(referenceDir, "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	dir := t.TempDir()
	for _, folder := range []string{"proto", "third_party"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, workspace.FileName), []byte(example), 0o644); err != nil {
		t.Fatal(err)
	}
	ws, err := workspace.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(ws.Tools) != 3 || len(ws.Go.Generators) != 4 || len(ws.Go.Require) != 1 || len(ws.Unstable) != 1 {
		t.Errorf("the example is read as %+v", ws)
	}
}

// TestReferenceComplete holds every command to a help that teaches.
func TestReferenceComplete(t *testing.T) {
	t.Parallel()
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s: want a short and a long text, and examples", cmd.CommandPath())
		}
		if cmd.HasParent() && cmd.ValidArgsFunction == nil {
			t.Errorf("%s: nothing says what a shell offers as its arguments", cmd.CommandPath())
		}
		for line := range strings.SplitSeq(cmd.Long+"\n"+cmd.Example, "\n") {
			if len([]rune(line)) > 84 {
				t.Errorf("%s: a line of %d characters: %q", cmd.CommandPath(), len([]rune(line)), line)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if _, ok := cmd.GetFlagCompletionFunc(f.Name); !ok && f.Value.Type() != "bool" {
				t.Errorf("%s: nothing says what a shell offers as a value of --%s", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" { // cobra's own
				visit(sub)
			}
		}
	}
	visit(new(app).root())
}

// reference returns the generated pages by their file names: one for each
// command of the first level, and an index.
func reference() map[string]string {
	root := new(app).root()
	root.InitDefaultCompletionCmd("help") // only a command line that is complete gets it
	var index strings.Builder
	fmt.Fprintf(&index, "# Reference\n\n%s\n\n%s\n\n", referenceMark, root.Long)
	index.WriteString("| command | |\n|---|---|\n")
	pages := make(map[string]string)
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			continue // of which the index says enough
		}
		usage := strings.TrimSuffix(cmd.UseLine(), " [flags]")
		fmt.Fprintf(&index, "| [`%s`](%s.md) | %s |\n", usage, cmd.Name(), cmd.Short)
		var page strings.Builder
		fmt.Fprintf(&page, "# productinfo %s\n\n%s\n\n", cmd.Name(), referenceMark)
		writeCommand(&page, cmd, "##")
		page.WriteString("The [common flags](README.md#common-flags) hold, too.\n")
		pages[cmd.Name()+".md"] = page.String()
	}
	index.WriteString("\n`productinfo help COMMAND` prints the same. See also:\n\n" +
		"- [configuration.md](configuration.md): every key of `productinfo.yaml`\n" +
		"- [output.md](output.md): exit statuses, and the forms in which findings and results are printed\n\n")
	fmt.Fprintf(&index, "## Examples\n\n```\n%s\n```\n\n", dedent(root.Example))
	writeFlags(&index, "## Common flags", root.PersistentFlags())
	pages["README.md"] = strings.TrimRight(index.String(), "\n") + "\n"
	return pages
}

// writeCommand writes a command, and those below it one heading deeper.
func writeCommand(b *strings.Builder, cmd *cobra.Command, heading string) {
	cmd.InitDefaultHelpFlag() // as when it runs, for the usage line
	fmt.Fprintf(b, "%s.\n\n```\n%s\n```\n\n%s\n\n", cmd.Short, cmd.UseLine(), prose(cmd.Long))
	if cmd.Example != "" {
		fmt.Fprintf(b, "%s Examples\n\n```\n%s\n```\n\n", heading, dedent(cmd.Example))
	}
	writeFlags(b, heading+" Flags", cmd.LocalNonPersistentFlags())
	for _, sub := range cmd.Commands() {
		fmt.Fprintf(b, "%s %s\n\n", heading, sub.CommandPath())
		writeCommand(b, sub, heading+"#")
	}
}

// writeFlags writes a table of flags; help, which all have, is left out.
func writeFlags(b *strings.Builder, heading string, flags *pflag.FlagSet) {
	var rows []string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		byDefault := ""
		if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) {
			byDefault = "`" + f.DefValue + "`"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", name, strings.NewReplacer("|", `\|`, "<", `\<`).Replace(usage), cmp.Or(byDefault, " ")))
	})
	if len(rows) > 0 {
		fmt.Fprintf(b, "%s\n\n| flag | | default |\n|---|---|---|\n%s\n", heading, strings.Join(rows, ""))
	}
}

// prose makes Markdown of a help text: what is indented is typed, and a "<" or
// "*" is only that.
func prose(text string) string {
	var b strings.Builder
	typed := false
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		indented := strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "  ")
		if indented != typed {
			b.WriteString("```\n")
			typed = indented
		}
		if !indented {
			line = strings.NewReplacer("<", `\<`, "*", `\*`).Replace(strings.TrimLeft(line, "# "))
		}
		b.WriteString(strings.TrimLeft(line, "\t") + "\n")
	}
	if typed {
		b.WriteString("```\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// dedent removes the two spaces that each line of an example begins with.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

package diag_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/productinfo/productinfo/internal/diag"
)

// full is a finding with everything but Rendered.
func full() diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.SeverityWarning,
		Rule:     "FIELD_LOWER_SNAKE_CASE",
		Position: diag.Position{File: "proto/a.proto", Line: 3, Column: 7, EndLine: 3, EndColumn: 12},
		Message:  `field "fooBar" should be "foo_bar"`,
		Notes:    []string{"first note", "second\nnote"},
		Help:     "rename it",
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for _, want := range []diag.Format{diag.Text, diag.JSON, diag.GitHub} {
		got, err := diag.ParseFormat(string(want))
		if got != want || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", want, got, err)
		}
	}
	_, err := diag.ParseFormat("xml")
	if want := `unknown format "xml": want "text", "json" or "github"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := diag.ParseFormat(""); err == nil {
		t.Error("the empty format is accepted")
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	spanning := full()
	spanning.EndLine = 5
	tests := []struct {
		name    string
		printer diag.Printer
		list    diag.List
		want    string
	}{
		{"nothing", diag.Printer{}, nil, ""},
		{
			"text", diag.Printer{Format: diag.Text}, diag.List{full(), {Message: "no position"}},
			"proto/a.proto:3:7: warning: field \"fooBar\" should be \"foo_bar\" (FIELD_LOWER_SNAKE_CASE)\n" +
				"  first note\n  second\n  note\n  help: rename it\nno position\n",
		},
		{
			"text with base and color", diag.Printer{Color: true, Base: "../api"},
			diag.List{full(), {Position: diag.Position{File: "b.proto"}, Message: "bad"}},
			"\x1b[1m../api/proto/a.proto:3:7:\x1b[0m \x1b[33mwarning:\x1b[0m field \"fooBar\" should be \"foo_bar\"" +
				" \x1b[2m(FIELD_LOWER_SNAKE_CASE)\x1b[0m\n  first note\n  second\n  note\n  \x1b[36mhelp:\x1b[0m rename it\n" +
				"\x1b[1m../api/b.proto:\x1b[0m \x1b[31mbad\x1b[0m\n",
		},
		{
			"text rendered", diag.Printer{Color: true}, diag.List{{Message: "unused", Rendered: "error: x\n  --> a\n\n"}},
			"error: x\n  --> a\n",
		},
		{
			"text of a hostile file", diag.Printer{},
			diag.List{{Message: "a\x1b[2Jb\u009bc\td", Notes: []string{"\r\a"}}, {Rendered: "x\x1by"}},
			"a\ufffd[2Jb\ufffdc\td\n  \ufffd\ufffd\nx\ufffdy\n",
		},
		{
			"base of the same folder", diag.Printer{Base: "."}, diag.List{{Position: diag.Position{File: "a", Line: 1}, Message: "m"}},
			"a:1: m\n",
		},
		{
			"absolute file", diag.Printer{Base: "api"}, diag.List{{Position: diag.Position{File: "/a", Line: 1}, Message: "m"}},
			"/a:1: m\n",
		},
		{
			"json", diag.Printer{Format: diag.JSON, Base: "api"}, diag.List{full(), {Message: "a <b> & c\n", Rendered: "unused"}},
			`{"severity":"warning","rule":"FIELD_LOWER_SNAKE_CASE","file":"api/proto/a.proto","line":3,"column":7,` +
				`"end_line":3,"end_column":12,"message":"field \"fooBar\" should be \"foo_bar\"",` +
				`"notes":["first note","second\nnote"],"help":"rename it"}` + "\n" +
				`{"severity":"error","message":"a <b> & c\n"}` + "\n",
		},
		{
			"github", diag.Printer{Format: diag.GitHub, Base: "api"}, diag.List{full()},
			"::warning file=api/proto/a.proto,line=3,endLine=3,col=7,endColumn=12,title=FIELD_LOWER_SNAKE_CASE::" +
				"field \"fooBar\" should be \"foo_bar\"%0Afirst note%0Asecond%0Anote%0Ahelp: rename it\n",
		},
		{
			"github over several lines", diag.Printer{Format: diag.GitHub}, diag.List{spanning},
			"::warning file=proto/a.proto,line=3,endLine=5,title=FIELD_LOWER_SNAKE_CASE::" +
				"field \"fooBar\" should be \"foo_bar\"%0Afirst note%0Asecond%0Anote%0Ahelp: rename it\n",
		},
		{
			"github without a position", diag.Printer{Format: diag.GitHub}, diag.List{{Message: "m"}},
			"::error::m\n",
		},
		{
			"github escapes", diag.Printer{Format: diag.GitHub},
			diag.List{{
				Rule:     "a:b,c%\r\n",
				Position: diag.Position{File: "C:/x,y\n%41.proto", Line: 1},
				Message:  "50%: a,b::c\r\nd",
			}},
			"::error file=C%3A/x%2Cy%0A%2541.proto,line=1,title=a%3Ab%2Cc%25%0D%0A::50%25: a,b::c%0D%0Ad\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := test.printer.Print(&b, test.list); err != nil {
				t.Fatal(err)
			}
			if b.String() != test.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), test.want)
			}
		})
	}
}

func TestPrintErrors(t *testing.T) {
	t.Parallel()
	list := diag.List{full()}
	if err := (diag.Printer{Format: "xml"}).Print(new(bytes.Buffer), list); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("unknown format: %v", err)
	}
	if err := (diag.Printer{}).Print(brokenWriter{}, list); !errors.Is(err, errBroken) {
		t.Errorf("broken writer: %v", err)
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func FuzzPrint(f *testing.F) {
	f.Add("F_RULE", "a.proto", 1, 2, 3, 4, "message", "note", "help", false)
	f.Add("a:b,c%", "C:\\x\ny", -1, 0, 0, 1, "%0A\r\n::error::", "\u2028", "\xff", true)
	f.Fuzz(func(t *testing.T, rule, file string, line, column, endLine, endColumn int, message, note, help string, warning bool) {
		d := diag.Diagnostic{
			Rule:     rule,
			Position: diag.Position{File: file, Line: line, Column: column, EndLine: endLine, EndColumn: endColumn},
			Message:  message,
			Notes:    []string{note},
			Help:     help,
		}
		if warning {
			d.Severity = diag.SeverityWarning
		}
		checkGitHub(t, d)
		checkJSON(t, d)
		var b bytes.Buffer
		if err := (diag.Printer{}).Print(&b, diag.List{d}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x1b\r") {
			t.Errorf("control characters in %q", b.String())
		}
	})
}

// checkGitHub asserts that a finding is one command whose parts can be had back.
func checkGitHub(t *testing.T, d diag.Diagnostic) {
	t.Helper()
	var b bytes.Buffer
	if err := (diag.Printer{Format: diag.GitHub}).Print(&b, diag.List{d}); err != nil {
		t.Fatal(err)
	}
	line, rest, _ := strings.Cut(b.String(), "\n")
	if rest != "" || strings.Contains(line, "\r") || !strings.HasSuffix(b.String(), "\n") {
		t.Fatalf("not one line: %q", b.String())
	}
	command, data, ok := strings.Cut(strings.TrimPrefix(line, "::"), "::")
	if !ok {
		t.Fatalf("no text in %q", line)
	}
	unescape := strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",").Replace
	if !strings.HasPrefix(unescape(data), d.Message+"\n"+d.Notes[0]) {
		t.Errorf("message lost: %q", data)
	}
	name, properties, _ := strings.Cut(command, " ")
	if name != d.Severity.String() {
		t.Errorf("command %q for %v", name, d.Severity)
	}
	for property := range strings.SplitSeq(properties, ",") {
		key, value, _ := strings.Cut(property, "=")
		if key == "file" && unescape(value) != d.File || key == "title" && unescape(value) != d.Rule {
			t.Errorf("property %q of %+v", property, d)
		}
	}
}

// checkJSON asserts that a finding is one object on one line that reads back.
func checkJSON(t *testing.T, d diag.Diagnostic) {
	t.Helper()
	var b bytes.Buffer
	if err := (diag.Printer{Format: diag.JSON}).Print(&b, diag.List{d}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 1 {
		t.Fatalf("not one line: %q", b.String())
	}
	var got struct {
		Severity, Rule, File, Message, Help string
		Line, Column                        int
		EndLine                             int `json:"end_line"`
		EndColumn                           int `json:"end_column"`
		Notes                               []string
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{
		{got.Severity, d.Severity.String()}, {got.Rule, d.Rule}, {got.File, d.File},
		{got.Message, d.Message}, {got.Help, d.Help}, {got.Notes[0], d.Notes[0]},
	} {
		// JSON has no bytes that are not UTF-8; each becomes U+FFFD.
		if want := string([]rune(pair[1])); pair[0] != want || !utf8.ValidString(pair[0]) {
			t.Errorf("%q read back as %q", want, pair[0])
		}
	}
	position := diag.Position{File: d.File, Line: got.Line, Column: got.Column, EndLine: got.EndLine, EndColumn: got.EndColumn}
	if position != d.Position {
		t.Errorf("position %v read back as %v", d.Position, position)
	}
}

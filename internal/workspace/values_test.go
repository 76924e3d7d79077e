package workspace_test

// faultyValues have the right keys and something wrong in them.
func faultyValues() []faultyFile {
	const goSection = "version: 1\ntargets:\n  go:\n    module: example.com/apis\n"
	return []faultyFile{
		// Values.
		{"version 2", "version: 2\ntargets: {go: {module: example.com/apis}}\n", []string{
			"1:10: version 2 is not known: this productinfo reads version 1",
		}},
		{"version as string", "version: \"1\"\ntargets: {go: {module: example.com/apis}}\n", []string{
			"1:10: version wants the number 1, not a string",
		}},
		{"version negative", "version: -1\ntargets: {go: {module: example.com/apis}}\n", []string{
			"1:10: version -1 is not known: this productinfo reads version 1",
		}},
		{"name", head + "name: Acme\n", []string{
			`3:7: name "Acme" is not valid: it must begin with a lower-case letter`,
		}},
		{"name of a number", head + "name: 12\n", []string{
			"3:7: name wants a string, not the number 12",
		}},
		{"name of a version", head + "name: v2\n", []string{
			`3:7: name "v2" is not valid: in a Go path it would be a major version`,
		}},
		{"strings", head + "roots: [\"\", \" proto\", \"a\\tb\", 1.5, [x]]\n", []string{
			"3:9: roots[0] is an empty string",
			`3:13: roots[1] begins or ends with a space: " proto"`,
			`3:23: roots[2] has control characters: "a\tb"`,
			"3:31: roots[3] wants a string, not the number 1.5",
			"3:36: roots[4] wants a string, not a list",
		}},
		{"wrong types", head + "roots: proto\nvendor: 1\nmodules: {a: b}\nunstable: true\ncheck: []\ntools: x\n", []string{
			"3:8: roots wants a list of strings, not a string",
			"4:9: vendor wants a list of strings, not the number 1",
			"5:10: modules wants a list of strings, not a mapping",
			"6:11: unstable wants a list of strings, not the boolean true",
			"7:8: check wants a mapping, not a list",
			"8:8: tools wants a mapping, not a string",
		}},
		{"empty lists", head + "roots: []\nmodules: []\ncheck: {lint: [], breaking: []}\n", []string{
			"3:8: roots is an empty list",
			"4:10: modules is an empty list",
			"5:15: check.lint is an empty list",
			"5:29: check.breaking is an empty list",
		}},
		{"rules", head + "check:\n  lint: [standard, A B, BASIC, BASIC]\n  except: field-lower\n  breaking: {}\n", []string{
			`4:10: "standard" is no category or rule of buf: did you mean "STANDARD"?`,
			`4:20: "A B" is no category or rule of buf`,
			`4:32: check.lint lists "BASIC" twice`,
			`5:11: "field-lower" is no category or rule of buf: did you mean "FIELD_LOWER"?`,
			"6:13: check.breaking wants a string or a list of strings, not a mapping",
		}},
		{"patterns", head + "modules: [/a, a/, a//b, ../a, ./a, \"**\", \"a[b\", \"a\\\\b\", acme/*, acme/*, a/Shop, con]\nunstable: [\"x/../y\"]\n", []string{
			`3:11: pattern "/a" is not valid: it begins with a slash: patterns are relative to a root`,
			`3:15: pattern "a/" is not valid: it has an empty element`,
			`3:19: pattern "a//b" is not valid: it has an empty element`,
			`3:25: pattern "../a" is not valid: it has the element ".."`,
			`3:31: pattern "./a" is not valid: it has the element "."`,
			`3:36: pattern "**" is not valid: "**" is not known: "*" matches within one element`,
			`3:42: pattern "a[b" is not valid: the element "a[b" has a bracket without its partner`,
			`3:49: pattern "a\\b" is not valid: it has a "\": separate folders with "/"`,
			`3:65: modules lists "acme/*" twice`,
			`3:73: pattern "a/Shop" names a module "Shop", which is not valid: it must begin with a lower-case letter`,
			`3:81: pattern "con" names a module "con", which is not valid: "con" disallowed as path element component on Windows`,
			`4:12: pattern "x/../y" is not valid: it has the element ".."`,
		}},
		// Folders.
		{"no such root", head + "roots: [proto, none, proto/a/none]\nvendor: [no]\n", []string{
			`3:16: root "none" does not exist`,
			`3:22: root "proto/a/none" does not exist`,
			`3:22: root "proto/a/none" lies in root "proto"`,
			`4:10: vendor folder "no" does not exist`,
		}},
		{"root is a file", head + "roots: [file]\nvendor: [file/x]\n", []string{
			`3:9: "file" is a file, not a folder`,
			`4:10: vendor folder "file/x" does not exist`,
		}},
		{"roots outside", head + "roots: [/abs, ../up, a/../.., \"C:\\\\x\", \"c:x\"]\n", []string{
			`3:9: roots: "/abs" is absolute: paths are relative to the workspace`,
			`3:15: roots: "../up" leads out of the workspace`,
			`3:22: roots: "a/../.." leads out of the workspace`,
			`3:31: roots: "C:\\x" has a "\": separate folders with "/"`,
			`3:40: roots: "c:x" is absolute: paths are relative to the workspace`,
		}},
		{"roots of ours", head + "roots: [dist/go, .productinfo]\n", []string{
			`3:9: roots: "dist/go" is where productinfo writes: dist is not for sources`,
			`3:18: roots: ".productinfo" is where productinfo writes: .productinfo is not for sources`,
		}},
		{"roots repeated", head + "roots: [proto, ./proto/]\n", []string{
			`3:16: roots lists "proto" twice`,
		}},
		{"roots nested", head + "roots: [proto, proto/a]\n", []string{
			`3:16: root "proto/a" lies in root "proto"`,
		}},
		{"whole root", head + "roots: [proto, .]\n", []string{
			`3:9: root "proto" lies in root "."`,
		}},
		{"vendor", head + "roots: [proto, more/x]\nvendor: [proto, more, more]\n", []string{
			`3:16: root "more/x" lies in vendor folder "more"`,
			`4:10: vendor folder "proto" is a root as well`,
			`4:23: vendor lists "more" twice`,
		}},
		// The Go target.
		{"no targets", "version: 1\n", []string{
			"1:1: targets.go.module is missing",
		}},
		{"no go", "version: 1\ntargets: {}\n", []string{
			"2:1: targets.go.module is missing",
		}},
		{"go is null", "version: 1\ntargets:\n  go:\n", []string{
			"3:3: targets.go.module is missing",
		}},
		{"no module", "version: 1\ntargets:\n  go:\n    require: []\n", []string{
			"3:3: targets.go.module is missing",
		}},
		{"targets is a list", "version: 1\ntargets: []\n", []string{
			"2:10: targets wants a mapping, not a list",
		}},
		{"module", "version: 1\ntargets: {go: {module: acme/apis}}\n", []string{
			`2:24: "acme/apis" is no Go module path: missing dot in first path element`,
		}},
		{"module with version", "version: 1\ntargets: {go: {module: \"example.com/a b\"}}\n", []string{
			`2:24: "example.com/a b" is no Go module path: invalid char ' '`,
		}},
		{"generators", goSection + "    generators: [go, go, go-grcp, other, 1, \"a b\"]\n", []string{
			`5:22: generator "go" is listed twice`,
			`5:26: generator "go-grcp" needs the program "protoc-gen-go-grcp", which tools does not have: did you mean "go-grpc"?`,
			`5:35: generator "other" needs the program "protoc-gen-other", which tools does not have`,
			"5:42: targets.go.generators[4] wants a generator's name, a string, or a mapping, not the number 1",
			`5:45: targets.go.generators[5]: "a b" cannot name a program: want letters, digits, "-", "_" and "."`,
		}},
		{"inputs", goSection + "    generators:\n      - {name: go-grpc, inputs: [file, ./file, none, ../up, more, file/x, dist/x, /a]}\n      - {name: go, inputs: [file]}\n", []string{
			`6:40: targets.go.generators[0].inputs lists "file" twice`,
			`6:48: input "none" does not exist`,
			`6:54: targets.go.generators[0].inputs: "../up" leads out of the workspace`,
			`6:61: input "more" is not a regular file`,
			`6:67: input "file/x" does not exist`,
			`6:75: targets.go.generators[0].inputs: "dist/x" is where productinfo writes: dist is not for sources`,
			`6:83: targets.go.generators[0].inputs: "/a" is absolute: paths are relative to the workspace`,
			`7:20: generator "go" runs inside productinfo and has no inputs`,
		}},
		{"options of our own", goSection + "    generators:\n      - name: go\n        options: [paths=import, module=x, annotate_code, Ma.proto=x, apilevelM=API_OPEN, default_api_level=OPEN, apilevelMa.proto=API_OPAQUE]\n" +
			"      - {name: productinfo, options: [paths=import]}\n", []string{
			`7:19: generator "go" has no option "paths": want default_api_level=<level> or apilevelM<file>=<level>`,
			`7:33: generator "go" has no option "module": want default_api_level=<level> or apilevelM<file>=<level>`,
			`7:43: generator "go" has no option "annotate_code": want default_api_level=<level> or apilevelM<file>=<level>`,
			`7:58: generator "go" has no option "Ma.proto": want default_api_level=<level> or apilevelM<file>=<level>`,
			`7:70: generator "go" has no option "apilevelM": want default_api_level=<level> or apilevelM<file>=<level>`,
			`7:90: option "default_api_level": unknown API level "OPEN": want one of API_OPEN, API_HYBRID, API_OPAQUE`,
			`8:39: generator "productinfo" has no option "paths": it has none at all`,
		}},
		{"no generators", goSection + "    generators: []\n", []string{
			"5:17: targets.go.generators is an empty list",
		}},
		{"generator mapping", goSection + "    generators:\n      - {nam: x}\n      - name: go\n        tool: x\n        strategy: batch\n        timeout: 1s\n" +
			"      - {name: go-grpc, options: [\"a,b\"], strategy: fast, timeout: 60}\n      - {name: p, tool: buf, timeout: soon}\n      - {name: q, tool: /x, timeout: 0s}\n      - {name: r, tool: bf, timeout: -1s}\n", []string{
			`6:10: unknown key "nam" in targets.go.generators[0]: did you mean "name"?`,
			`8:9: generator "go" runs inside productinfo and has no tool`,
			`9:9: generator "go" runs inside productinfo and has no strategy`,
			`10:9: generator "go" runs inside productinfo and has no timeout`,
			`11:35: option "a,b" has a comma, which protoc splits options at`,
			`11:53: unknown strategy "fast": want "unit" or "batch"`,
			"11:68: targets.go.generators[2].timeout wants a duration such as 60s, not the number 60",
			`12:39: targets.go.generators[3].timeout "soon" is no duration`,
			`13:25: targets.go.generators[4].tool: "/x" cannot name a program: want letters, digits, "-", "_" and "."`,
			`13:38: targets.go.generators[4].timeout "0s" is not above 0`,
			`14:9: generator "r" needs the program "bf", which tools does not have`,
			`14:38: targets.go.generators[5].timeout "-1s" is not above 0`,
		}},
		{"require", goSection + "    require: [example.com/a, example.com/a@latest, example.com/a@v1, example.com/a@v2.0.0, x@v1.0.0, example.com/b@v1.0.0, example.com/b@v1.1.0]\n", []string{
			`5:15: "example.com/a" has no version`,
			`5:30: "example.com/a@latest" is not pinned: "latest" is not a full version such as v1.2.3`,
			`5:52: "example.com/a@v1" is not pinned: "v1" is not a full version such as v1.2.3`,
			`5:70: "example.com/a@v2.0.0": the major version of the path is not that of v2.0.0`,
			`5:92: "x" is no Go module path: missing dot in first path element`,
			`5:124: targets.go.require lists "example.com/b" twice`,
		}},
		// Tools.
		{"tools", head + "tools:\n  a: example.com/a\n  b: example.com/b@latest\n  c: example.com/c@v1\n  d: cmd/gofmt@v1.0.0\n  e: ./\n  f: bin/f\n  ../g: ./g\n  h: [x]\n  i: ..\n  j: example.com/j@v1.0.0@v1\n", []string{
			`4:6: tool "a": "example.com/a" has no version`,
			`5:6: tool "b": "example.com/b@latest" is not pinned: "latest" is not a full version such as v1.2.3`,
			`6:6: tool "c": "example.com/c@v1" is not pinned: "v1" is not a full version such as v1.2.3`,
			`7:6: tool "d": "cmd/gofmt@v1.0.0" is no Go package: missing dot in first path element`,
			`8:6: tool "e": "./" is a folder, not a program`,
			`9:6: tool "f": "bin/f" is no Go package: missing dot in first path element`,
			`10:3: tools: "../g" cannot name a program: want letters, digits, "-", "_" and "."`,
			"11:6: tools.h wants a string, not a list",
			`12:6: tool "i": ".." is no Go package: invalid path element ".."`,
			`13:6: tool "j": "example.com/j@v1.0.0@v1" is not pinned: "v1.0.0@v1" is not a full version such as v1.2.3`,
		}},
		{"faulty tool in use", goSection + "    generators: [foo]\ntools: {protoc-gen-foo: x}\n", []string{
			`6:25: tool "protoc-gen-foo": "x" is no Go package: missing dot in first path element`,
		}},
	}
}

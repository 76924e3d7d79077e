// Package templates holds the texts of what productinfo makes besides generated
// Go code: for now the files of a new API repo ([Init]); manifests and service
// scaffolds will stand beside them, a folder each.
//
// A folder here is one kind of output, and every file in it is a [text/template]
// whose actions stand between "<%" and "%>": the usual braces are what GitHub's
// workflows use themselves. File names end in ".tmpl", which keeps the Go tools
// from taking a template for source, and have no leading dot, which keeps embed
// from leaving them out; the path of the rendered file is in the code.
//
// Rendering is pure: the same data gives the same bytes, and nothing is read from
// the environment or written to disk.
package templates

import "embed"

//go:embed init
var texts embed.FS

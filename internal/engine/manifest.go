package engine

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/productinfo/productinfo/internal/digest"
)

// manifestFormat is the number in a manifest of the present format.
const manifestFormat = 1

// manifest is dist/manifest.json: what the tool made, and so what it may replace
// or remove. It holds neither times nor paths of a machine.
type manifest struct {
	Format  int              `json:"format"`
	Modules []manifestModule `json:"modules"`
	// Files maps each file, relative to dist/, to the SHA-256 of its content in
	// hexadecimal. The manifest itself is not among them.
	Files map[string]digest.Digest `json:"files"`
}

type manifestModule struct {
	Name string `json:"name"`
	// Go is the path of the Go module in go/<name>.
	Go string `json:"go"`
}

func (m *manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}

func decodeManifest(content []byte) (*manifest, error) {
	m := new(manifest)
	if err := json.Unmarshal(content, m); err != nil {
		return nil, err
	}
	if m.Format != manifestFormat {
		return nil, fmt.Errorf("format is %d, and this version of productinfo knows %d", m.Format, manifestFormat)
	}
	return m, nil
}

package check

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/productinfo/productinfo/internal/diag"
)

// bufYAML is what matters here of a user's buf.yaml. Sections are kept as they
// are: buf judges what is in them.
type bufYAML struct {
	// name is the file's path and dir that of its folder, relative to the
	// workspace; folder is absolute.
	name, dir, folder string

	Version  string         `yaml:"version"`
	Modules  []bufModule    `yaml:"modules"`
	Lint     map[string]any `yaml:"lint"`
	Breaking map[string]any `yaml:"breaking"`
	Plugins  []any          `yaml:"plugins"`
	Policies []any          `yaml:"policies"`
	// Build is of versions before v2.
	Build struct {
		Roots    []string `yaml:"roots"`
		Excludes []string `yaml:"excludes"`
	} `yaml:"build"`
}

type bufModule struct {
	Path     string         `yaml:"path"`
	Includes []string       `yaml:"includes"`
	Excludes []string       `yaml:"excludes"`
	Lint     map[string]any `yaml:"lint"`
	Breaking map[string]any `yaml:"breaking"`
}

// readBufYAML reads the user's buf.yaml.
func (r *Runner) readBufYAML(file string) (*bufYAML, error) {
	absolute := filepath.FromSlash(file)
	if !filepath.IsAbs(absolute) {
		absolute = filepath.Join(r.Dir, absolute)
	}
	name, err := filepath.Rel(r.Dir, absolute)
	if err != nil {
		return nil, err
	}
	user := &bufYAML{name: filepath.ToSlash(name), dir: path.Dir(filepath.ToSlash(name)), folder: filepath.Dir(absolute)}
	content, err := os.ReadFile(absolute)
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(content, user); err != nil {
		d := diag.Diagnostic{Rule: ruleConfig, Position: diag.Position{File: user.name}, Message: err.Error()}
		var fault yaml.Error
		if errors.As(err, &fault) {
			d.Message = fault.GetMessage()
			if token := fault.GetToken(); token != nil && token.Position != nil {
				d.Line, d.Column = token.Position.Line, token.Position.Column
			}
		}
		return nil, &ConfigError{d}
	}
	switch user.Version {
	case "v1beta1", "v1", "v2":
	case "":
		// Before there was a version the file meant v1beta1.
		user.Version = "v1beta1"
	default:
		return nil, &ConfigError{diag.Diagnostic{
			Rule: ruleConfig, Position: diag.Position{File: user.name},
			Message: fmt.Sprintf("version %q is not known, want \"v1beta1\", \"v1\" or \"v2\"", user.Version),
		}}
	}
	for i, m := range user.Modules {
		user.Modules[i].Path = path.Clean(m.Path)
	}
	return user, nil
}

// section returns the section that applies to a module, and whether it is the
// module's own. A section in which nothing is set counts as absent.
func (u *bufYAML) section(name string, module int) (body map[string]any, own bool) {
	top := u.Lint
	if name == sectionBreaking {
		top = u.Breaking
	}
	if module >= 0 {
		body = u.Modules[module].Lint
		if name == sectionBreaking {
			body = u.Modules[module].Breaking
		}
		for _, value := range body {
			if set(value) {
				return body, true
			}
		}
	}
	return top, false
}

func set(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// extended tells that the configuration may name other files beside it.
func (u *bufYAML) extended() bool { return len(u.Plugins) > 0 || len(u.Policies) > 0 }

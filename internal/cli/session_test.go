package cli

import (
	"runtime/debug"
	"testing"
)

func TestIsRelease(t *testing.T) {
	t.Parallel()
	summed := &debug.Module{Path: "example.com/a", Version: "v1.0.0", Sum: "h1:a"}
	for name, test := range map[string]struct {
		main debug.Module
		deps []*debug.Module
		want bool
	}{
		"released":                 {debug.Module{Version: "v1.2.3", Sum: "h1:m"}, []*debug.Module{summed}, true},
		"a commit":                 {debug.Module{Version: "v0.0.0-20260910151042-7436f7c76201"}, []*debug.Module{summed}, true},
		"of no version":            {debug.Module{Version: "(devel)"}, []*debug.Module{summed}, false},
		"with changes":             {debug.Module{Version: "v1.2.3+dirty"}, []*debug.Module{summed}, false},
		"a dependency is replaced": {debug.Module{Version: "v1.2.3"}, []*debug.Module{summed, {Version: "v1.0.0", Sum: "h1:b", Replace: summed}}, false},
		"a dependency has no sum":  {debug.Module{Version: "v1.2.3"}, []*debug.Module{{Version: "v1.0.0"}, summed}, false},
		"the program is replaced":  {debug.Module{Version: "v1.2.3", Replace: summed}, nil, false},
	} {
		info := &debug.BuildInfo{Main: test.main, Deps: test.deps}
		if got := isRelease(info); got != test.want {
			t.Errorf("%s: isRelease is %v, want %v", name, got, test.want)
		}
	}
}

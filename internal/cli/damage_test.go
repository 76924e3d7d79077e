package cli_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// damages are what can happen to a file of the cache.
func damages() map[string]func(content []byte) []byte {
	return map[string]func([]byte) []byte{
		"emptied":   func([]byte) []byte { return nil },
		"truncated": func(content []byte) []byte { return content[:len(content)/2] },
		"extended":  func(content []byte) []byte { return append(content, 0) },
		"flipped": func(content []byte) []byte {
			if len(content) > 0 {
				content[len(content)/2] ^= 0x10
			}
			return content
		},
	}
}

// TestDamagedCache damages all files of the cache, and of what is kept beside the
// workspace, and then each in turn. Builds make again what is lost, and
// notice it even when they have nothing to do but write dist/ anew.
func TestDamagedCache(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put("proto/acme/shop/v1/item.proto", "syntax = \"proto3\";\npackage acme.shop.v1;\nmessage Item {}\n")
	s.put("proto/acme/shop/v1/basket.proto", "syntax = \"proto3\";\npackage acme.shop.v1;\n"+
		"import \"acme/shop/v1/item.proto\";\nmessage Basket { repeated Item items = 1; }\n")
	s.run(s.command("build"), 0)
	want := s.tree("dist")
	files := slices.Concat(filesBelow(t, s.cache), filesBelow(t, filepath.Join(s.dir, ".productinfo")))
	if len(files) < 10 {
		t.Fatalf("the cache has only these files: %v", files)
	}
	for _, name := range slices.Sorted(maps.Keys(damages())) {
		damage := damages()[name]
		sets := [][]string{files}
		if name == "truncated" || name == "flipped" {
			for _, file := range files {
				sets = append(sets, []string{file})
			}
		}
		for _, set := range sets {
			for _, file := range set {
				content, err := os.ReadFile(file)
				if err != nil {
					continue // such as what the build before did not need
				}
				if err := os.WriteFile(file, damage(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.RemoveAll(filepath.Join(s.dir, "dist")); err != nil {
				t.Fatal(err)
			}
			s.run(s.command("build"), 0)
			if differ := want.differences(s.tree("dist")); len(differ) > 0 {
				t.Fatalf("%s: %v: these files of dist/ differ: %v", name, set, differ)
			}
		}
	}
	// What was damaged has been mended, not only gone round.
	if err := os.RemoveAll(filepath.Join(s.dir, "dist")); err != nil {
		t.Fatal(err)
	}
	if out := s.run(s.command("build"), 0); !strings.Contains(out, "(0 units generated, ") {
		t.Errorf("after the damage was mended: %s", out)
	}
}

// filesBelow lists the files below a folder.
func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

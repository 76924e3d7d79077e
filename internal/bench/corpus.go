package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	corpusPackage   = "google-proto-files"
	corpusVersion   = "6.0.1"
	corpusIntegrity = "sha512-fbvUWVNh3rKGlVFWwlUNF7Sk1Tah0a89q02rLTXsWjbKKHGeuURAa8tl9rvu5TyWny1YiSIo5eDqF260Tai6vQ=="
	corpusFiles     = 7208
	// builtIn is left out: both tools bring these files, and the package's copies
	// hold tests of protobuf itself that do not compile as one set.
	builtIn = "google/protobuf/"
)

// shortFolders make the corpus of -short, with all that their files import.
var shortFolders = []string{
	"google/api/", "google/iam/", "google/longrunning/", "google/pubsub/", "google/rpc/", "google/type/",
	"google/cloud/asset/", "google/cloud/bigquery/", "google/cloud/kms/", "google/cloud/secretmanager/",
}

// corpus is a folder of protos that nobody writes to, and the files of it that
// are measured.
type corpus struct {
	dir   string
	files []string // import paths, sorted
	short bool
}

// prepareCorpus fetches the package into dir, unless it is there, checks it, and
// unpacks the protos.
func prepareCorpus(ctx context.Context, dir string, log *progress) (corpus, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return corpus{}, err
	}
	archive := filepath.Join(dir, corpusPackage+"-"+corpusVersion+".tgz")
	if err := checkIntegrity(archive); err != nil {
		log.printf("fetching %s %s with npm", corpusPackage, corpusVersion)
		cmd := exec.CommandContext(ctx, "npm", "pack", "--ignore-scripts", "--pack-destination", dir, corpusPackage+"@"+corpusVersion)
		if out, err := cmd.CombinedOutput(); err != nil {
			return corpus{}, fmt.Errorf("npm pack: %w\n%s", err, out)
		}
		if err := checkIntegrity(archive); err != nil {
			return corpus{}, err
		}
	}
	// Unpacked anew each time: a folder that somebody has edited would make the
	// proofs prove something else.
	protos := filepath.Join(dir, "proto")
	if err := os.RemoveAll(protos); err != nil {
		return corpus{}, err
	}
	log.printf("unpacking %s %s", corpusPackage, corpusVersion)
	files, err := unpackProtos(archive, protos)
	if err != nil {
		return corpus{}, fmt.Errorf("%s: %w", archive, err)
	}
	if len(files) != corpusFiles {
		return corpus{}, fmt.Errorf("%s has %d protos outside of %s, want %d", archive, len(files), builtIn, corpusFiles)
	}
	return corpus{dir: protos, files: files}, nil
}

// checkIntegrity compares the file with the package's integrity, in the form in
// which npm states it.
func checkIntegrity(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha512.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != corpusIntegrity {
		return fmt.Errorf("%s has integrity %s, want %s", path, got, corpusIntegrity)
	}
	return nil
}

// unpackProtos writes the archive's protos below dir, without the folder
// "package/" that npm puts around all files, and returns their paths, sorted.
func unpackProtos(archive, dir string) ([]string, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var files []string
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			slices.Sort(files)
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		name, inPackage := strings.CutPrefix(header.Name, "package/")
		wanted := inPackage && strings.HasSuffix(name, ".proto") && !strings.HasPrefix(name, builtIn)
		if !wanted || header.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("entry %q leads out of the archive", header.Name)
		}
		if err := writeFrom(filepath.Join(dir, name), reader); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
}

func writeFrom(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// copyTo writes the corpus's files below dir, as files of their own.
func (c corpus) copyTo(dir string) error {
	for _, file := range c.files {
		if err := copyFile(filepath.Join(dir, file), filepath.Join(c.dir, file)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(dst, src string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeFrom(dst, f)
}

var importStatement = regexp.MustCompile(`(?m)^\s*import\s+(?:public\s+|weak\s+|option\s+)?"([^"]+)"\s*;`)

// imports returns the paths that a file's source imports, in its order.
func imports(source []byte) []string {
	var paths []string
	for _, match := range importStatement.FindAllSubmatch(source, -1) {
		paths = append(paths, string(match[1]))
	}
	return paths
}

// subset returns the corpus's files below the given folders, with all that they
// import.
func (c corpus) subset(folders []string) (corpus, error) {
	wanted := map[string]bool{}
	var queue []string
	add := func(file string) {
		if !wanted[file] && !strings.HasPrefix(file, builtIn) {
			wanted[file] = true
			queue = append(queue, file)
		}
	}
	for _, file := range c.files {
		if slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(file, folder) }) {
			add(file)
		}
	}
	for len(queue) > 0 {
		file := queue[0]
		queue = queue[1:]
		source, err := os.ReadFile(filepath.Join(c.dir, file))
		if err != nil {
			return corpus{}, err
		}
		for _, path := range imports(source) {
			add(path)
		}
	}
	sub := corpus{dir: c.dir, short: true}
	for file := range wanted {
		sub.files = append(sub.files, file)
	}
	slices.Sort(sub.files)
	return sub, nil
}

// importersOf returns the files that import path.
func (c corpus) importersOf(path string) ([]string, error) {
	var importers []string
	for _, file := range c.files {
		source, err := fs.ReadFile(os.DirFS(c.dir), file)
		if err != nil {
			return nil, err
		}
		if slices.Contains(imports(source), path) {
			importers = append(importers, file)
		}
	}
	return importers, nil
}

func (c corpus) describe() string {
	part := ""
	if c.short {
		part = "a part of "
	}
	return fmt.Sprintf("%sthe npm package %s %s without %s: %d files", part, corpusPackage, corpusVersion, strings.TrimSuffix(builtIn, "/"), len(c.files))
}

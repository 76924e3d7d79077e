package cli

import (
	"context"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/productinfo/productinfo/internal/toolchain"
)

// remoteGoModule returns the Go path that dist/go has in the repo's git remote
// "origin", of which dir is a folder or will be one. It is not ok where there is
// no git, no repo, no remote, or none that makes a Go path.
func remoteGoModule(ctx context.Context, dir string, env []string) (goModule string, ok bool) {
	existing, below := dir, ""
	for {
		if info, err := os.Stat(existing); err == nil && info.IsDir() {
			break
		}
		if filepath.Dir(existing) == existing {
			return "", false
		}
		below = path.Join(filepath.Base(existing), below)
		existing = filepath.Dir(existing)
	}
	git := func(args ...string) (string, bool) {
		cmd := toolchain.Command(ctx, "git", args...)
		cmd.Dir, cmd.Env = existing, append(env[:len(env):len(env)], "PWD="+existing)
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err == nil
	}
	remote, ok := git("remote", "get-url", "origin")
	if !ok {
		return "", false
	}
	prefix, ok := git("rev-parse", "--show-prefix")
	if !ok {
		return "", false
	}
	repo, ok := repoPath(remote)
	if !ok {
		return "", false
	}
	goModule = path.Join(repo, prefix, below, distName, "go")
	return goModule, module.CheckPath(goModule) == nil
}

// repoPath returns the path by which Go knows a git remote, such as
// "github.com/acme/apis" for "git@github.com:acme/apis.git".
func repoPath(remote string) (repo string, ok bool) {
	var host, in string
	if u, err := url.Parse(remote); err == nil && u.Host != "" {
		host, in = u.Hostname(), u.Path
	} else if host, in, ok = strings.Cut(remote, ":"); ok {
		host = host[strings.LastIndexByte(host, '@')+1:]
	}
	repo = path.Join(host, strings.TrimSuffix(in, ".git"))
	return repo, host != "" && in != "" && module.CheckPath(repo) == nil
}

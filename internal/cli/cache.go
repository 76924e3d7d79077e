package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/diag"
)

func (a *app) cacheCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "cache",
		Short: "What was compiled and generated before",
		Long: `The cache keeps what was compiled and generated, under the digest of all that it
was made from, for all workspaces of a user. It is the folder productinfo in the
user's cache folder, or what $PRODUCTINFO_CACHE names.

Everything in it can be made again, and every entry is checked when it is read:
the folder may be deleted, copied, or kept by a CI service from one run to the
next. Once a day, build and check remove what was used longest ago until it is no
larger than 5 GiB. The tool cache, in its folder tools, stays.`,
		Example: `  productinfo cache info                     where it is, and how large
  productinfo cache prune --max-size 500MiB  keep what was used last
  productinfo build --no-cache               neither read nor write it`,
	}, a.cacheInfoCommand(), a.cachePruneCommand())
}

func (a *app) cacheInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info",
		Short: "Show where the cache is, and how large",
		Long: `Info prints the cache's folder, how many results and contents it keeps, and how
much room they take. A result says which files an action made, a content is a
file or a compiled proto. With --format json the size is in bytes.`,
		Example: `  productinfo cache info
  productinfo cache info --format json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.cacheInfo() },
	}
}

func (a *app) cachePruneCommand() *cobra.Command {
	limit := byteSize(cache.DefaultLimit)
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove from the cache what was used longest ago",
		Long: `Prune removes entries, those used longest ago first, until the rest takes at most
--max-size. Builds that run meanwhile make again what they miss.`,
		Example: `  productinfo cache prune
  productinfo cache prune --max-size 500MiB
  productinfo cache prune --max-size 0        everything`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.cachePrune(int64(limit)) },
	}
	cmd.Flags().Var(&limit, "max-size", "keep at most `SIZE`, such as 500MB or 5GiB")
	noCompletion(cmd, "max-size")
	return cmd
}

// openCache opens the user's cache, whatever the workspace.
func (a *app) openCache() (*cache.Cache, error) {
	dir, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	return cache.Open(dir, time.Now)
}

func (a *app) cacheInfo() error {
	c, err := a.openCache()
	if err != nil {
		return err
	}
	info, err := c.Info()
	if err != nil {
		return err
	}
	if a.format == string(diag.JSON) {
		return a.printJSON(info)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "folder\t%s\n", info.Dir)
	fmt.Fprintf(w, "results\t%d\n", info.Values)
	fmt.Fprintf(w, "contents\t%d\n", info.Contents)
	fmt.Fprintf(w, "size\t%s\n", byteSize(info.Bytes))
	return w.Flush()
}

// pruned is what cache prune prints as JSON: what it removed, and what is left.
type pruned struct {
	Entries   int   `json:"entries"`
	Bytes     int64 `json:"bytes"`
	BytesLeft int64 `json:"bytes_left"`
}

func (a *app) cachePrune(limit int64) error {
	c, err := a.openCache()
	if err != nil {
		return err
	}
	entries, size, err := c.Prune(limit)
	if err != nil {
		return err
	}
	info, err := c.Info()
	if err != nil {
		return err
	}
	if a.format == string(diag.JSON) {
		return a.printJSON(pruned{entries, size, info.Bytes})
	}
	if a.quiet {
		return nil
	}
	noun := "entries"
	if entries == 1 {
		noun = "entry"
	}
	_, err = fmt.Fprintf(a.stdout, "removed %d %s, %s; %s left in %s\n", entries, noun, byteSize(size), byteSize(info.Bytes), info.Dir)
	return err
}

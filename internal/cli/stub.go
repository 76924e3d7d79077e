package cli

import "github.com/spf13/cobra"

func (a *app) initCommand() *cobra.Command    { return &cobra.Command{Use: "init"} }
func (a *app) toolsCommand() *cobra.Command   { return &cobra.Command{Use: "tools"} }
func (a *app) cacheCommand() *cobra.Command   { return &cobra.Command{Use: "cache"} }
func (a *app) versionCommand() *cobra.Command { return &cobra.Command{Use: "version"} }

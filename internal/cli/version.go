package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionText is the program's version with what it was built from and by.
func versionText() string {
	version, revision, dirty := "unknown", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+dirty"
			}
		}
	}
	return fmt.Sprintf("nixfleet-tui %s%s%s (%s, %s/%s)", version, revision, dirty, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func newVersionCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: "  nixfleet-tui version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(p.IO.Out, versionText())
			return nil
		},
	}
}

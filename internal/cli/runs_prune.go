package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// pruneOptions are those of `runs prune`.
type pruneOptions struct {
	*Program
	Days int
	MiB  int64
	Dry  bool
}

const mib = 1 << 20

func newRunsPruneCmd(p *Program) *cobra.Command {
	usual := rollout.UsualKeep()
	o := &pruneOptions{Program: p}
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove old runs with their logs",
		Long: `Removes runs that ended long ago, and the oldest of all when they take too much
room. The same is done now and then by itself, with the usual bounds. Runs that
have not ended, and the newest, are never removed.`,
		Example: `  nixfleet-tui runs prune --dry-run
  nixfleet-tui runs prune --days 30 --size 500`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runPrune(o) },
	}
	f := cmd.Flags()
	f.IntVar(&o.Days, "days", int(usual.Age/text.Day), "keep what ended in the last `DAYS`")
	f.Int64Var(&o.MiB, "size", usual.Size/mib, "keep no more than so many `MIB` in all")
	f.BoolVar(&o.Dry, "dry-run", false, "only say what would be removed")
	return cmd
}

func runPrune(o *pruneOptions) error {
	if o.Days < 0 || o.MiB < 0 {
		return usage("Give numbers from 0, such as --days 30 --size 500.", "--days %d --size %d make no sense", o.Days, o.MiB)
	}
	store, err := openStore(o.World)
	if err != nil {
		return err
	}
	gone, err := store.Prune(rollout.Keep{Age: time.Duration(o.Days) * text.Day, Size: o.MiB * mib}, o.Env.Now(), o.Dry)
	if err != nil {
		return err
	}
	var size int64
	for _, g := range gone {
		size += g.Size
		fmt.Fprintln(o.IO.Out, g.ID)
	}
	verb := "removed"
	if o.Dry {
		verb = "would be removed"
	}
	fmt.Fprintf(o.IO.Err, "%s, %s %s\n", count(len(gone), "run"), nixcmd.FormatBytes(size), verb)
	return nil
}

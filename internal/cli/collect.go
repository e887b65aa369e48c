package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// doomed says which generations of a host are to go.
type doomed struct {
	Delete []int
	Keep   int // how many of the newest stay; 0: those of Delete go
}

// of are the generations that go.
func (d doomed) of(g fleet.Generations) ([]fleet.Generation, error) {
	if d.Keep > 0 {
		return g.Beyond(d.Keep), nil
	}
	return g.Doomed(d.Delete)
}

func newCollectCmd(p *Program, src *sourceFlags, run func(context.Context, *ownOptions) error) *cobra.Command {
	o := &ownOptions{actionOptions: actionOptions{Program: p, Source: src, Action: nixcmd.Collect}}
	var d doomed
	cmd := &cobra.Command{
		Use:   "collect HOST --delete N,N | --keep N",
		Short: "Delete old generations, and collect the garbage",
		Long: `Deletes generations of a host's system profile, collects the garbage of its store
and writes its boot menu anew, so that no entry of it leads nowhere; as a run with
a log and a verdict like any other. Which generations go, and an estimate of what
that frees, is shown before. Never deleted are the running one, the booted one, the
boot default and pinned ones. With --on instead of HOST, --keep does so on many.

One that was cut off can be done again: it goes on where the first has stopped.`,
		Example: "  nixfleet-tui collect web1 --keep 5 --dry-run\n  nixfleet-tui collect web1 --delete 30,31\n  nixfleet-tui collect --on @web --keep 10 --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			keep := cmd.Flags().Changed("keep")
			switch {
			case len(args) > 1 || len(args) == 1 && o.On != "":
				return usage("Name it once: `collect HOST`, or `collect --on SEL` for several.", "`collect` takes one host, or --on")
			case len(args) == 0 && o.On == "":
				return usage("Give the name of a host, or --on with several.", "`collect` needs to be told which host")
			case keep && len(d.Delete) > 0:
				return usage("Choose one of them.", "--keep and --delete exclude each other")
			case !keep && len(d.Delete) == 0:
				return usage("Give --delete with numbers, or --keep with how many of the newest stay.", "`collect` needs to be told which generations go")
			case keep && d.Keep < 1:
				return usage("Give how many of the newest generations stay, such as --keep 5.", "--keep %d makes no sense", d.Keep)
			case len(args) == 0 && !keep:
				return usage("Name one host, or use --keep for several.", "the numbers of generations are each host's own")
			case len(args) == 1:
				o.On = args[0]
			}
			o.Yes = o.Yes || o.DryRun
			o.collect(func(string) doomed { return d })
			o.wellIfNothing()
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: p.completeHostName(src, 1),
	}
	o.register(cmd)
	o.careOptions.register(cmd.Flags(), nixcmd.Build) // waves; there is nothing to undo
	f := cmd.Flags()
	f.IntSliceVar(&d.Delete, "delete", nil, "generations `N,N` to delete, by number")
	f.IntVar(&d.Keep, "keep", 0, "the newest `N` generations stay")
	f.BoolVar(&o.DryRun, "dry-run", false, "only show what would go")
	return cmd
}

// collect makes of the action one that deletes generations and collects the
// garbage. A host that has nothing to delete is left out.
func (o *ownOptions) collect(which func(host string) doomed) {
	var mu sync.Mutex
	frees := map[string]int64{}
	o.name = "collect"
	o.weigh = func(ctx context.Context, host string, r sshutil.Runner, g fleet.Generations) error {
		going, err := which(host).of(g)
		if err != nil || len(going) == 0 {
			return err
		}
		closures, err := fleet.ReadClosures(ctx, r, g.Roots())
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		frees[host] = g.Frees(closures, going)
		return nil
	}
	o.aim = func(h *rollout.PlanHost, g fleet.Generations) ([]string, error) {
		going, err := which(h.Name).of(g)
		if err != nil {
			return nil, err
		}
		return aimCollect(h, g, going)
	}
	o.words = func(h rollout.PlanHost, g fleet.Generations) string {
		going, _ := g.Doomed(h.Activate.Delete) // they were found before
		if len(going) == 0 {
			return "loses no generation; its garbage goes"
		}
		return fmt.Sprintf("loses %s: %s; that frees about %s, and whatever else is garbage there",
			count(len(going), "generation"), fleet.Numbers(going), nixcmd.FormatBytes(frees[h.Name]))
	}
	o.refuse = refuseNothing
}

// aimCollect has a host lose generations.
func aimCollect(h *rollout.PlanHost, g fleet.Generations, going []fleet.Generation) ([]string, error) {
	if g.Reading.Current == "" || g.Reading.Profile == "" {
		return nil, &fleet.Error{Message: "it does not tell what it runs, or what it would boot", Hint: "What must stay is not known; collect its garbage by hand."}
	}
	if len(going) == 0 && !g.Collecting {
		h.Skip = nothingToDelete
		return nil, nil
	}
	h.Activate = &rollout.Activation{Path: g.Reading.Profile, Generation: g.Reading.Generation, Keep: g.Spared()}
	for _, one := range going {
		h.Activate.Delete = append(h.Activate.Delete, one.Number)
	}
	if g.Collecting {
		return []string{"a collection was begun on it and has not come to its end, which this one will"}, nil
	}
	return nil, nil
}

// collectLine is what a collection runs, as it would be typed.
func collectLine(a nixcmd.Activation, numbers []int) string {
	a.Action = nixcmd.Boot
	commands := [][]string{a.RootWords("nix-store", "--gc"), a.SwitchWords(false)}
	if len(numbers) > 0 {
		commands = slices.Insert(commands, 0, a.DeleteWords(numbers))
	}
	lines := make([]string, len(commands))
	for i, words := range commands {
		lines[i] = nixcmd.ShellLine(words)
	}
	return strings.Join(lines, " && ")
}

const nothingToDelete = "it has nothing to delete: what there is stays as you say, is pinned, or is in use"

// refuseNothing refuses a run that would do nothing at all.
func refuseNothing(_ *loaded, plan *rollout.Plan) error {
	if slices.ContainsFunc(plan.Hosts, func(h rollout.PlanHost) bool { return h.Skip != nothingToDelete }) {
		return nil
	}
	message := "there is nothing to delete on " + count(len(plan.Hosts), "host")
	if len(plan.Hosts) == 1 {
		message = plan.Hosts[0].Name + ": " + nothingToDelete
	}
	return &fleet.Error{Message: message, Hint: "`unpin` lets go of a pinned generation."}
}

// wellIfNothing makes it no failure that there is nothing to delete: who has a
// script keep the newest is content.
func (o *ownOptions) wellIfNothing() {
	o.refuse = func(l *loaded, plan *rollout.Plan) error {
		err := refuseNothing(l, plan)
		if err == nil {
			return nil
		}
		report(o.IO, explain(err))
		return exit(ExitOK)
	}
}

package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func newRollbackCmd(p *Program, src *sourceFlags, run func(context.Context, *ownOptions) error) *cobra.Command {
	o := &ownOptions{actionOptions: actionOptions{Program: p, Source: src, Action: nixcmd.Switch}}
	var to string
	var boot bool
	cmd := &cobra.Command{
		Use:   "rollback --on SEL [--to GENERATION]",
		Short: "Go back to an older generation, or to any other",
		Long: `Points the system profile of each selected host to another of its generations and
activates that system, as a run with logs and verdicts like any other. Nothing is
evaluated, built or copied. --to takes the number of a generation, -N for the Nth
before the one that the host would boot now, or a time, such as 2026-11-20 or
"2026-11-20 15:04", for the newest that there was then; the default is -1. What
makes it risky, such as another kernel or boot loader, is said before.

` + selHelp + runExitHelp,
		Example: `  nixfleet-tui rollback --on web1                   # to the generation before
  nixfleet-tui rollback --on @web --to -1 --yes
  nixfleet-tui rollback --on @web --to 2026-11-20   # each to what it had that day
  nixfleet-tui rollback --on web1 --to 41 --boot    # at the next boot only`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			point, err := fleet.ParsePoint(to, p.Env.Now().Location())
			if err != nil {
				return err
			}
			if boot {
				o.Action = nixcmd.Boot
			}
			o.goBack(func(string) fleet.Point { return point })
			return run(cmd.Context(), o)
		},
	}
	o.register(cmd)
	o.careOptions.register(cmd.Flags(), nixcmd.Switch)
	cmd.Flags().StringVar(&to, "to", "-1", "the `GENERATION` to go to: its number, -N for the Nth before the boot default, or a time")
	cmd.Flags().BoolVar(&boot, "boot", false, "make it the boot default only; what runs now goes on")
	return cmd
}

// goBack makes of the action one that takes each host to a generation of its own.
func (o *ownOptions) goBack(to func(host string) fleet.Point) {
	o.name, o.aim = "rollback", func(h *rollout.PlanHost, g fleet.Generations) ([]string, error) {
		return aimBack(h, g, to(h.Name), o.Action == nixcmd.Switch)
	}
	o.words = func(h rollout.PlanHost, g fleet.Generations) string {
		was, _ := g.Find(g.Reading.Generation)
		is, _ := g.Find(h.Activate.Generation)
		words := fmt.Sprintf("generation %d (%s) → %d (%s, %s)", was.Number, was.Label, is.Number, is.Label, date(is.Created))
		if o.Action == nixcmd.Boot {
			words += ", at the next boot"
		}
		return words
	}
}

// aimBack points a host at one of its generations. live says that it is to be
// activated now.
func aimBack(h *rollout.PlanHost, g fleet.Generations, to fleet.Point, live bool) ([]string, error) {
	if to.IsZero() {
		return nil, &fleet.Error{Message: "where it was to go was never known", Hint: "Choose a generation: `nixfleet-tui generations` shows them."}
	}
	one, err := g.At(to)
	if err != nil {
		return nil, err
	}
	h.Activate = &rollout.Activation{Path: one.Path, Generation: one.Number}
	return g.RiskOf(one, live), nil
}

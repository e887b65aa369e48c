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
	o := &ownOptions{actionOptions: actionOptions{Program: p, Source: src, Action: nixcmd.Switch}, name: "rollback"}
	var to int
	var boot bool
	cmd := &cobra.Command{
		Use:   "rollback --on SEL [--to N]",
		Short: "Go back to an older generation, or to any other",
		Long: `Points the system profile of each selected host to another of its generations and
activates that system, as a run with logs and verdicts like any other. Nothing is
evaluated, built or copied. --to takes the number of a generation, or -N for the
Nth before the one that the host would boot now; the default is -1. What makes it
risky, such as another kernel or boot loader, is said before.`,
		Example: `  nixfleet-tui rollback --on web1                   # to the generation before
  nixfleet-tui rollback --on @web --to -1 --yes
  nixfleet-tui rollback --on web1 --to 41 --boot    # at the next boot only`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == 0 {
				return usage("Give the number of a generation, or -1 for the one before: `nixfleet-tui generations HOST` lists them.", "--to 0 names no generation")
			}
			if boot {
				o.Action = nixcmd.Boot
			}
			o.aim = aimBack(to, !boot)
			return run(cmd.Context(), o)
		},
	}
	o.words = func(h rollout.PlanHost, g fleet.Generations) string {
		was, _ := g.Find(g.Reading.Generation)
		is, _ := g.Find(h.Activate.Generation)
		words := fmt.Sprintf("generation %d (%s) → %d (%s, %s)", was.Number, was.Label, is.Number, is.Label, date(is.Created))
		if boot {
			words += ", at the next boot"
		}
		return words
	}
	o.register(cmd)
	o.careOptions.register(cmd.Flags(), nixcmd.Switch)
	cmd.Flags().IntVar(&to, "to", -1, "the `GENERATION` to go to: its number, or -N for the Nth before the boot default")
	cmd.Flags().BoolVar(&boot, "boot", false, "make it the boot default only; what runs now goes on")
	return cmd
}

// aimBack points hosts at one of their generations: a number, or -N for the Nth
// before the boot default. live says that it is to be activated now.
func aimBack(to int, live bool) func(*rollout.PlanHost, fleet.Generations) ([]string, error) {
	return func(h *rollout.PlanHost, g fleet.Generations) ([]string, error) {
		one, err := g.Target(to)
		if err != nil {
			return nil, err
		}
		h.Activate = &rollout.Activation{Path: one.Path, Generation: one.Number}
		return g.RiskOf(one, live), nil
	}
}

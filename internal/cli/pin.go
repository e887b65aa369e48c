package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// free says who else is at a host, if anybody is.
func free(store *rollout.Store, r fleet.Reading, host string) error {
	holder, held, err := store.HolderOf(r, host)
	switch {
	case err != nil:
		return err
	case held && holder.Run != "":
		return &fleet.Error{Message: "the run " + holder.Run + " is at it", Hint: "Wait for it: `nixfleet-tui runs attach " + holder.Run + "`."}
	case held, r.Switching:
		return &fleet.Error{Message: "a system is being activated on it", Hint: "Wait until that has ended, and try again."}
	}
	return nil
}

func newPinCmd(p *Program, src *sourceFlags, pin bool, run func(context.Context, *collectOptions, int, bool) error) *cobra.Command {
	o := &collectOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:     "pin HOST GENERATION",
		Short:   "Keep a generation of a host, whatever is deleted or collected there",
		Long:    "Makes a garbage collector's root for the system of a generation, below\n" + fleet.PinDir + " on the host; `collect` spares it then.",
		Example: "  nixfleet-tui pin web1 41",
		Args:    needArgs(2, 2, "a host and the number of a generation"),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[1])
			if err != nil || number < 1 {
				return usage("`nixfleet-tui generations "+args[0]+"` lists them.", "%q is no number of a generation", args[1])
			}
			o.Host = args[0]
			return run(cmd.Context(), o, number, pin)
		},
		ValidArgsFunction: p.completeHostName(src, 1),
	}
	if !pin {
		cmd.Use, cmd.Short, cmd.Example = "unpin HOST GENERATION", "Let go of a generation that was pinned", "  nixfleet-tui unpin web1 41"
		cmd.Long = "Removes the root that `pin` has made. The generation stays until it is deleted."
	}
	return cmd
}

func runPin(ctx context.Context, o *collectOptions, number int, pin bool) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	return o.onHost(ctx, func(ctx context.Context, r root, g fleet.Generations) error {
		one, err := g.Target(number)
		if err != nil {
			return err
		}
		link := fleet.PinLink(number)
		steps := [][]string{{"rm", "-f", link}}
		said := "is pinned no longer"
		if pin {
			steps, said = [][]string{{"mkdir", "-p", fleet.PinDir}, {"ln", "-sfn", one.Path, link}}, "is pinned"
		}
		for _, words := range steps {
			if _, err := r.run(ctx, words...); err != nil {
				return err
			}
		}
		fmt.Fprintf(o.IO.Out, "%s: generation %d %s\n", text.Line(o.Host), number, said)
		return nil
	})
}

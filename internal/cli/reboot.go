package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func newRebootCmd(p *Program, src *sourceFlags, run func(context.Context, *ownOptions) error) *cobra.Command {
	o := &ownOptions{actionOptions: actionOptions{Program: p, Source: src, Action: nixcmd.Reboot}}
	cmd := &cobra.Command{
		Use:   "reboot --on SEL",
		Short: "Restart hosts in waves, and wait for each to come back well",
		Long: `Restarts the selected hosts and waits for each until it is up again with another
boot id, runs what it was to boot, and its units and health checks are well. Hosts
are taken in waves (of --parallel hosts, unless --wave says otherwise), and no wave
begins when a host of the one before did not come back well.

Restarting all builders of a system at the same time is refused, unless with --insist.

` + selHelp + runExitHelp,
		Example: `  nixfleet-tui reboot --on is:reboot               # those that need it
  nixfleet-tui reboot --on @web --canary 1 --wave 2
  nixfleet-tui reboot --on db1 --yes --return-timeout 1200`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.within < 1 {
				return usage("Give the seconds that a host may take, such as --return-timeout 600.", "--return-timeout %d makes no sense", o.within)
			}
			if o.Wave == 0 {
				o.Wave = max(1, o.Parallel)
			}
			return run(cmd.Context(), o)
		},
	}
	o.restart()
	o.register(cmd)
	o.careOptions.register(cmd.Flags(), nixcmd.Build) // waves; there is nothing to undo
	cmd.Flags().IntVar(&o.within, "return-timeout", rollout.UsualReturn, "`SECONDS` that a host may take to come back")
	return cmd
}

// restart makes of the action one that restarts hosts.
func (o *ownOptions) restart() {
	o.name, o.aim, o.discover, o.refuse = "reboot", aimReboot, o.discoverBuilders, refuseAllBuilders
	o.words = func(h rollout.PlanHost, g fleet.Generations) string {
		words := fmt.Sprintf("restarts into generation %d (%s)", g.Reading.Generation, bootLabel(g))
		if up := g.Reading.Uptime; up > 0 {
			words += "; it has been up for " + text.Age(up)
		}
		return words
	}
}

// discoverBuilders evaluates hosts of which nothing is known yet, as long as a
// person may be asked to wait: until then it is not known which machines they
// send builds to.
func (o *ownOptions) discoverBuilders(ctx context.Context, l *loaded, restarted []string) ([]rollout.Finding, error) {
	unknown := func() []string {
		return slices.DeleteFunc(slices.Clone(l.inv.Names()), func(name string) bool {
			h, _ := l.inv.Host(name)
			return !h.InFlake || l.facts[name].State != fleet.FactsPending
		})
	}
	pending := unknown()
	if len(pending) == 0 || len(restarted) < 2 {
		return nil, nil
	}
	if !o.Source.NoEval {
		facts := maps.Clone(l.facts)
		within, cancel := context.WithTimeout(ctx, buildersWait)
		fleet.Evaluate(within, l.low, l.inv, l.cache, pending, func(host string, f fleet.Facts) { facts[host] = f })
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := o.learn(l, facts); err != nil {
			return nil, err
		}
		if pending = unknown(); len(pending) == 0 {
			return nil, nil
		}
	}
	return []rollout.Finding{{Check: rollout.CheckPlan, Level: rollout.LevelWarning,
		Message: "it is not known yet where " + count(len(pending), "host") + " send builds to, so all builders of a system may be down at once",
		Hint:    "`nixfleet-tui builders` finds out; or take the hosts one after the other (--parallel 1)."}}, nil
}

// bootLabel is the NixOS version of what a host would boot.
func bootLabel(g fleet.Generations) string {
	one, _ := g.Find(g.Reading.Generation)
	return one.Label
}

// aimReboot expects a host to come back with its boot default.
func aimReboot(h *rollout.PlanHost, g fleet.Generations) ([]string, error) {
	r := g.Reading
	if r.Profile == "" || r.BootID == "" {
		return nil, &fleet.Error{Message: "it does not tell what it would boot, or which boot this is", Hint: "Only NixOS on Linux can be seen to come back; restart it by hand."}
	}
	h.Activate = &rollout.Activation{Path: r.Profile, Generation: r.Generation}
	if r.Profile == r.Current {
		return nil, nil
	}
	return []string{fmt.Sprintf("it comes back with generation %d (%s), which is not what runs now", r.Generation, bootLabel(g))}, nil
}

// refuseAllBuilders refuses to have all builders of a system down at once.
func refuseAllBuilders(l *loaded, plan *rollout.Plan) error {
	of := map[string][]string{} // by system: the hosts that build for it
	for _, b := range l.inv.Builders {
		for _, system := range b.Systems {
			host := b.Host
			if host == "" {
				host = "(not of this fleet) " + b.Name
			}
			if !slices.Contains(of[system], host) {
				of[system] = append(of[system], host)
			}
		}
	}
	for _, system := range slices.Sorted(maps.Keys(of)) {
		builders := of[system]
		for _, together := range plan.Together() {
			down := slices.DeleteFunc(slices.Clone(builders), func(host string) bool { return !slices.Contains(together, host) })
			if len(builders) > 1 && len(down) == len(builders) && plan.Parallel >= len(builders) {
				return usage("Take them one after the other (--parallel 1 or --wave 1), leave one out, or add --insist.",
					"nothing was started: all builders of %s would be down at once: %s", system, strings.Join(builders, ", "))
			}
		}
	}
	return nil
}

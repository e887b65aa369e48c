package cli

import (
	"context"
	"slices"
	"strings"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// checkLadders climbs the ladders of this machine's own builders, as the person
// and as this machine's root, who sends the builds. Where there is no
// inventory, the check of the fleet has said so.
func (o *doctorOptions) checkLadders(ctx context.Context, machines []nixcmd.Machine) []finding {
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return nil
	}
	l.inv.Builders = slices.DeleteFunc(slices.Clone(l.inv.Builders), func(b fleet.Builder) bool { return !slices.Contains(b.From, fleet.MachinesFile) })
	builders, err := o.climb(ctx, l, climbing{})
	if err != nil {
		return failed("builders", healthWarn, err)
	}
	all, err := o.asRootHere(ctx, l, machines, builders)
	if err != nil {
		all = append(all, failed("builders", healthWarn, err)...)
	}
	for _, b := range builders {
		check := "builder " + b.Builder.Name
		for _, f := range b.Builder.Findings {
			all = append(all, finding{check, healthWarn, text.Line(f), "Say the same everywhere: nix.buildMachines can be made from fleet.nix"})
		}
		for _, s := range b.Steps {
			switch s.State {
			case fleet.StepBad, fleet.StepWarn:
				all = append(all, finding{check, healthWarn, string(s.Rung) + ": " + s.Reason, s.Hint})
			}
		}
	}
	return all
}

// asRootHere has this machine's root check what belongs to the user that builds
// are sent as, adds that to what is known of the builders, and keeps it.
func (o *doctorOptions) asRootHere(ctx context.Context, l *loaded, machines []nixcmd.Machine, builders []fleet.BuilderHealth) ([]finding, error) {
	if o.World.Here() == nil {
		return nil, nil
	}
	answers := o.answers(l.inv.Source)
	found := make([][]finding, len(builders))
	kept := make([]error, len(builders))
	var asking sync.WaitGroup
	for i, b := range builders {
		at := slices.IndexFunc(machines, func(m nixcmd.Machine) bool { return l.builderCalled(m.HostName).Name == b.Builder.Name })
		if at < 0 || b.Health == fleet.HealthDown {
			continue
		}
		asking.Go(func() {
			told, err := o.askHere(ctx, l.ownBuilder(machines[at]))
			if err != nil {
				found[i] = []finding{{"builder " + b.Builder.Name, healthOK, "not checked as root here, who sends the builds: " + strings.TrimPrefix(explain(err).Message, fleet.ThisMachineName+": "), ""}}
				return
			}
			if own := told.Builder; own.SSHUser == b.Builder.SSHUser && own.SSHKey == b.Builder.SSHKey { // else it tells nothing of others' builds
				told.Builder = b.Builder
				kept[i] = answers.Keep(told)
			}
			builders[i] = b.With(fleet.Ladder{Builder: b.Builder, Steps: b.Steps}.Asked(told))
		})
	}
	asking.Wait()
	for _, err := range kept {
		if err != nil {
			return slices.Concat(found...), err
		}
	}
	return slices.Concat(found...), nil
}

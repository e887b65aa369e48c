package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// runner is the connection by which the dashboard watches a host.
func (b *backend) runner(ctx context.Context, host string) (sshutil.Runner, error) {
	b.mu.Lock()
	links := b.links
	b.mu.Unlock()
	if links == nil {
		return nil, &fleet.Error{Message: "there is no connection yet", Hint: "Ask again in a moment."}
	}
	r, _, err := links.runner(ctx, host)
	return r, err
}

// Generations implements ui.Backend.
func (b *backend) Generations(ctx context.Context, host string) (fleet.Generations, error) {
	r, err := b.runner(ctx, host)
	if err != nil {
		return fleet.Generations{}, asFleetError(err)
	}
	g, err := fleet.ReadGenerations(ctx, r, b.Env.Now)
	if err != nil {
		err = asFleetError(err)
	}
	return g, err
}

// Compare implements ui.Backend.
func (b *backend) Compare(ctx context.Context, host, from, to string) ([]nixcmd.PackageChange, error) {
	r, err := b.runner(ctx, host)
	if err != nil {
		return nil, asFleetError(err)
	}
	c, err := fleet.ReadClosures(ctx, r, []string{from, to})
	if err != nil {
		return nil, asFleetError(err)
	}
	for _, path := range []string{from, to} {
		if why := c.Lacks(path); why != "" {
			return nil, &fleet.Error{Message: host + " does not have the whole of " + path + ": " + why, Hint: "A garbage collection may have taken it; choose another generation."}
		}
	}
	return nixcmd.DiffClosures(c.Of(from), c.Of(to)), nil
}

// planOwn is Plan for what needs no nixos-rebuild.
func (b *backend) planOwn(ctx context.Context, r ui.Request) (ui.Proposal, error) {
	return b.propose(ctx, r, aimBack(r.Generation, r.Action == nixcmd.Switch))
}

// isOwn says whether a run went back to generations or restarted hosts.
func isOwn(p *rollout.Plan) bool {
	return p.Action == nixcmd.Reboot || slices.ContainsFunc(p.Hosts, func(h rollout.PlanHost) bool { return h.Activate != nil && h.Activate.Generation > 0 })
}

// planAgain is Plan for such a run that is to be done again where it failed:
// each host is to go to the generation that it was to go to then.
func (b *backend) planAgain(ctx context.Context, v rollout.View, r ui.Request) (ui.Proposal, error) {
	r.Action, r.Hosts = v.Plan.Action, unwell(v)
	if len(r.Hosts) == 0 {
		return ui.Proposal{}, &fleet.Error{Message: "no host of that run failed", Hint: "There is nothing to do again."}
	}
	return b.propose(ctx, r, func(h *rollout.PlanHost, g fleet.Generations) ([]string, error) {
		was, _ := v.Plan.Host(h.Name)
		if was.Activate == nil {
			return nil, &fleet.Error{Message: "where it was to go was never known", Hint: "Choose a generation: `h` shows them."}
		}
		return aimBack(was.Activate.Generation, r.Action == nixcmd.Switch)(h, g)
	})
}

// propose makes a plan without nixos-rebuild.
func (b *backend) propose(ctx context.Context, r ui.Request, aim func(*rollout.PlanHost, fleet.Generations) ([]string, error)) (ui.Proposal, error) {
	o := &ownOptions{actionOptions: actionOptions{Program: b.Program, Source: b.source, Action: r.Action, Parallel: rollout.UsualParallel, Insist: r.Insist, Wait: r.Wait, On: strings.Join(r.Hosts, ","), board: true}}
	o.name, o.aim = "rollback", aim
	if r.Action == nixcmd.Reboot {
		o.name, o.aim, o.refuse, o.within, o.Wave = "reboot", aimReboot, refuseAllBuilders, defaultReturn, rollout.UsualParallel
	}
	sel, err := fleet.ParseSelection(o.On)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	ready, _, err := o.ready(ctx, sel)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	if !r.Insist {
		ready.plan.Refuse()
	}
	return b.proposal(ready), nil
}

// typedFor is what is run for a host of a plan, as it would be typed.
func typedFor(p *rollout.Plan, h rollout.PlanHost) string {
	if h.Activate == nil {
		return "NIX_SSHOPTS=… " + shellquote.Join(p.Typed(h)...)
	}
	a := nixcmd.Activation{Action: p.Action, Path: h.Activate.Path, Generation: h.Activate.Generation, Sudo: h.Sudo}
	on := "ssh " + h.Name + " "
	if p.Action == nixcmd.Reboot {
		return on + shellquote.Join(a.RootWords("systemctl", "reboot")...)
	}
	line := on
	if p.Action.MovesProfile() {
		line += shellquote.Join(a.ProfileWords()...) + " && "
	}
	return line + shellquote.Join(a.SwitchWords(false)...)
}

package cli

import (
	"cmp"
	"context"
	"errors"
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
	h := &past{Program: b.Program, loaded: b.inventory(), client: b.runner, noEval: b.source.NoEval, asked: map[string]fleet.Generations{}}
	d, err := h.diff(ctx, host, from, to)
	if err != nil {
		return nil, asFleetError(err)
	}
	return d.changes, nil
}

// Sizes implements ui.Backend.
func (b *backend) Sizes(ctx context.Context, host string, g fleet.Generations) (map[string]int64, error) {
	r, err := b.runner(ctx, host)
	if err != nil {
		return nil, asFleetError(err)
	}
	sizes, err := fleet.SizesAlone(ctx, r, g)
	if err != nil {
		return nil, asFleetError(err)
	}
	return sizes, nil
}

// Pin implements ui.Backend.
func (b *backend) Pin(ctx context.Context, host string, number int, unpin bool, password *rollout.Secret) error {
	runner, err := b.runner(ctx, host)
	if err != nil {
		return asFleetError(err)
	}
	h, _ := b.inventory().inv.Host(host)
	r := b.rootOn(h, runner)
	err = b.pin(ctx, b.store, r, pinning{Number: number, Unpin: unpin}, func(ctx context.Context) error { return r.unlock(ctx, password) })
	switch {
	case isWantsPassword(err):
		return ui.ErrWantsPassword
	case err != nil:
		return asFleetError(err)
	}
	return nil
}

// planOwn is Plan for what needs no nixos-rebuild.
func (b *backend) planOwn(ctx context.Context, r ui.Request) (ui.Proposal, error) {
	return b.propose(ctx, r, nil, func(string) fleet.Point { return r.To }, func(string) doomed { return doomed{Delete: r.Delete, Keep: r.Keep} })
}

// isOwn says whether a run went back to generations, deleted some, or restarted hosts.
func isOwn(p *rollout.Plan) bool {
	return p.Action == nixcmd.Reboot || p.Action == nixcmd.Collect || p.GoesBack()
}

// planAgain is Plan for such a run that is to be done again where it failed:
// each host is to go to the generation that it was to go to then.
func (b *backend) planAgain(ctx context.Context, v rollout.View, r ui.Request) (ui.Proposal, error) {
	r.Action, r.Hosts = v.Plan.Action, unwell(v)
	if len(r.Hosts) == 0 {
		return ui.Proposal{}, &fleet.Error{Message: "no host of that run failed", Hint: "There is nothing to do again."}
	}
	was := func(host string) rollout.Activation {
		if h, _ := v.Plan.Host(host); h.Activate != nil {
			return *h.Activate
		}
		return rollout.Activation{}
	}
	return b.propose(ctx, r, &v.Plan, func(host string) fleet.Point { return fleet.Point{Number: was(host).Generation} }, func(host string) doomed { return doomed{Delete: was(host).Delete} })
}

// propose makes a plan without nixos-rebuild: of where each host is to go, or
// which of its generations are to go. again is a run that is done again, or nil.
func (b *backend) propose(ctx context.Context, r ui.Request, again *rollout.Plan, to func(host string) fleet.Point, going func(host string) doomed) (ui.Proposal, error) {
	o := &ownOptions{actionOptions: actionOptions{Program: b.Program, Source: b.source, Action: r.Action, Insist: r.Insist, Wait: r.Wait, On: strings.Join(r.Hosts, ","), board: b}}
	if err := o.choose(r.Choices); err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	if again != nil {
		o.repeat(again)
	}
	switch r.Action {
	case nixcmd.Reboot:
		o.restart()
		o.refuse = refuseOnBoard
		o.within, o.Wave = cmp.Or(r.Return, rollout.UsualReturn), cmp.Or(o.Wave, o.Parallel)
		if again != nil {
			o.within = again.RebootSeconds
		}
	case nixcmd.Collect:
		o.collect(going)
	default:
		o.goBack(to)
	}
	sel, err := fleet.ParseSelection(o.On)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	ready, pasts, err := o.ready(ctx, sel)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	if !r.Insist {
		ready.plan.Refuse()
	}
	p := b.proposal(ready)
	for _, h := range ready.plan.Hosts {
		if h.Skip == "" {
			p.Findings = append(p.Findings, ui.Finding{Host: h.Name, Level: ui.Note, Message: o.words(h, pasts[h.Name])})
		}
	}
	return p, nil
}

// refuseOnBoard refuses what the command refuses, with what to press instead.
func refuseOnBoard(l *loaded, plan *rollout.Plan) error {
	err := refuseAllBuilders(l, plan)
	if f := (*Failure)(nil); errors.As(err, &f) {
		return &Failure{Message: f.Message, Hint: "Press V and 1, for waves of one host, or leave one out.", Code: f.Code}
	}
	return err
}

// typedFor is what is run for a host of a plan, as it would be typed.
func typedFor(p *rollout.Plan, h rollout.PlanHost) string {
	if h.Activate == nil {
		return "NIX_SSHOPTS=… " + shellquote.Join(p.Typed(h)...)
	}
	a := nixcmd.Activation{Action: p.Action, Path: h.Activate.Path, Generation: h.Activate.Generation, Sudo: h.Sudo}
	on := "ssh " + h.Name + " "
	switch p.Action {
	case nixcmd.Reboot:
		return on + shellquote.Join(a.RootWords("systemctl", "reboot")...)
	case nixcmd.Collect:
		return on + collectLine(a, h.Activate.Delete)
	}
	line := on
	if p.Action.MovesProfile() {
		line += shellquote.Join(a.ProfileWords()...) + " && "
	}
	return line + shellquote.Join(a.SwitchWords(false)...)
}

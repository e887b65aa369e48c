package cli

import (
	"context"
	"errors"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// Refresh implements ui.Backend. Asking for all also reads the inventory again.
func (b *backend) Refresh(hosts []string) {
	b.mu.Lock()
	watch := b.watch
	b.mu.Unlock()
	if len(hosts) == 0 {
		ring(b.reload)
	}
	if watch == nil || len(hosts) == 1 && b.askTouch(hosts[0]) {
		return
	}
	watch.Refresh(hosts...)
}

// Evaluate implements ui.Backend.
func (b *backend) Evaluate(hosts []string) {
	if l := b.inventory(); len(hosts) == 0 && l != nil {
		hosts = l.inv.Names()
		ring(b.reload)
	}
	b.ask(hosts)
}

// Looking implements ui.Backend.
func (b *backend) Looking(yes bool) {
	b.mu.Lock()
	watch := b.watch
	b.mu.Unlock()
	if watch != nil {
		watch.Focus(yes)
	}
}

// Pause implements ui.Backend.
func (b *backend) Pause(paused bool) {
	b.mu.Lock()
	b.paused = paused
	watch := b.watch
	b.mu.Unlock()
	if watch != nil {
		watch.Pause(paused)
	}
	if !paused {
		ring(b.toEval)
		ring(b.runsNow)
	}
}

// Plan implements ui.Backend. The tree is pinned here, so what is confirmed is
// what is deployed.
func (b *backend) Plan(ctx context.Context, r ui.Request) (ui.Proposal, error) {
	if !r.To.IsZero() || r.Action == nixcmd.Reboot || r.Action == nixcmd.Collect {
		return b.planOwn(ctx, r)
	}
	if r.Previewed != "" {
		return b.planPreviewed(ctx, r.Previewed)
	}
	o := &actionOptions{Program: b.Program, Source: b.source, Action: r.Action, BuildOn: r.BuildOn, Insist: r.Insist, Wait: r.Wait, board: b}
	if r.BuildOn == ui.LocalAlone {
		o.BuildOn, o.Alone = rollout.BuildOnLocal, true
	}
	if err := o.choose(r.Choices); err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	b.mu.Lock()
	o.lent = b.links
	b.mu.Unlock()
	hosts := r.Hosts
	if r.Retry != "" {
		v, err := readRun(r.Retry)
		if err != nil {
			return ui.Proposal{}, asFleetError(err)
		}
		if isOwn(&v.Plan) {
			return b.planAgain(ctx, v, r)
		}
		o.repeat(&v.Plan)
		if hosts = unwell(v); len(hosts) == 0 {
			return ui.Proposal{}, &fleet.Error{Message: "no host of that run failed", Hint: "There is nothing to do again; mark hosts to deploy to them."}
		}
	}
	sel, err := fleet.ParseSelection(strings.Join(hosts, ","))
	if err != nil {
		return ui.Proposal{}, err
	}
	ready, err := o.prepare(ctx, sel)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	if !r.Insist {
		ready.plan.Refuse()
	}
	if a := ready.plan.Action; r.Diff && (a.Activates() || a.MovesProfile()) {
		ready.plan = boardPreview(ready.plan, b.Env.Now)
	}
	return b.proposal(ready), nil
}

// unwell are the hosts of a run that are to be done again.
func unwell(v rollout.View) []string {
	var names []string
	for _, t := range v.Tasks {
		if t.Verdict != nil && t.Verdict.Outcome.Again() {
			names = append(names, t.Host)
		}
	}
	return names
}

// levelOf is how the dashboard calls what preflight found.
var levelOf = map[rollout.Level]ui.Level{
	rollout.LevelNote: ui.Note, rollout.LevelWarning: ui.Warning, rollout.LevelConfirm: ui.Confirm, rollout.LevelBlocker: ui.Blocker,
}

// proposal tells what a plan would do, and what to know before saying yes.
func (b *backend) proposal(r *ready) ui.Proposal {
	p := ui.Proposal{Plan: r.plan}
	blocked := map[string]bool{}
	for _, f := range r.plan.Findings {
		blocked[f.Host] = blocked[f.Host] || f.Level == rollout.LevelBlocker
		p.Held = p.Held || f.Level == rollout.LevelBlocker && f.Check == rollout.CheckBusy
		level := levelOf[f.Level]
		if f.Check == rollout.CheckSecurity {
			level = ui.Hole
		}
		p.Findings = append(p.Findings, ui.Finding{Host: f.Host, Level: level, Message: f.Message, Hint: f.Hint})
	}
	for _, h := range r.plan.Hosts {
		if h.Skip != "" {
			if blocked[h.Name] {
				continue // that says it
			}
			p.Findings = append(p.Findings, ui.Finding{Host: h.Name, Level: ui.Warning, Message: h.Skip})
			continue
		}
		p.Commands = append(p.Commands, ui.Command{Host: h.Name, Line: typedFor(&r.plan, h)})
	}
	return p
}

// asFleetError puts any error into the form that the dashboard shows.
func asFleetError(err error) error {
	var e *fleet.Error
	if errors.As(err, &e) {
		return e
	}
	f := explain(err)
	return &fleet.Error{Message: f.Message, Hint: f.Hint, Err: err}
}

var _ ui.Backend = (*backend)(nil)

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// boardPreview is a preview whose findings say what comes after it, instead of
// how carefully that will be done.
func boardPreview(p rollout.Plan, now func() time.Time) rollout.Plan {
	care := careFindings(&p)
	p = previewPlan(p, now)
	p.Findings = append([]rollout.Finding{{Check: rollout.CheckPlan, Level: rollout.LevelNote,
		Message: fmt.Sprintf("nothing is activated yet: when this has ended, D shows what %s would change, and proposes just that", p.Then.Action)}},
		slices.DeleteFunc(slices.Clone(p.Findings), func(f rollout.Finding) bool { return slices.Contains(care, f) })...)
	return p
}

// planPreviewed proposes to activate just what the preview in dir has built,
// and says what that would change.
func (b *backend) planPreviewed(ctx context.Context, dir string) (ui.Proposal, error) {
	v, err := readRun(dir)
	if err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	plan := v.Plan
	if plan.Then == nil || !v.Over() {
		return ui.Proposal{}, &fleet.Error{Message: "that run is no preview that has ended", Hint: "Choose D in the deploy menu for one."}
	}
	plan.Action, plan.Waves, plan.Undo, plan.Confirm = plan.Then.Action, plan.Then.Waves, plan.Then.Undo, plan.Then.Confirm
	plan.Keep, plan.Then, plan.Sockets, plan.Findings = false, nil, "", nil
	plan.User, plan.On = b.Env.User, b.Env.Hostname
	if plan.SSHConfig, err = os.ReadFile(rollout.SSHConfigPath(dir)); err != nil {
		return ui.Proposal{}, asFleetError(err)
	}
	if !takePreviewed(&plan, v) {
		return ui.Proposal{}, &fleet.Error{Message: "there is nothing to activate: no host could be previewed", Hint: "Mend what the preview names, and run it again."}
	}
	o := &actionOptions{Program: b.Program, Source: b.source, Action: plan.Action, board: b}
	changes, err := o.changesOf(ctx, v)
	if err != nil {
		return ui.Proposal{}, asFleetError(errors.Join(err, ctx.Err()))
	}
	plan.Findings = careFindings(&plan)
	p := b.proposal(&ready{store: b.store, plan: plan})
	for _, f := range foldChanges(changes) {
		p.Changes = append(p.Changes, ui.Change{Hosts: f.hosts, Lines: f.lines()})
	}
	return p, nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// ownOptions are those of the actions that need no nixos-rebuild: nothing is
// evaluated, built or copied, and hosts only change among what they have.
type ownOptions struct {
	actionOptions
	name   string // of the command, for the run's ID
	within int    // seconds that a host may take to come back
	DryRun bool   // only say what would be done

	// aim says what is to become of each host of a plan, by what is known of its
	// past, and what is risky about it. An error leaves the host out of it.
	aim func(h *rollout.PlanHost, g fleet.Generations) ([]string, error)
	// weigh asks a host for more than its past before it is aimed at; or nil.
	weigh func(ctx context.Context, host string, r sshutil.Runner, g fleet.Generations) error
	// discover finds out what refuse needs to know; or nil. What stays unknown are findings.
	discover func(ctx context.Context, l *loaded, hosts []string) ([]rollout.Finding, error)
	// refuse judges the plan as a whole before anybody confirms it; or nil.
	refuse func(l *loaded, plan *rollout.Plan) error
	// words say what is to become of a host.
	words func(h rollout.PlanHost, g fleet.Generations) string
}

// register gives a command the flags that these actions have in common.
func (o *ownOptions) register(cmd *cobra.Command) {
	o.registerRun(cmd)
	cmd.Flags().BoolVar(&o.Insist, "insist", false, "also do what is refused otherwise")
}

// runOwn plans a run, asks, starts it and follows it to its end.
func runOwn(ctx context.Context, o *ownOptions) (err error) {
	sel, err := o.checkRun(o.name)
	if err != nil {
		return err
	}
	preparing, stop := o.interruptible(ctx)
	r, pasts, err := o.ready(preparing, sel)
	stop()
	if err != nil {
		return err
	}
	started := false
	defer func() {
		if !started {
			err = errors.Join(err, r.abandon())
		}
	}()
	if o.DryRun {
		o.describe(o.IO.Out, &r.plan, pasts)
		return nil
	}
	o.tell(&r.plan, rollout.LevelWarning, rollout.LevelConfirm, rollout.LevelBlocker)
	if err := o.refusal(&r.plan); err != nil {
		return err
	}
	if !o.Yes {
		o.describe(o.IO.Err, &r.plan, pasts)
		if !o.ask(ctx, &r.plan) {
			return &Failure{Message: "nothing was started", Code: ExitCancelled}
		}
	}
	passwords, err := o.passwords(ctx, r)
	if err != nil {
		return err
	}
	started, err = o.launch(ctx, r, passwords)
	return err
}

// ready makes the plan, and looks at all hosts that it is about.
func (o *ownOptions) ready(ctx context.Context, sel fleet.Selection) (r *ready, pasts map[string]fleet.Generations, err error) {
	if err := o.World.NeedSSH(); err != nil {
		return nil, nil, err
	}
	r = &ready{ssh: o.World.Tools().ssh}
	if r.store, err = openStore(o.World); err != nil {
		return nil, nil, err
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return nil, nil, err
	}
	names, err := o.selected(ctx, l, sel)
	if err != nil {
		return nil, nil, err
	}
	r.plan = o.ownPlan(l, names)
	r.plan.Ask, r.tags = o.mayAsk(), firstTags(l.inv)
	o.applyCare(l, &r.plan)
	pasts, findings, err := o.take(ctx, l, &r.plan)
	if err == nil && o.discover != nil && !o.Insist {
		var unknown []rollout.Finding
		unknown, err = o.discover(ctx, l, names)
		findings = append(findings, unknown...)
	}
	if err == nil {
		err = o.addSSH(l, &r.plan)
	}
	if err != nil {
		return nil, nil, err
	}
	err = o.preflight(ctx, l, nil, r.store, &r.plan)
	if err == nil && o.refuse != nil && !o.Insist {
		err = o.refuse(l, &r.plan)
	}
	if err != nil {
		return nil, nil, errors.Join(err, r.abandon())
	}
	findings = append(findings, careFindings(&r.plan)...)
	r.plan.Findings = append(findings, slices.DeleteFunc(r.plan.Findings, aboutBuilding)...)
	return r, pasts, nil
}

// aboutBuilding says whether a finding is about what such a run does not do.
func aboutBuilding(f rollout.Finding) bool {
	switch f.Check {
	case rollout.CheckReach, rollout.CheckSudo, rollout.CheckBusy, rollout.CheckTouch, rollout.CheckSecurity:
		return false
	}
	return true
}

// ownPlan is a plan without nixos-rebuild, and so without a flake.
func (o *ownOptions) ownPlan(l *loaded, names []string) rollout.Plan {
	plan := rollout.Plan{
		Version: rollout.PlanVersion, ID: rollout.NewID(o.name, o.Env.Now()), Action: o.Action, Created: o.Env.Now(), Invoked: o.Env.Started,
		User: o.Env.User, On: o.Env.Hostname, Parallel: o.Parallel, Masters: o.World.Tools().ssh != "",
		SkipDown: o.SkipUnreachable, Insist: o.Insist, Wait: o.Wait, Thaw: o.Thaw,
		RebootSeconds: o.within,
	}
	for _, name := range names {
		h, _ := l.inv.Host(name)
		p := rollout.PlanHost{Name: name, BuildOn: rollout.BuildOnTarget, Sudo: h.Sudo, ForwardAgent: h.ForwardAgent}
		if h.Frozen != "" && !o.Thaw {
			p.Skip = "it is frozen: " + h.Frozen
		}
		plan.Hosts = append(plan.Hosts, p)
	}
	return plan
}

// take reads the pasts of a plan's hosts and aims at what is to become of each.
// Hosts that cannot be aimed at are refused all together, before anything has
// begun; those that are down are left out if the person wants that.
func (o *ownOptions) take(ctx context.Context, l *loaded, plan *rollout.Plan) (map[string]fleet.Generations, []rollout.Finding, error) {
	var names []string
	for _, h := range plan.Hosts {
		if h.Skip == "" {
			names = append(names, h.Name)
		}
	}
	pasts, errs, err := o.pasts(ctx, l, names, o.weigh)
	if err != nil {
		return nil, nil, err
	}
	var findings []rollout.Finding
	var refused []error
	for i := range plan.Hosts {
		h := &plan.Hosts[i]
		if h.Skip != "" {
			continue
		}
		err := errs[h.Name]
		if o.SkipUnreachable && fleet.IsDown(err) {
			h.Skip = "unreachable: " + strings.TrimPrefix(explain(err).Message, h.Name+": ")
			continue
		}
		var risks []string
		if err == nil {
			risks, err = o.aim(h, pasts[h.Name])
		}
		if err != nil {
			refused = append(refused, onHost(h.Name, err))
		}
		for _, risk := range risks {
			findings = append(findings, rollout.Finding{Host: h.Name, Check: rollout.CheckPlan, Level: rollout.LevelWarning, Message: risk})
		}
	}
	return pasts, findings, refusedTogether(refused, len(plan.Hosts))
}

// refusedTogether is one failure for hosts of which none can be acted on as asked.
func refusedTogether(refused []error, of int) error {
	if len(refused) == 0 {
		return nil
	}
	f := *explain(refused[0])
	f.Code = ExitUsage
	if n := len(refused); n > 1 {
		f.Message += fmt.Sprintf(" (and %d more of %d hosts are refused)", n-1, of)
	}
	f.Message += "; nothing was started"
	return &f
}

// describe says what is about to be done to whom.
func (o *ownOptions) describe(w io.Writer, plan *rollout.Plan, pasts map[string]fleet.Generations) {
	fmt.Fprintf(w, "%s of %s:\n", o.name, count(len(plan.Hosts), "host"))
	for _, h := range plan.Hosts {
		words := "skipped: " + h.Skip
		if h.Skip == "" {
			words = o.words(h, pasts[h.Name])
		}
		fmt.Fprintf(w, "  %s  %s\n", text.Line(h.Name), text.Line(words))
	}
	o.tell(plan, rollout.LevelNote)
}

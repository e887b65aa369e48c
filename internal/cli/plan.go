package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"golang.org/x/sync/errgroup"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// ready is a run that only has to be started.
type ready struct {
	store *rollout.Store
	plan  rollout.Plan
	ssh   string            // the program that made logins for the run, if any
	tags  map[string]string // by host: its first one
}

// abandon ends the logins of a run that is not started after all.
func (r *ready) abandon() error {
	if r.plan.Sockets == "" {
		return nil
	}
	return rollout.CloseSockets(r.ssh, r.plan.Sockets)
}

// request is what is wanted of a run.
type request struct {
	Action          nixcmd.Action
	Hosts           []string // by name
	BuildOn         string   // "" leaves it to fleet.nix
	Parallel        int
	SkipUnreachable bool
	Thaw            bool
	FollowTree      bool
	Insist          bool
	Wait            bool          // for others that are at a host
	Alone           bool          // what is built here is sent to no builders
	Args            []string      // for nixos-rebuild
	Again           *rollout.Plan // each host is built where this one had it built; or nil
}

// rebuild is the nixos-rebuild of this machine.
type rebuild struct {
	program []string
	dialect nixcmd.Dialect
}

// prepare makes the plan and looks at all that it depends on. What takes time
// (the flake, nixos-rebuild's dialect, the logins) is done at the same time.
func (o *actionOptions) prepare(ctx context.Context, sel fleet.Selection) (r *ready, err error) {
	if err := o.World.NeedSSH(); err != nil {
		return nil, err
	}
	r = &ready{ssh: o.World.Tools().ssh}
	if _, err := o.World.Find(o.Source.Flake, o.Source.File); err != nil {
		return nil, err // before all that is looked for at the same time: the first thing to be told, always
	}
	if r.store, err = openStore(o.World); err != nil {
		return nil, err
	}
	early := o.lent
	if early == nil {
		early = o.linkEarly(ctx, r.store, sel)
		defer func() { err = errors.Join(err, early.end()) }()
	}
	var (
		l *loaded
		n rebuild
	)
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		l, err = o.loadFixed(gctx, o.Source)
		return err
	})
	group.Go(func() (err error) {
		n.program, n.dialect, err = o.World.Rebuild(gctx)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	names, err := o.selected(ctx, l, sel)
	if err != nil {
		return nil, err
	}
	r.plan, err = o.plan(l, n, o.request(names))
	if err != nil {
		return nil, err
	}
	r.plan.Ask, r.tags = o.mayAsk(), firstTags(l.inv)
	o.applyCare(l, &r.plan)
	if err := o.preflight(ctx, l, early, r.store, &r.plan); err != nil {
		return nil, errors.Join(err, r.abandon())
	}
	return r, nil
}

func (o *actionOptions) request(names []string) request {
	return request{Action: o.Action, Hosts: names, BuildOn: o.BuildOn, Parallel: o.Parallel,
		SkipUnreachable: o.SkipUnreachable, Thaw: o.Thaw, FollowTree: o.FollowTree, Insist: o.Insist, Wait: o.Wait, Alone: o.Alone, Args: o.Args, Again: o.again}
}

// openStore opens the state directory, or says what is wrong with it.
func openStore(w World) (*rollout.Store, error) {
	store, err := rollout.OpenStore(w.StateDir())
	if err != nil {
		f := explain(err)
		if f.Hint == "" {
			f.Hint = "Make it writable, or set XDG_STATE_HOME to a directory that is."
		}
		return nil, f
	}
	return store, nil
}

// selected are the names of the selected hosts. Hosts are probed, and Nix is
// asked, only when the selection looks at what they alone can tell; and then
// by the present tree, since an action follows.
func (o *actionOptions) selected(ctx context.Context, l *loaded, sel fleet.Selection) ([]string, error) {
	if sel.NeedsFacts() && !o.Source.NoEval {
		if err := o.refreshFacts(ctx, l); err != nil {
			return nil, err
		}
	}
	var statuses map[string]fleet.Status
	if sel.NeedsStatus() {
		var err error
		if statuses, err = o.probe(ctx, l, l.inv.Names(), nil); err != nil {
			return nil, err
		}
	}
	return l.pick(ctx, sel, statuses)
}

// refreshFacts evaluates the hosts of which the present tree's facts are not known.
func (o *actionOptions) refreshFacts(ctx context.Context, l *loaded) error {
	var old []string
	for name, f := range l.facts {
		if f.State == fleet.FactsPending || f.State == fleet.FactsStale {
			old = append(old, name)
		}
	}
	slices.Sort(old)
	facts := maps.Clone(l.facts)
	fleet.Evaluate(ctx, l.low, l.inv, l.cache, old, func(host string, f fleet.Facts) { facts[host] = f })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return o.learn(l, facts)
}

// plan turns a request into a plan.
func (p *Program) plan(l *loaded, n rebuild, want request) (rollout.Plan, error) {
	m := l.inv.Flake
	plan := rollout.Plan{
		Version:  rollout.PlanVersion,
		ID:       rollout.NewID(string(want.Action), p.Env.Now()),
		Action:   want.Action,
		Created:  p.Env.Now(),
		Invoked:  p.Env.Started,
		User:     p.Env.User,
		On:       p.Env.Hostname,
		Program:  n.program,
		Dialect:  n.dialect,
		Parallel: want.Parallel,
		Args:     want.Args,
		Masters:  p.World.Tools().ssh != "",
		Follow:   want.FollowTree,
		SkipDown: want.SkipUnreachable,
		Insist:   want.Insist,
		Wait:     want.Wait,
		Alone:    want.Alone,
		Thaw:     want.Thaw,
		Flake: rollout.Flake{Ref: m.Ref, URL: m.URL, Pinned: m.LockedURL, Fingerprint: m.Fingerprint,
			Revision: m.Revision, Dirty: m.Dirty()},
	}
	if l.inv.Source.Flake == "" {
		return plan, &Failure{Message: "there is no flake to deploy from", Hint: "Start in the flake's directory, or name it with --flake."}
	}
	if m.Dirty() {
		plan.Flake.Pinned = m.URL
	}
	skipped := 0
	for _, name := range want.Hosts {
		h, err := planHost(l, want, name)
		if err != nil {
			return plan, err
		}
		if h.Skip != "" {
			skipped++
		}
		plan.Hosts = append(plan.Hosts, h)
	}
	if skipped == len(plan.Hosts) {
		first := plan.Hosts[0]
		return plan, &Failure{Message: fmt.Sprintf("nothing to do: %s is left out, because %s", first.Name, first.Skip), Hint: skipHint(l, p.World.Self(), first.Name)}
	}
	putLast(&plan)
	return plan, p.addSSH(l, &plan)
}

func skipHint(l *loaded, self, name string) string {
	if h, _ := l.inv.Host(name); h.Frozen != "" {
		return "Add --thaw to act on it all the same."
	}
	return "Select hosts that the flake has; `" + self + " status` lists them."
}

func planHost(l *loaded, want request, name string) (rollout.PlanHost, error) {
	h, _ := l.inv.Host(name)
	buildOn := want.BuildOn
	if want.Again != nil {
		was, _ := want.Again.Host(name)
		buildOn = was.BuildOn
	}
	if buildOn == "" {
		buildOn = h.BuildOn
	}
	if buildOn == "" || buildOn == name {
		buildOn = rollout.BuildOnTarget
	}
	if !l.canBuildOn(buildOn) {
		return rollout.PlanHost{}, usage("Give target, local, or one of: "+strings.Join(l.places(), ", "), "there is no host or builder called %q to build on", buildOn)
	}
	p := rollout.PlanHost{Name: name, BuildOn: buildOn, Sudo: h.Sudo, Substitutes: h.Substitutes, ForwardAgent: h.ForwardAgent}
	if f := l.facts[name]; f.State == fleet.FactsFresh {
		p.Wanted = f.Wanted
	}
	switch {
	case h.Frozen != "" && !want.Thaw:
		p.Skip = "it is frozen: " + h.Frozen
	case !h.InFlake:
		p.Skip = "the flake has no nixosConfigurations entry for it"
	}
	return p, nil
}

func (l *loaded) canBuildOn(where string) bool {
	return where == rollout.BuildOnTarget || where == rollout.BuildOnLocal || slices.Contains(l.places(), where)
}

// places are the names of all machines that could be asked to build.
func (l *loaded) places() []string {
	names := l.inv.Names()
	for _, b := range l.inv.Builders {
		if !slices.Contains(names, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names
}

// putLast marks what the run itself stands on: hosts that build for others of
// the run. Which host is this machine, preflight finds out.
func putLast(p *rollout.Plan) {
	builds := map[string]bool{}
	for _, h := range p.Hosts {
		builds[h.BuildOn] = true
	}
	for i, h := range p.Hosts {
		p.Hosts[i].Last = builds[h.Name]
	}
}

// addSSH gives the plan the ssh configuration of its children.
func (p *Program) addSSH(l *loaded, plan *rollout.Plan) error {
	includes, options, err := p.World.Personal()
	if err != nil {
		return err
	}
	c := sshutil.Config{Hosts: l.inv.SSHHosts(), Includes: includes}
	for i := range c.Hosts {
		c.Hosts[i].ForwardAgent = forwards(plan, c.Hosts[i].Name)
	}
	plan.SSHOpts = options
	plan.SSHConfig, err = c.Render()
	return err
}

// forwards says whether ssh to name forwards the agent: to targets that ask
// for it, and with the old nixos-rebuild to a third machine that builds for
// one, since it copies from there to the target by itself. Nil leaves it to
// the person's own configuration.
func forwards(p *rollout.Plan, name string) *bool {
	for _, h := range p.Hosts {
		third := p.Dialect.Kind == "bash" && h.BuildOn == name
		if h.ForwardAgent && (h.Name == name || third) {
			yes := true
			return &yes
		}
	}
	return nil
}

// planFindings are what the plan itself has a person know before saying yes.
func planFindings(l *loaded, p rollout.Plan) []rollout.Finding {
	var all []rollout.Finding
	warn := func(host, message string) {
		all = append(all, rollout.Finding{Host: host, Check: rollout.CheckPlan, Level: rollout.LevelWarning, Message: message})
	}
	all = append(all, careFindings(&p)...)
	for _, w := range l.inv.Warnings {
		warn("", w)
	}
	for _, h := range p.Hosts {
		if h.ForwardAgent && p.Dialect.Kind == "bash" && h.BuildOn != rollout.BuildOnTarget && h.BuildOn != rollout.BuildOnLocal {
			warn(h.Name, fmt.Sprintf("the agent is forwarded to %s too: this nixos-rebuild copies from there by itself", h.BuildOn))
		}
	}
	return all
}

// commandLine is the command, as it would be typed, for the first host that is acted on; the
// others' differs in their names only.
func commandLine(p *rollout.Plan) string {
	for _, h := range p.Hosts {
		if h.Skip != "" {
			continue
		}
		line := shellquote.Join(p.Typed(h)...)
		if len(p.Hosts) > 1 {
			line += "  (and likewise for the others)"
		}
		return line
	}
	return ""
}

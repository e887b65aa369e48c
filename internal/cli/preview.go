package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// preview builds what the plan would build, in a run of its own that activates
// nothing, shows what would change on each host, and makes the plan one that
// activates just that. An error means that there is nothing left to activate.
func (o *actionOptions) preview(ctx context.Context, r *ready, passwords rollout.Passwords) error {
	show, isAll := o.previewDisplay()
	interruptions := o.Signals()
	defer interruptions.Stop()
	dir, err := r.store.Start(previewPlan(r.plan, o.Env.Now), o.World.Launcher(), passwords)
	if err != nil {
		return errors.Join(err, r.abandon())
	}
	r.plan.Sockets = "" // they went along with the preview
	defer func() { r.plan.ID = rollout.NewID(string(r.plan.Action), o.Env.Now()) }()
	followed := o.follow(ctx, r.store, dir, interruptions, show)
	var code exit
	if followed != nil && (!errors.As(followed, &code) || code == ExitCancelled) {
		return errors.Join(followed, isAll())
	}
	v, err := readRun(dir)
	if err != nil {
		return err
	}
	if !v.Over() || !takePreviewed(&r.plan, v) {
		return errors.Join(isAll(), &Failure{Message: "there is nothing to activate: no host could be previewed",
			Hint: "Mend what the preview names, and run it again.", Code: max(v.ExitCode, ExitFailed)})
	}
	changes, err := o.changesOf(ctx, v)
	if err != nil {
		return err
	}
	if o.JSON {
		return writeChangeEvents(o.IO.Out, v.Plan.ID, o.Env.Now(), changes)
	}
	writeChanges(o.IO, foldChanges(changes))
	return nil
}

// previewPlan is the plan of a run that only builds, copies and shows what
// activating would restart. What it builds is kept for the run that follows.
func previewPlan(p rollout.Plan, now func() time.Time) rollout.Plan {
	p.ID = rollout.NewID(string(nixcmd.DryActivate), now())
	p.Then = &rollout.Then{Action: p.Action, Waves: p.Waves, Undo: p.Undo, Confirm: p.Confirm}
	p.Action, p.Keep = nixcmd.DryActivate, true
	p.Waves, p.Undo, p.Confirm = nil, false, nil
	return p
}

// takePreviewed makes the plan activate what was previewed, and says whether
// any host is left to do.
func takePreviewed(p *rollout.Plan, v rollout.View) bool {
	p.Hosts = append([]rollout.PlanHost{}, p.Hosts...)
	left := false
	for i, h := range p.Hosts {
		t := v.Task(h.Name)
		switch {
		case h.Skip != "":
		case t == nil || t.Verdict == nil || t.Verdict.Outcome != rollout.OutcomeOK || t.Verdict.System == "":
			p.Hosts[i].Skip = "it could not be previewed"
			if t == nil || t.Verdict == nil {
				continue
			}
			p.Hosts[i].Failed = t.Verdict.Outcome == rollout.OutcomeFailed || t.Verdict.Outcome == rollout.OutcomeUnknown
			if t.Verdict.Reason != "" {
				p.Hosts[i].Skip += ": " + t.Verdict.Reason
			}
		default:
			p.Hosts[i].Activate = &rollout.Activation{Path: t.Verdict.System}
			left = true
		}
	}
	return left
}

// hostChanges is what activating would change on one host.
type hostChanges struct {
	host     string
	packages []string // lines as of `nix store diff-closures`
	sum      string
	units    []string   // what would be restarted, and the like
	found    difference // of which the two paths are always known
	compared bool       // or else sum says why not
	told     bool       // units are known, or else say why not
}

// changesOf compares what hosts run with what was previewed, and takes from
// their logs what would restart.
func (o *actionOptions) changesOf(ctx context.Context, v rollout.View) ([]hostChanges, error) {
	hosts, err := o.connect(ctx, v.Dir, &v.Plan)
	if err != nil {
		return nil, err
	}
	all := make([]hostChanges, 0, len(v.Tasks))
	for _, t := range v.Tasks {
		if t.Verdict != nil && t.Verdict.Outcome == rollout.OutcomeOK && t.Verdict.System != "" && t.Before != nil {
			all = append(all, hostChanges{host: t.Host})
		}
	}
	var asking sync.WaitGroup
	for i := range all {
		asking.Go(func() { all[i].compare(ctx, hosts, v) })
	}
	asking.Wait()
	return all, errors.Join(ctx.Err(), hosts.Close())
}

// compare asks the host for both closures. That it cannot is told in their place.
func (c *hostChanges) compare(ctx context.Context, hosts rollout.Connector, v rollout.View) {
	t := v.Task(c.host)
	from, to := t.Before.Running, t.Verdict.System
	c.found = difference{from: side{path: from}, to: side{path: to}}
	units, err := wouldDo(rollout.TextPath(v.Dir, c.host))
	if err != nil {
		units = []string{"what would restart is not known: " + explain(err).Message}
	}
	c.units, c.told = units, err == nil
	if from == to {
		c.sum, c.compared = "it runs this system already", true
		return
	}
	link, err := hosts.Runner(ctx, c.host)
	var found *fleet.Closures
	if err == nil {
		found, err = fleet.ReadClosures(ctx, link, []string{from, to})
	}
	if err != nil {
		c.sum = "its packages could not be compared: " + explain(err).Message
		return
	}
	d := &c.found
	d.before, d.after = found.Of(from), found.Of(to)
	if d.before == nil || d.after == nil {
		c.sum = "its packages could not be compared: a closure is not there"
		return
	}
	c.compared = true
	d.changes, d.sizeFrom, d.size = nixcmd.DiffClosures(d.before, d.after), d.before.Size(), d.after.Size()
	for _, p := range d.changes {
		// Named after its host, the system itself would keep equal hosts apart.
		c.packages = append(c.packages, strings.Replace(p.String(), "nixos-system-"+c.host+":", "nixos-system:", 1))
	}
	c.sum = d.sum()
}

// wouldDo are the lines of a preview's log that say what activating would do.
func wouldDo(log string) ([]string, error) {
	content, err := os.ReadFile(log)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(text.Line(line))
		if strings.HasPrefix(line, "would ") && line != "would activate the configuration..." {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// foldedChanges is the same change on several hosts.
type foldedChanges struct {
	hosts []string
	hostChanges
}

// foldChanges puts hosts together that change alike, in the order of the first of each.
func foldChanges(all []hostChanges) []foldedChanges {
	at := map[string]int{}
	var folded []foldedChanges
	for _, c := range all {
		key := fmt.Sprintf("%q %q", c.packages, c.units)
		if len(c.packages) == 0 {
			key += c.sum
		}
		i, known := at[key]
		if !known {
			i = len(folded)
			at[key] = i
			folded = append(folded, foldedChanges{hostChanges: c})
		}
		folded[i].hosts = append(folded[i].hosts, c.host)
		if folded[i].sum != c.sum { // the same change of closures of other sizes
			folded[i].sum = differing(len(c.packages))
		}
	}
	return folded
}

// writeChanges prints the page that the person decides by.
func writeChanges(s *IO, folded []foldedChanges) {
	for _, line := range changeLines(folded) {
		fmt.Fprintln(s.Out, line)
	}
	io.WriteString(s.Out, "\n") //nolint:errcheck // the next write to it tells
}

func changeLines(folded []foldedChanges) []string {
	var lines []string
	for _, f := range folded {
		lines = append(lines, "", text.Line(strings.Join(f.hosts, ", "))+":")
		for _, l := range f.lines() {
			lines = append(lines, "  "+text.Line(l))
		}
	}
	return lines
}

// lines are all that changes: packages, how much that is, and units.
func (c hostChanges) lines() []string {
	return slices.Concat(c.packages, []string{c.sum}, c.units)
}

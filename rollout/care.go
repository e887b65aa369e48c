package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Confirm makes hosts go back by themselves unless the run finds them well.
type Confirm struct {
	Within  int `json:"withinSeconds"`     // after the activation has ended
	Longest int `json:"activationSeconds"` // that it may take
}

// careful says whether the run looks after a host once it is activated.
func (p *Plan) careful(h PlanHost) bool {
	return p.Action == nixcmd.Reboot || p.changes() && (p.Waves != nil || p.Undo || p.Confirm != nil || len(h.HealthChecks) > 0)
}

// healthFor is how long health checks are tried until they pass.
func (p *Plan) healthFor() time.Duration {
	if p.HealthSeconds > 0 {
		return time.Duration(p.HealthSeconds) * time.Second
	}
	return healthFor
}

// failedBefore are the units that had failed before anything was done.
func (t *task) failedBefore(ctx context.Context) []string {
	if !t.run.plan.careful(t.host) {
		return nil
	}
	r, err := t.read(ctx, true)
	if err != nil {
		t.note("which units have failed before could not be read: " + errText(err))
		return nil
	}
	return r.FailedUnits
}

// care looks after a host that was activated: is it well, and is it to stay so
// or to go back? It returns the verdict as it is then.
func (t *task) care(ctx context.Context, v Verdict) Verdict {
	p := &t.run.plan
	if !p.careful(t.host) || t.before == nil {
		return v
	}
	if p.Action.Activates() && (v.Outcome == OutcomeOK || v.Outcome == OutcomeDegraded) {
		t.checkHealth(ctx, &v)
	}
	armed := t.armed()
	well := v.Outcome == OutcomeOK || v.Outcome == OutcomeReboot || v.Outcome == OutcomeDegraded && !p.Undo
	switch {
	case v.Outcome == OutcomeCancelled: // it stands as it did
		if armed {
			t.letGo(ctx)
		}
	case armed && well:
		t.confirm(ctx, &v)
	case well || !v.Changed && v.Phase != nixcmd.PhaseActivating && len(v.Health) == 0: // nothing was done to it
	case armed || p.Undo:
		t.goBack(ctx, &v, armed)
	}
	return v
}

// goBack undoes what was done to a host, or waits until an armed one has done
// so by itself.
func (t *task) goBack(ctx context.Context, v *Verdict, armed bool) {
	state := ""
	if armed {
		state = t.confirmState(ctx)
	}
	switch {
	case (state == "restoring" || state == "restored") && len(v.Health) == 0 && v.Outcome != OutcomeDegraded:
		v.Reason, v.Hint = "activated, but nobody could log in afterwards in time to confirm it", hintConfirm
	case v.Running != "":
		t.undo(ctx, v)
	}
	switch {
	case !armed:
	case !v.Undone:
		t.awaitRestore(ctx, v)
	default:
		t.letGo(ctx)
	}
}

// letGo disarms a host that stands as it did before.
func (t *task) letGo(ctx context.Context) {
	if err := t.disarm(ctx); err != nil {
		t.note("the host goes on waiting to be confirmed, and will be put back once more: " + errText(err))
	}
}

// checkHealth runs the host's health checks until they pass, and looks for
// units that have failed since.
func (t *task) checkHealth(ctx context.Context, v *Verdict) {
	deadline := t.run.Now().Add(t.run.plan.healthFor())
	for _, line := range t.host.HealthChecks {
		why := t.healthy(ctx, line)
		for why != "" && t.run.Now().Before(deadline) && t.pause(ctx, healthPause) == nil {
			why = t.healthy(ctx, line)
		}
		if why != "" {
			v.Health = append(v.Health, line)
			v.Outcome = OutcomeFailed
			v.Reason = fmt.Sprintf("health check failed: %s: %s", text.Line(line), why)
			v.Hint = "It is deployed all the same. Try the check on the host; --rollback-on-failure undoes what fails it."
			return
		}
	}
	r, err := t.read(ctx, true)
	if err != nil {
		v.Outcome = OutcomeUnknown
		v.Reason, v.Hint = "it could not be read after its activation: "+errText(err), hintLater
		return
	}
	fresh := slices.DeleteFunc(slices.Clone(r.FailedUnits), func(u string) bool { return slices.Contains(t.before.FailedUnits, u) })
	if len(fresh) > 0 && v.Outcome == OutcomeOK {
		v.Outcome, v.Units = OutcomeDegraded, fresh
		v.Reason = "active, but units have failed since: " + strings.Join(fresh, ", ")
		v.Hint = hintUnits(fresh)
	}
}

// healthy runs one health check and says why it fails, or "".
func (t *task) healthy(ctx context.Context, line string) string {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	link, err := t.link(ctx)
	if err == nil {
		var res sshutil.Result
		if res, err = link.Run(ctx, sshutil.Command{Line: line}); err == nil {
			return failure(res)
		}
	}
	t.dropLinks()
	return errText(err)
}

// failure says how a command failed, or "" if it did not.
func failure(res sshutil.Result) string {
	if res.ExitCode == 0 {
		return ""
	}
	why := fmt.Sprintf("it exited with %d", res.ExitCode)
	if said := text.Line(lastLine(string(res.Stderr))); said != "" {
		why += " (" + said + ")"
	}
	return why
}

// pause waits, unless the supervisor is to end.
func (t *task) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errNotRoot says that a command that needs root did not succeed.
var errNotRoot = errors.New("the command failed")

// asRoot runs a command line on the host as root, and fails unless it succeeds.
func (t *task) asRoot(ctx context.Context, line string) (sshutil.Result, error) {
	c := sshutil.Command{Line: nixcmd.ShellLine([]string{"/bin/sh", "-c", line})}
	if t.host.Sudo {
		c.Line = "sudo -n " + c.Line
		if secret := t.run.Passwords[t.host.Name]; secret != nil {
			c.Line, c.Stdin = "sudo --prompt= --stdin "+strings.TrimPrefix(c.Line, "sudo -n "), secret.Line()
		}
	}
	link, err := t.link(ctx)
	if err != nil {
		return sshutil.Result{}, err
	}
	res, err := link.Run(ctx, c)
	if err == nil && res.ExitCode != 0 {
		err = fmt.Errorf("%w: %s", errNotRoot, failure(res))
	}
	return res, err
}

// restoration is the way back to how the host stood before.
func (t *task) restoration(v *Verdict) nixcmd.Restoration {
	r := nixcmd.Restoration{Profile: t.before.Profile, Running: t.before.Running, Action: t.run.plan.Action}
	if v.ProfileMoved || t.run.plan.Action.MovesProfile() {
		r.Generation = t.before.Generation
	}
	return r
}

// undo puts the host back on exactly what it was, and says so in the verdict.
func (t *task) undo(ctx context.Context, v *Verdict) {
	for _, path := range []string{t.before.Profile, t.before.Running} {
		if p, ok := nixcmd.ParseStorePath(path); !ok || string(p) != path {
			v.Reason += "; it cannot be undone, because what it was before is not known"
			return
		}
	}
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskUndoing, Reason: "undoing: " + v.Reason})
	limited, cancel := context.WithTimeout(ctx, undoFor)
	defer cancel()
	res, err := t.asRoot(limited, t.restoration(v).Script())
	t.addToLog(string(res.Stdout) + string(res.Stderr))
	if err != nil && !errors.Is(err, errNotRoot) {
		t.dropLinks()
	}
	t.judgeUndo(ctx, v, err)
}

// judgeUndo reads where the host stands after it was put back.
func (t *task) judgeUndo(ctx context.Context, v *Verdict, undoErr error) {
	r, err := t.readAfter(ctx, evidence{action: t.run.plan.Action, phase: nixcmd.PhaseActivating, before: t.before})
	switch {
	case err != nil:
		v.Outcome, v.Hint = OutcomeUnknown, hintLater
		v.Reason += "; it was to be undone, and cannot be read now: " + errText(err)
	case r.Profile == t.before.Profile && r.Current == t.before.Running:
		v.Outcome, v.Undone = OutcomeFailed, true
		v.Profile, v.Running, v.Changed, v.ProfileMoved = r.Profile, r.Current, false, false
		v.RebootNeeded = r.Reboot != nil && *r.Reboot
		v.Reason += "; undone: " + standing(r) + " again"
	default:
		v.Outcome = OutcomeFailed
		v.Profile, v.Running = r.Profile, r.Current
		v.Reason += "; undoing it failed: " + standing(r)
		if undoErr != nil {
			v.Reason += " (" + errText(undoErr) + ")"
		}
		v.Hint = "Look at it, and go back with `nixfleet-tui rollback`."
	}
}

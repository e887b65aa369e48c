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
)

// bootIDFile is where Linux keeps the id that each boot has for itself.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// exitNotBack is the engine's status when a host did not come back in time.
const exitNotBack = 75

// reboot restarts the host and waits until it is up again, with another boot
// id and with systemd done. Before, it makes sure that the host would still
// boot the system that the person saw.
func (e *engine) reboot(ctx context.Context, what Activation) error {
	a := e.activation(what)
	fmt.Fprintln(e.stderr, a.Begins(e.host.Name)+", by a reboot")
	if err := e.sameBootDefault(ctx, what.Path); err != nil {
		return err
	}
	before, err := e.bootID(ctx)
	if err != nil || before == "" {
		return errors.Join(err, errors.New("the host does not tell its boot id, so it could not be seen to come back"))
	}
	fmt.Fprintln(e.stderr, "restarting; the boot id is "+before)
	// What it answers is of no interest: the connection may end before it does.
	asked, err := e.run(ctx, a.RootWords("systemctl", "reboot"), nil)
	if err == nil && asked != 0 && asked != exitSSH {
		return &stepError{words: a.RootWords("systemctl", "reboot"), status: asked}
	}
	if err := e.awaitBoot(ctx, before); err != nil {
		return err
	}
	e.awaitUnits(ctx)
	fmt.Fprintln(e.stderr, "Done. The host is up again.")
	_, err = fmt.Fprintln(e.stdout, what.Path)
	return err
}

// sameBootDefault makes sure that the profile has not moved since the plan.
func (e *engine) sameBootDefault(ctx context.Context, path string) error {
	words := []string{"readlink", "-f", nixcmd.SystemProfile}
	var out strings.Builder
	status, err := e.run(ctx, words, &out)
	if err != nil {
		return err
	}
	if now := strings.TrimSpace(out.String()); status != 0 || now != path {
		return &stepError{words: words, status: max(status, 1), why: "it would boot another system by now: " + text.Line(now)}
	}
	return nil
}

// bootID asks the host; "" when it did not tell.
func (e *engine) bootID(ctx context.Context) (string, error) {
	var out strings.Builder
	status, err := e.run(ctx, []string{"cat", bootIDFile}, &out)
	if err != nil || status != 0 {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// awaitBoot asks the host for its boot id until that is another one.
func (e *engine) awaitBoot(ctx context.Context, before string) error {
	within := e.plan.rebootFor()
	limit, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	down, said := false, ""
	for {
		now, err := e.bootIDSoon(limit)
		switch {
		case now != "" && now != before:
			fmt.Fprintln(e.stderr, "it is up again; the boot id is "+text.Line(now))
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case limit.Err() != nil && down:
			return &stepError{words: []string{"systemctl", "reboot"}, status: exitNotBack, why: fmt.Sprintf("it has not come back within %s", within)}
		case limit.Err() != nil:
			return &stepError{words: []string{"systemctl", "reboot"}, status: exitNotBack, why: fmt.Sprintf("it was asked to restart and still has not gone down after %s", within)}
		case now == "" && !down:
			down = true
			fmt.Fprintln(e.stderr, "it has gone down")
		case err != nil && !errors.Is(err, context.DeadlineExceeded) && err.Error() != said:
			said = err.Error()
			fmt.Fprintln(e.stderr, "not yet: "+text.Line(said))
		}
		timer := time.NewTimer(rebootPause)
		select {
		case <-timer.C:
		case <-limit.Done():
			timer.Stop()
		}
	}
}

// bootIDSoon is bootID of a host that may answer nothing at all.
func (e *engine) bootIDSoon(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, rebootAsk)
	defer cancel()
	return e.bootID(ctx)
}

// awaitUnits waits until systemd has started what it starts at boot, as long as
// that is worth it: what fails later is not seen.
func (e *engine) awaitUnits(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, unitsFor)
	defer cancel()
	var state strings.Builder
	_, err := e.run(ctx, []string{"systemctl", "is-system-running", "--wait"}, &state)
	switch said := text.Line(strings.TrimSpace(state.String())); {
	case ctx.Err() != nil:
		fmt.Fprintf(e.stderr, "systemd is still starting units after %s\n", unitsFor)
	case err != nil || said == "":
		fmt.Fprintln(e.stderr, "systemd does not tell whether it has started everything")
	default:
		fmt.Fprintln(e.stderr, "systemd says: "+said)
	}
}

// rebootFor is how long a host may take to come back.
func (p *Plan) rebootFor() time.Duration {
	if p.RebootSeconds > 0 {
		return time.Duration(p.RebootSeconds) * time.Second
	}
	return rebootFor
}

// judgeRebooted judges a reboot: by another boot id, and by what was booted.
func (e evidence) judgeRebooted(v *Verdict) {
	v.Decisive = e.found.Decisive
	restarted := e.before != nil && e.after != nil && e.after.BootID != "" && e.after.BootID != e.before.BootID
	switch {
	case e.after == nil && e.notBack():
		v.Outcome = OutcomeUnknown
		v.Reason = "it has not come back from its reboot; last it said: " + errText(e.afterErr)
		v.Hint = "Look at its console. When it answers, `nixfleet-tui runs` tells how it came back."
	case e.after == nil:
		v.Outcome = OutcomeUnknown
		v.Reason = "it was to be restarted, and cannot be read: " + errText(e.afterErr)
		v.Hint = "Look at it again when it answers: `nixfleet-tui runs`."
	case e.before == nil:
		v.Outcome = OutcomeUnknown
		v.Reason = "how it stood before is not known, so nobody can tell whether it was restarted"
		v.Hint = "See since when it is up: `nixfleet-tui exec --on HOST -- uptime`."
	case !restarted && e.cancel:
		v.Outcome, v.Decisive = OutcomeCancelled, nil
		v.Reason = "cancelled; it was not restarted"
	case !restarted:
		v.Outcome = OutcomeFailed
		v.Reason = "it was not restarted"
		if len(v.Decisive) > 0 {
			v.Reason += ": " + strings.TrimPrefix(v.Decisive[0], "error: ")
		}
		v.Hint = firstOf(e.found.Hint, "See what keeps it up: `systemctl list-jobs` and `systemd-inhibit --list` on the host.")
	case v.System != "" && e.after.Current != v.System:
		v.Outcome = OutcomeFailed
		v.Reason = "it came back with another system than its boot default: " + standing(e.after)
		v.Hint = "Its boot loader may have another default, or could not be written: look at the boot menu, and at `nixfleet-tui generations`."
	default:
		v.Outcome, v.Decisive = OutcomeOK, nil
		v.Changed = true
	}
}

// notBack says that the host was waited for already, and in vain.
func (e evidence) notBack() bool {
	return e.action == nixcmd.Reboot && e.exit != nil && *e.exit == exitNotBack
}

func firstOf(words ...string) string {
	if i := slices.IndexFunc(words, func(w string) bool { return w != "" }); i >= 0 {
		return words[i]
	}
	return ""
}

// Together are the hosts of each wave: those that may be at work at the same
// time. Of a run that takes one host at a time each is alone.
func (p *Plan) Together() [][]string {
	tasks := make([]waveTask, len(p.Hosts))
	for i, h := range p.Hosts {
		tasks[i] = waveTask{name: h.Name, last: h.Last, skip: h.Skip != ""}
	}
	waves := p.Waves
	if p.Parallel == 1 {
		waves = &Waves{Canary: 1, Size: 1}
	} else if waves == nil {
		waves = &Waves{}
	}
	var all [][]string
	for _, wave := range waves.split(tasks) {
		var names []string
		for _, t := range wave {
			names = append(names, t.name)
		}
		all = append(all, names)
	}
	return all
}

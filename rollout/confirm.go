package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// armed says whether the host undoes its activation by itself unless it is told
// not to.
func (t *task) armed() bool { return readable(t.file(".armed")) }

// showArmed tells viewers that the host is armed, once.
func (t *task) showArmed() {
	c := t.run.plan.Confirm
	if c == nil || t.run.state(t.host.Name).Armed || !t.armed() {
		return
	}
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskArmed,
		Reason: fmt.Sprintf("it undoes this by itself unless it is confirmed within %d s of its activation", c.Within)})
}

// confirm tells the host that all is well: by a new login and sudo, so that an
// sshd, a firewall or a sudo that the new system broke undoes itself.
func (t *task) confirm(ctx context.Context, v *Verdict) {
	err := t.disarm(ctx)
	if err == nil {
		t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskConfirmed, Reason: "confirmed by a new login"})
		return
	}
	v.Outcome = OutcomeFailed
	v.Reason, v.Hint = "activated, but it could not be confirmed: "+errText(err), hintConfirm
	t.awaitRestore(ctx, v)
}

// hintConfirm is what a system that undid itself asks for.
const hintConfirm = "See what the new system does to its network, firewall, sshd and sudo before you try again."

// disarm ends the host's watch, as long as that is not too late.
func (t *task) disarm(ctx context.Context) error {
	limit := t.run.Now().Add(time.Duration(t.run.plan.Confirm.Within) * time.Second)
	for {
		err := t.disarmOnce(ctx)
		if err == nil {
			return nil
		}
		late := t.confirmState(ctx)
		if !t.run.Now().Before(limit) || late == "restoring" || late == "restored" || t.pause(ctx, confirmPause) != nil {
			return err
		}
		t.note("could not be confirmed yet: " + errText(err))
	}
}

func (t *task) disarmOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	t.dropLinks()
	if _, err := t.reach(ctx); err != nil {
		return err
	}
	_, err := t.asRoot(ctx, nixcmd.ConfirmLine)
	return err
}

// confirmState is how far the watch on the host has come: "armed",
// "confirmed", "restoring", "restored", or "" when that cannot be read.
func (t *task) confirmState(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	link, err := t.link(ctx)
	if err != nil {
		return ""
	}
	res, err := link.Run(ctx, sshutil.Command{Line: nixcmd.ConfirmStateLine})
	if err != nil {
		return ""
	}
	for _, state := range []string{"restored", "restoring", "confirmed", "armed"} {
		for file := range strings.FieldsSeq(string(res.Stdout)) {
			if file == state {
				return state
			}
		}
	}
	return ""
}

// awaitRestore waits until the host has put itself back, and says so.
func (t *task) awaitRestore(ctx context.Context, v *Verdict) {
	c := t.run.plan.Confirm
	t.note("waits for the host to undo it by itself: " + v.Reason)
	deadline := t.run.Now().Add(time.Duration(c.Within)*time.Second + restoreFor)
	for t.run.Now().Before(deadline) {
		t.dropLinks() // what broke its logins may be undone now
		if t.confirmState(ctx) == "restored" {
			t.judgeUndo(ctx, v, nil)
			t.addToLog(t.restoreLog(ctx))
			if v.Undone {
				v.Reason = strings.Replace(v.Reason, "; undone: ", "; the host undid it by itself: ", 1)
			}
			return
		}
		if t.pause(ctx, verifyPause) != nil {
			return
		}
	}
	if v.Running == "" {
		v.Outcome = OutcomeUnknown
	}
	v.Reason += "; it should have undone it by itself by now, and that could not be seen"
	v.Hint = hintLater
}

// restoreLog is what the host noted while it put itself back.
func (t *task) restoreLog(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	link, err := t.link(ctx)
	if err != nil {
		return ""
	}
	res, err := link.Run(ctx, sshutil.Command{Line: "cat " + nixcmd.ConfirmDir + "/log"})
	if err != nil {
		return ""
	}
	return string(res.Stdout)
}

// addToLog keeps what undoing printed below what was undone, in the raw log and
// in its readable form.
func (t *task) addToLog(printed string) {
	if strings.TrimSpace(printed) == "" {
		return
	}
	printed = strings.TrimSuffix(nixcmd.UndoBegins+"\n"+printed, "\n") + "\n"
	var shown strings.Builder
	for line := range strings.Lines(printed) {
		shown.WriteString(text.Styled(strings.TrimRight(line, "\r\n")) + "\n")
	}
	err := errors.Join(appendTo(t.file(".log"), printed), appendTo(t.file(".txt"), shown.String()))
	if err != nil {
		t.note("what undoing it printed could not be kept: " + err.Error())
	}
}

func appendTo(path, content string) error {
	f, err := openAppend(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}

// arm is the engine's part: the host begins to watch over itself, and the run
// directory says so.
func (e *engine) arm(ctx context.Context) error {
	c := e.plan.Confirm
	script := nixcmd.Confirmation{Action: e.plan.Action, Within: c.Within, Longest: c.Longest}.ArmScript()
	words := e.activation(Activation{}).RootWords("/bin/sh", "-c", script)
	status, err := e.run(ctx, words, nil)
	if err != nil {
		return err
	}
	if status != 0 {
		return &stepError{words: []string{"nixfleet-confirm"}, status: status, why: "the host could not be made to watch over itself, so nothing was activated"}
	}
	fmt.Fprintf(e.stderr, "%s goes back by itself unless it is confirmed within %d s\n", e.host.Name, c.Within)
	return os.WriteFile(e.dir.host(e.host.Name, ".armed"), nil, 0o600)
}

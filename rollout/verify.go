package rollout

import (
	"context"
	"io"
	"os"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// verify asks the host how it stands after nixos-rebuild has ended, and judges.
func (t *task) verify(ctx context.Context, end ending) (Verdict, error) {
	t.enter(nixcmd.PhaseVerifying)
	defer t.endLastLook()
	e := t.evidence(end)
	t.regainLock()
	if e.cutOff() {
		t.dropLinks() // ours go the same way; waiting for them would only take longer
	}
	if t.cancelled {
		t.endLeftovers(ctx, e.found)
	}
	if e.touches {
		if e.after, e.afterErr = t.readAfter(ctx, e); ctx.Err() != nil {
			return Verdict{}, ctx.Err()
		}
	}
	t.askJournal(ctx, &e)
	if e.wentWell() && e.built() == "" {
		e.wanted = t.evaluateWanted(ctx)
	}
	if e.wentWell() && e.action == nixcmd.Build {
		e.valid, e.validErr = t.validWhereBuilt(ctx, e.built())
	}
	v := t.care(ctx, judge(e))
	t.root(ctx, v)
	return v, ctx.Err()
}

// evidence is what the task itself left; what the host says is still missing.
func (t *task) evidence(end ending) evidence {
	return evidence{
		action: t.run.plan.Action, exit: end.exit, phase: end.decoder.Phase(), idle: idle(end.decoder), found: end.decoder.Findings(),
		out: end.out, wanted: t.wanted(), before: t.before, cancel: t.cancelled, touches: t.touches(),
		log: LogPath(t.run.Dir, t.host.Name),
	}
}

// askJournal adds how the activation's unit ended, where nobody else told.
func (t *task) askJournal(ctx context.Context, e *evidence) {
	if e.lost() && e.after != nil && t.before != nil && !t.before.HostTime.IsZero() {
		e.unitEnded, e.unitStatus = t.journal(ctx, t.before.HostTime)
	}
}

// resolve judges again a task that ended long ago, by its files and by how the
// host stands now. It says nothing of it in the events before it knows.
func (t *task) resolve(ctx context.Context) (Verdict, error) {
	decoder := nixcmd.NewLogDecoder(t.run.plan.Action, t.run.Now)
	log, err := os.Open(t.file(".log"))
	if err != nil {
		return Verdict{}, err
	}
	defer log.Close()
	if _, err := io.Copy(decoding{decoder}, log); err != nil {
		return Verdict{}, err
	}
	decoder.Close(nil)
	end := ending{decoder: decoder, out: t.printed()}
	status, ok, err := t.run.dir.readExit(t.host.Name)
	if err != nil {
		return Verdict{}, err
	}
	if ok {
		end.exit = &status.code
	}
	e := t.evidence(end)
	if e.after, e.afterErr = t.readOnce(ctx, true); e.afterErr != nil {
		return Verdict{}, e.afterErr
	}
	t.askJournal(ctx, &e)
	return judge(e), nil
}

// decoding feeds a decoder for what it finds; the readable form is not needed.
type decoding struct{ decoder *nixcmd.LogDecoder }

func (d decoding) Write(p []byte) (int, error) {
	d.decoder.Write(nil, p)
	return len(p), nil
}

// wanted is W of the plan, unless the person's own arguments may have changed
// what was built.
func (t *task) wanted() string {
	if t.host.Activate != nil {
		return t.host.Activate.Path
	}
	if len(t.run.plan.Args) > 0 {
		return ""
	}
	return t.host.Wanted
}

func (t *task) evaluateWanted(ctx context.Context) string {
	if len(t.run.plan.Args) > 0 || t.run.Wanted == nil {
		return ""
	}
	w, err := t.run.Wanted(ctx, t.run.plan.Flake.Pinned, t.host.Name)
	if err != nil {
		t.note("the wanted system could not be evaluated: " + err.Error())
	}
	return w
}

// regainLock takes the machine's lock for an adopted task, whose processes
// have held it until now. If another run was faster, the reading that follows
// still shows how the host stands.
func (t *task) regainLock() {
	if t.machine != nil || t.before == nil || t.before.Machine == "" {
		return
	}
	f, err := lockNow(t.run.Store.machineLock(t.before.Machine))
	if err != nil {
		t.note("the machine's lock could not be taken: " + err.Error())
		return
	}
	t.machine = &machineLock{id: t.before.Machine, file: f}
}

// readAfter reads the host until it answers and no activation of ours runs on
// it any more, as long as that is worth waiting for. A run that went well mostly
// needs no more than one look.
func (t *task) readAfter(ctx context.Context, e evidence) (*fleet.Reading, error) {
	deadline := t.run.Now().Add(verifyFor)
	if c := t.run.plan.Confirm; c != nil && t.armed() {
		deadline = deadline.Add(time.Duration(c.Within) * time.Second)
	}
	read := t.read
	if e.cutOff() {
		read = t.readDropping // the connections are new: a second attempt would only take longer
	}
	if e.wentWell() && e.built() != "" {
		r, err := t.readLast(ctx, e)
		switch {
		case err != nil:
			t.dropLinks()
			read = t.readDropping
		case e.settledBy(r):
			return r, nil
		}
	}
	told := ""
	for {
		r, err := read(ctx, !e.wentWell())
		if err == nil {
			e.after = r
		}
		settled := err == nil && !(r.Switching && t.run.plan.disturbs())
		worthwhile := (e.mayHaveMoved() || e.wentWell()) && !e.notBack() && e.action != nixcmd.Collect // of which the host tells nothing
		if settled || !worthwhile || isRefused(err) || !t.run.Now().Add(verifyPause).Before(deadline) {
			return r, err
		}
		if err != nil {
			if reason, _ := reasonOf(err); reason != told { // once, however long it takes
				t.note("waits for the host to answer: " + reason)
				told = reason
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(verifyPause):
		}
	}
}

// isRefused says whether waiting will not help: the host is there, but does
// not let us in.
func isRefused(err error) bool {
	if err == nil {
		return false
	}
	s := fleet.StatusOf(fleet.Status{}, err, time.Time{}).State
	return s == fleet.StateAuth || s == fleet.StateHostKey
}

// validWhereBuilt says whether the path is there where it was built.
func (t *task) validWhereBuilt(ctx context.Context, path string) (bool, error) {
	if _, ok := nixcmd.ParseStorePath(path); !ok {
		return false, nil
	}
	where := t.host.buildHost()
	if where == "" {
		return readable(path), nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	link, err := t.run.conn.Runner(ctx, where)
	if err != nil {
		return false, err
	}
	res, err := link.Run(ctx, sshutil.Command{Line: "test -e " + path})
	return err == nil && res.ExitCode == 0, err
}

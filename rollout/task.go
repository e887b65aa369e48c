package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// task is the supervisor's work on one host, from its start to its verdict.
type task struct {
	run  *run
	host PlanHost

	requests  chan request // from the loop; answered by whatever stage the task is in
	place     place        // among those that may run at once; guarded by the run's mutex
	admitted  chan struct{}
	evaluated atomic.Bool  // its evaluation is over: the queue may start another
	computes  time.Time    // until when it is taken to keep a processor busy if it has not evaluated; guarded by the run's mutex
	began     time.Time    // when nixos-rebuild did; zero: another supervisor has seen that
	drv       atomic.Value // string: the toplevel derivation, once it is known
	machine   *machineLock // until the verdict stands
	master    *sshutil.Master
	before    *Before // nil: not read
	phase     nixcmd.Phase
	cancelled bool            // an interrupt was sent
	early     <-chan struct{} // closed when an early root was tried; nil without
	last      *lastLook       // nil: not begun
	peak      int64           // bytes of memory that nixos-rebuild took; 0: not known
}

func newTask(r *run, h PlanHost) *task {
	seen := r.state(h.Name)
	return &task{run: r, host: h, requests: make(chan request, 8), admitted: make(chan struct{}, 1), before: seen.Before, phase: seen.Phase}
}

// work does the task, or what is left of it after an adoption. An error means
// that the supervisor is to end, so that nothing can be said of the task.
func (t *task) work(ctx context.Context) (Verdict, error) {
	var exited <-chan struct{} // nil when nixos-rebuild is not a grandchild of ours
	if !t.launched(isHeld) {
		if v, err := t.prepare(ctx); v != nil || err != nil {
			return deref(v), err
		}
		var v *Verdict
		var err error
		if exited, v, err = t.launch(ctx); v != nil || err != nil {
			return deref(v), err
		}
		t.began = t.run.Now()
	}
	t.computesFor(evaluatesFor)
	end, err := t.watch(ctx, exited)
	if err != nil {
		return Verdict{}, err
	}
	return t.verify(ctx, end)
}

func deref(v *Verdict) Verdict {
	if v == nil {
		return Verdict{}
	}
	return *v
}

// launched says whether nixos-rebuild was started, by whatever a supervisor or
// task parent left that was killed at whatever moment. held says whether a lock
// is held.
func (t *task) launched(held func(path string) (bool, error)) bool {
	if alive, err := held(t.file(".alive")); err == nil && alive {
		return true
	}
	if _, ok, err := t.run.dir.readExit(t.host.Name); err == nil && ok {
		return true
	}
	if info, err := os.Stat(t.file(".log")); err == nil && info.Size() > 0 {
		return true // it ended before anybody noted that it ran
	}
	return t.run.state(t.host.Name).PID != 0 || readable(t.file(".pid"))
}

func (t *task) file(ending string) string { return t.run.dir.host(t.host.Name, ending) }

// touches says whether the host itself takes part in the action.
func (t *task) touches() bool {
	a := t.run.plan.Action
	return a.Activates() || a.MovesProfile() || a == nixcmd.DryActivate || t.host.buildHost() == t.host.Name
}

// release gives back what is held until the verdict stands. That connections
// end, and what was learned is kept, is nothing that the end of the run waits for.
func (t *task) release() {
	if t.machine != nil {
		t.machine.release()
	}
	t.run.farewells.Go(func() {
		t.run.note("keeping the memory that "+t.host.Name+" took", t.run.peaks.learn(t.run.plan.Flake.URL, t.host.Name, t.peak))
		if err := t.endLinks(); err != nil {
			t.run.strays.Store(true)
			t.run.note("closing the shared connection to "+t.host.Name, err)
		}
	})
}

func (t *task) enter(p nixcmd.Phase) {
	if p != t.phase || t.run.state(t.host.Name).Started.IsZero() {
		t.phase = p
		t.run.emit(Event{Event: EventPhase, Host: t.host.Name, Phase: p})
	}
}

func (t *task) note(reason string) {
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskNote, Reason: reason})
}

// verdict is a verdict on a task of which nixos-rebuild was never started.
func (t *task) verdict(o Outcome, reason, hint string) *Verdict {
	return &Verdict{Outcome: o, Phase: t.phase, Reason: reason, Hint: hint, Log: LogPath(t.run.Dir, t.host.Name)}
}

// link is the connection that our own reads use: the one that nixos-rebuild
// shares, or else one of our own.
func (t *task) link(ctx context.Context) (sshutil.Runner, error) { return t.links()(ctx) }

// links is link for another goroutine, as things stand now.
func (t *task) links() func(context.Context) (sshutil.Runner, error) {
	if m := t.master; m != nil {
		return func(context.Context) (sshutil.Runner, error) { return m, nil }
	}
	return func(ctx context.Context) (sshutil.Runner, error) { return t.run.conn.Runner(ctx, t.host.Name) }
}

// dropLinks forgets connections that may be dead. The shared one is ended: it
// would keep others from trying afresh.
func (t *task) dropLinks() {
	if err := t.endLinks(); err != nil {
		t.run.strays.Store(true)
		t.note("closing the shared connection: " + err.Error())
	}
}

func (t *task) endLinks() (err error) {
	if t.master != nil {
		err = t.master.Close()
		t.master = nil
	}
	t.run.conn.Drop(t.host.Name)
	return err
}

// read asks the host how it stands, over a fresh connection if the old one has died.
func (t *task) read(ctx context.Context, full bool) (*fleet.Reading, error) {
	r, err := t.readDropping(ctx, full)
	if err == nil || ctx.Err() != nil {
		return r, err
	}
	return t.readDropping(ctx, full)
}

// readDropping asks once, and leaves no connection behind that has failed.
func (t *task) readDropping(ctx context.Context, full bool) (*fleet.Reading, error) {
	r, err := t.readOnce(ctx, full)
	if err != nil {
		t.dropLinks()
	}
	return r, err
}

func (t *task) readOnce(ctx context.Context, full bool) (*fleet.Reading, error) {
	return t.readBy(ctx, func(ctx context.Context, link sshutil.Runner) (fleet.Reading, error) {
		return fleet.Read(ctx, link, full, t.run.Now)
	})
}

func (t *task) readBy(ctx context.Context, read reads) (*fleet.Reading, error) {
	return t.readOver(ctx, t.link, read)
}

// reads is one way to read a host.
type reads func(context.Context, sshutil.Runner) (fleet.Reading, error)

func (t *task) readOver(ctx context.Context, link func(context.Context) (sshutil.Runner, error), read reads) (*fleet.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	runner, err := link(ctx)
	if err != nil {
		return nil, err
	}
	r, err := read(ctx, runner)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.host.Name, err)
	}
	return &r, nil
}

// reasonOf is an error's sentence and hint, without the host's name before it.
func reasonOf(err error) (reason, hint string) {
	var (
		e *sshutil.Error
		u *unansweredError
	)
	switch {
	case errors.As(err, &u):
		return u.reason, u.hint
	case errors.As(err, &e):
		return e.Message, e.Hint
	}
	return err.Error(), ""
}

package rollout

import (
	"context"
	"fmt"
	"time"

	"nixfleet-tui/fleet"
)

// place is whether a task counts among those that may run at once.
type place int

const (
	placeTaken  place = iota // it does
	placeLent                // it waits for somebody else, and another may run meanwhile
	placeWanted              // it could go on as soon as there is room again
)

// stepAside lends the task's place to others, as long as it waits for somebody
// who has nothing to do with this run: that may take as long as it likes.
func (t *task) stepAside() {
	t.run.mu.Lock()
	t.place = placeLent
	t.run.mu.Unlock()
	t.run.nudge()
}

// comeBack waits until the queue gives the task a place again.
func (t *task) comeBack(ctx context.Context) error {
	t.run.mu.Lock()
	t.place = placeWanted
	t.run.mu.Unlock()
	t.run.nudge()
	select {
	case <-t.admitted:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit gives a task that stepped aside its place again, and says whether
// there is such a task.
func (r *run) admit(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, running := r.working[name]
	if running {
		t.place, t.computes = placeTaken, r.Now().Add(preparesFor)
		t.admitted <- struct{}{} // it has room: a task is admitted once for each time that it asks
	}
	return running
}

// outlast waits for the end of an activation that is not ours, if the plan
// says to wait for others, and returns how the host stands then. Nobody tells
// when it has ended, so the host is asked, for as long as is bearable.
func (t *task) outlast(ctx context.Context, r *fleet.Reading) (*fleet.Reading, error) {
	if !t.run.plan.Wait || !t.inTheWay(r) {
		return r, nil
	}
	t.wait("waits for an activation on it that somebody else has started")
	t.stepAside()
	tick := time.NewTicker(othersPause)
	defer tick.Stop()
	for deadline := t.run.Now().Add(othersFor); t.inTheWay(r) && t.run.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		var err error
		if r, err = t.read(ctx, false); err != nil {
			return nil, err
		}
	}
	return r, t.comeBack(ctx)
}

// inTheWay says whether somebody activates a system where ours is to go.
func (t *task) inTheWay(r *fleet.Reading) bool { return t.run.plan.inTheWay(r) }

func (p *Plan) inTheWay(r *fleet.Reading) bool { return r.Switching && p.disturbs() }

// wait says what the task waits for.
func (t *task) wait(reason string) {
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskWaiting, Reason: reason})
}

// otherIsActivating is the verdict on a host at which somebody else is.
func (t *task) otherIsActivating() *Verdict {
	hint := "Wait until it has ended (systemctl status nixos-rebuild-switch-to-configuration), or let the run wait for it with --wait-for-others."
	if t.run.plan.Wait {
		return t.verdict(OutcomeFailed, fmt.Sprintf("somebody else has been activating a system on it for more than %s", othersFor),
			"See what it waits for: systemctl status nixos-rebuild-switch-to-configuration")
	}
	return t.verdict(OutcomeFailed, "somebody else is activating a system on it right now", hint)
}

package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// prepare does what precedes nixos-rebuild: it reads the host, takes the
// machine's lock and makes sure that nobody else is at it. A verdict means
// that the task ends here.
func (t *task) prepare(ctx context.Context) (*Verdict, error) {
	var v *Verdict
	if untilAsked(ctx, t.requests, func(stage context.Context) { v = t.prepareHost(stage) }) {
		t.answer(true, "cancelled before nixos-rebuild was started")
		return t.verdict(OutcomeCancelled, "cancelled before nixos-rebuild was started; nothing on the host has changed", ""), nil
	}
	return v, ctx.Err()
}

// untilAsked does some work, which a request to cancel ends wherever it waits. It
// says whether one came: it has been taken then, however far the work had come.
func untilAsked(ctx context.Context, requests <-chan request, work func(context.Context)) (asked bool) {
	stage, stop := context.WithCancel(ctx)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		select {
		case <-requests:
			asked = true
			stop()
		case <-stage.Done():
		}
	}()
	work(stage)
	stop()
	<-heard
	return asked
}

func (t *task) prepareHost(ctx context.Context) *Verdict {
	t.enter(nixcmd.PhasePreparing)
	if !t.touches() {
		return t.checkTree(ctx)
	}
	if t.takeSeen() {
		t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskPrepared, Before: t.before})
		return t.checkTree(ctx)
	}
	reading, err := t.reach(ctx)
	if err != nil {
		return t.unreachable(err)
	}
	waited, err := t.lockMachine(ctx, machineID(reading, t.host.Name))
	if err != nil {
		return t.verdict(OutcomeFailed, "its machine could not be locked: "+err.Error(), "")
	}
	if waited { // somebody else was at it, and may have ended the login with it
		if reading, err = t.reach(ctx); err != nil {
			return t.unreachable(err)
		}
	}
	if reading, err = t.outlast(ctx, reading); err != nil {
		return t.unreachable(err)
	}
	before := beforeBy(reading, t.machine.id)
	before.FailedUnits = t.failedBefore(ctx)
	t.before = &before
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskPrepared, Before: t.before})
	t.compare(reading)
	if t.inTheWay(reading) {
		return t.otherIsActivating()
	}
	return t.checkTree(ctx)
}

// compare notes what has become of the host since the person saw how it stood.
func (t *task) compare(now *fleet.Reading) {
	if seen := t.host.Generation; seen != 0 && now.Generation != seen {
		t.note(fmt.Sprintf("generation %d has appeared since preflight, which saw %d", now.Generation, seen))
	}
}

// unreachable judges a host that could not be read at the start.
func (t *task) unreachable(err error) *Verdict {
	reason, hint := reasonOf(err)
	if t.run.plan.SkipDown && fleet.IsDown(err) {
		return t.verdict(OutcomeSkipped, "unreachable: "+reason, hint)
	}
	return t.verdict(OutcomeFailed, "it "+shut(err)+": "+reason, hint)
}

// shut is what a machine does that could not be looked at, to go after its name.
func shut(err error) string {
	var asked *unansweredError
	switch fleet.StatusOf(fleet.Status{}, err, time.Time{}).State {
	case fleet.StateHostKey:
		if !errors.As(err, &asked) { // what a person was asked says it by itself
			return "shows a host key that is not accepted"
		}
	case fleet.StateAuth:
		return "does not let us in"
	}
	return "cannot be reached"
}

// checkTree makes sure that a dirty tree is still the one that was planned. A
// clean one is pinned and cannot move.
func (t *task) checkTree(ctx context.Context) *Verdict {
	f := t.run.plan.Flake
	if t.host.Activate != nil || !f.Dirty || t.run.plan.Follow || f.Fingerprint == "" {
		return nil
	}
	now, err := t.run.Fingerprint(ctx, f.URL)
	switch {
	case err != nil:
		return t.verdict(OutcomeFailed, "the flake cannot be read any more: "+err.Error(), "")
	case now != f.Fingerprint:
		return t.verdict(OutcomeSkipped, "the tree changed since the run began",
			"Run it again, or give --follow-tree to deploy whatever the tree holds when a host's turn comes.")
	}
	return nil
}

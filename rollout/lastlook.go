package rollout

import (
	"context"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// lastLook is a reading of the host that begins when nixos-rebuild says that
// all is done: it still has to end its logins and to remove its files, and
// nobody needs to wait for both one after the other.
type lastLook struct {
	begun time.Time
	stop  context.CancelFunc
	got   chan lookedLast // takes one
}

type lookedLast struct {
	reading fleet.Reading
	err     error
}

// ear hears of what is written into a task's log while its host activates.
// Before that a log can grow a thousand times a second, and who looks at it at
// the beat misses nothing that matters.
type ear struct {
	*Bell
	opened bool
}

// follow listens as long as it is worth it.
func (e *ear) follow(log string, phase nixcmd.Phase, found nixcmd.Findings) {
	switch {
	case found.Done:
		e.Hush()
	case phase == nixcmd.PhaseActivating && !e.opened:
		e.Bell, e.opened = NewBell(log), true
	}
}

// lookAhead begins the last look when it is time for it.
func (t *task) lookAhead(ctx context.Context, found nixcmd.Findings) {
	a := t.run.plan.Action
	if !found.Done || t.last != nil || t.cancelled || !a.Activates() && !a.MovesProfile() {
		return
	}
	ctx, stop := context.WithTimeout(ctx, readTimeout)
	last := &lastLook{begun: t.run.Now(), stop: stop, got: make(chan lookedLast, 1)}
	t.last = last
	link := t.links() // now: who drops a link is in our goroutine
	t.run.tasks.Go(func() {
		defer stop()
		var got lookedLast
		var runner sshutil.Runner
		if runner, got.err = link(ctx); got.err == nil {
			got.reading, got.err = fleet.ReadSystems(ctx, runner, t.run.Now)
		}
		last.got <- got
	})
}

// readLast is what the host runs and would boot after a task that went well: by
// the look that began at nixos-rebuild's last word, or by one that begins now.
// Any program that writes into the log can say that word, so what was seen long
// before the end counts for nothing.
func (t *task) readLast(ctx context.Context) (*fleet.Reading, error) {
	if last := t.last; last != nil && t.run.Now().Sub(last.begun) < lastLookFor {
		select {
		case got := <-last.got:
			if got.err == nil {
				return &got.reading, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return t.readSystems(ctx)
}

// endLastLook gives up a look that nobody wants any more.
func (t *task) endLastLook() {
	if t.last != nil {
		t.last.stop()
	}
}

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
	reading *fleet.Reading
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

// lookAhead begins the last look when it is time for it, and gives it up when
// the word that it began at was not the last.
func (t *task) lookAhead(ctx context.Context, found nixcmd.Findings) {
	a := t.run.plan.Action
	switch {
	case !found.Done:
		t.endLastLook()
		return
	case t.last != nil, t.cancelled, !a.Activates() && !a.MovesProfile():
		return
	}
	ctx, stop := context.WithCancel(ctx)
	last := &lastLook{begun: t.run.Now(), stop: stop, got: make(chan lookedLast, 1)}
	t.last = last
	link := t.links() // now: who drops a link is in our goroutine
	t.run.tasks.Go(func() {
		defer stop()
		r, err := t.readOver(ctx, link, t.systems)
		last.got <- lookedLast{r, err}
	})
}

// readLast is what the host runs and would boot after a task that went well: by
// the look that began at nixos-rebuild's last word, or by one that begins now.
// Any program that writes into the log can say that word, so what was seen long
// before the end counts for nothing. A look that failed is not done again here:
// a host that is silent has had its time.
func (t *task) readLast(ctx context.Context, e evidence) (*fleet.Reading, error) {
	last := t.last
	if last == nil || !e.found.Done || t.run.Now().Sub(last.begun) >= lastLookFor {
		return t.readBy(ctx, t.systems)
	}
	select {
	case got := <-last.got:
		return got.reading, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// systems asks only what the host runs and would boot.
func (t *task) systems(ctx context.Context, link sshutil.Runner) (fleet.Reading, error) {
	return fleet.ReadSystems(ctx, link, t.run.Now)
}

// endLastLook gives up a look that nobody wants any more, if there is one.
func (t *task) endLastLook() {
	if t.last != nil {
		t.last.stop()
		t.last = nil
	}
}

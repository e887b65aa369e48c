package cli

import (
	"context"
	"path/filepath"
	"time"

	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

func goesOn(v rollout.View) bool { return !v.Over() && !v.Unreadable() }

// listRuns keeps the list of runs true until ctx ends, and takes up runs that
// have lost their supervisor.
func (b *backend) listRuns(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-b.runsNow:
		case <-timer.C:
		}
		live := b.relist(ctx, first)
		pause := runsSeldom
		if live {
			pause = runsOften
		}
		timer.Reset(pause)
	}
}

// relist lists the runs and says whether one goes on.
func (b *backend) relist(ctx context.Context, first bool) (live bool) {
	b.mu.Lock()
	known, paused := b.runs, b.paused
	b.mu.Unlock()
	if paused {
		return false
	}
	runs, changed, err := b.store.Relist(known)
	if err != nil {
		b.complain(err)
		return false
	}
	var busy []string
	lost := false
	for _, v := range runs {
		if !goesOn(v) {
			lost = lost || v.Broken == "" && v.Unknown() // the host may answer now
			continue
		}
		live = true
		lost = lost || !v.Alive
		if v.Alive {
			b.patience.well(v.Dir, b.Env.Now())
		}
		for _, t := range v.Tasks {
			if t.Verdict == nil {
				busy = append(busy, t.Host)
			}
		}
	}
	b.mu.Lock()
	b.runs = runs
	watch, done := b.watch, b.doneSince(runs)
	b.mu.Unlock()
	if watch != nil {
		watch.Busy(busy)
		if len(done) > 0 {
			watch.Refresh(done...)
		}
	}
	if changed || first {
		b.news.Post(ui.RunsListed{Runs: runs})
		b.lookForNewerTree(runs)
		if !live {
			ring(b.toEval)
		}
	}
	b.lendToAll(ctx, runs)
	if lost {
		b.adopt(ctx)
	}
	return live
}

// OpenRun implements ui.Backend.
func (b *backend) OpenRun(dir string) (ui.RunReader, error) { return rollout.NewReader(dir) }

// OpenLog implements ui.Backend.
func (b *backend) OpenLog(dir, host string) ui.Log {
	return rollout.OpenLog(rollout.TextPath(dir, host), b.Env.Now)
}

// Cancel implements ui.Backend.
func (b *backend) Cancel(_ context.Context, dir string, hosts []string, insist bool) error {
	return rollout.Cancel(dir, hosts, insist)
}

// Launch implements ui.Backend.
func (b *backend) Launch(_ context.Context, p ui.Proposal) (string, error) {
	defer p.Passwords.Wipe()
	plan := p.Plan
	now := b.Env.Now()
	plan.ID, plan.Created, plan.Invoked = rollout.NewID(plan.Called(), now), now, now
	b.hand(&plan)
	dir, err := b.store.Start(plan, b.World.Launcher(), p.Passwords)
	if err != nil {
		return "", asFleetError(err)
	}
	ring(b.runsNow)
	return filepath.Clean(dir), nil
}

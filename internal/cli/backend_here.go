package cli

import (
	"context"
	"maps"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// watchHere reads this machine, which may send builds too, until ctx ends.
func (b *backend) watchHere(ctx context.Context) {
	here := b.World.Here()
	if here == nil {
		return
	}
	tick := time.NewTicker(hereEvery)
	defer tick.Stop()
	for {
		b.mu.Lock()
		paused := b.paused
		b.mu.Unlock()
		if !paused {
			b.readHere(ctx, here)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *backend) readHere(ctx context.Context, here sshutil.Runner) {
	s, err := readHere(ctx, here, b.Env.Now)
	if err != nil {
		return // where this machine cannot be read, nothing is known of its slots
	}
	b.mu.Lock()
	had := len(b.here.Reading.Slots)
	b.here = s
	b.mu.Unlock()
	if had > 0 || len(s.Reading.Slots) > 0 {
		ring(b.digest)
	}
}

// readHere reads this machine as one that may hold slots of builders.
func readHere(ctx context.Context, here sshutil.Runner, now func() time.Time) (fleet.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	reading, err := fleet.Read(ctx, here, false, now)
	if err != nil {
		return fleet.Status{}, err
	}
	return fleet.StatusFrom(fleet.Status{}, reading, "", 0), nil
}

// withHere are the statuses with that of this machine, if it holds any slots.
func withHere(statuses map[string]fleet.Status, here fleet.Status) map[string]fleet.Status {
	if len(here.Reading.Slots) == 0 {
		return statuses
	}
	all := maps.Clone(statuses)
	all[fleet.ThisMachineName] = here
	return all
}

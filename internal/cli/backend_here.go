package cli

import (
	"context"
	"maps"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// hereEvery is how often it is read which slots of builders this machine has taken.
const hereEvery = 15 * time.Second

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
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	reading, err := fleet.Read(ctx, here, false, b.Env.Now)
	if err != nil {
		return // where this machine cannot be read, nothing is known of its slots
	}
	b.mu.Lock()
	had := len(b.here.Reading.Slots)
	b.here = fleet.StatusFrom(fleet.Status{}, reading, "", 0)
	b.mu.Unlock()
	if had > 0 || len(reading.Slots) > 0 {
		b.postBuilders()
	}
}

// withHere are the statuses, that of this machine among them unless it is one
// of the hosts. The caller holds the lock.
func (b *backend) withHere() map[string]fleet.Status {
	key := b.here.Reading.MachineKey()
	if len(b.here.Reading.Slots) == 0 {
		return b.statuses
	}
	for _, s := range b.statuses {
		if key != "" && s.Reading.MachineKey() == key {
			return b.statuses
		}
	}
	all := maps.Clone(b.statuses)
	all[fleet.ThisMachineName] = b.here
	return all
}

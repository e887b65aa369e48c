package cli

import "nixfleet-tui/rollout"

// lookForNewerTree has the inventory read again when a run has been started,
// here or elsewhere, of another tree than the one that is shown: by the old one
// a host that has just been brought up to date would seem to be behind.
func (b *backend) lookForNewerTree(runs []rollout.View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loaded == nil {
		return
	}
	shown := b.loaded.inv.Flake
	for _, v := range runs {
		of := v.Plan.Flake
		if !v.Plan.Created.After(b.treeAsOf) || of.Fingerprint == "" || of.URL != shown.URL || of.Fingerprint == shown.Fingerprint {
			continue
		}
		b.treeAsOf = v.Plan.Created // once for each
		ring(b.reload)
	}
}

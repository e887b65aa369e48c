package cli

import "nixfleet-tui/rollout"

// doneSince are the hosts with which a run was done a moment ago, and which have
// not been read since: a short one, started elsewhere, comes and goes between two
// looks at the runs. The caller holds mu.
func (b *backend) doneSince(runs []rollout.View) []string {
	var hosts []string
	now := b.Env.Now()
	for _, v := range runs {
		for _, t := range v.Tasks {
			ago := now.Sub(t.Ended)
			if t.Verdict == nil || ago < 0 || ago > doneLately {
				continue
			}
			if s, known := b.statuses[t.Host]; known && s.AsOf.Before(t.Ended) {
				hosts = append(hosts, t.Host)
			}
		}
	}
	return hosts
}

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

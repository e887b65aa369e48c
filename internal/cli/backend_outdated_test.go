package cli

import (
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// A run of a newer tree has the dashboard read that, once; what says nothing of
// a newer tree does not.
func TestRunsTellOfNewerTrees(t *testing.T) {
	b := newBackend(newBench(t).program(), &sourceFlags{}, "", nil, ui.NewMailbox())
	read := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	run := func(after time.Duration, url, fingerprint string) rollout.View {
		return rollout.View{Plan: rollout.Plan{Created: read.Add(after), Flake: rollout.Flake{URL: url, Fingerprint: fingerprint}}}
	}
	look := func(runs ...rollout.View) (reads bool) {
		t.Helper()
		b.lookForNewerTree(runs)
		select {
		case <-b.reload:
			return true
		default:
			return false
		}
	}
	newer := run(time.Minute, "here", "new")
	if look(newer) {
		t.Error("an inventory that is not there yet was to be read again")
	}
	b.loaded = &loaded{inv: &fleet.Inventory{Flake: nixcmd.FlakeMetadata{URL: "here", Fingerprint: "old"}}}
	b.treeAsOf = read
	if look(run(time.Minute, "here", "old"), run(-time.Minute, "here", "new"), run(time.Minute, "elsewhere", "new"), run(time.Minute, "here", "")) {
		t.Error("it is read again for nothing")
	}
	if !look(newer) {
		t.Error("a newer tree was not noticed")
	}
	if look(newer) {
		t.Error("it is read again and again for one run")
	}
	if !look(newer, run(2*time.Minute, "here", "newest")) {
		t.Error("the next tree was not noticed")
	}
}

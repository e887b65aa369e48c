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

// A host that was deployed to between two looks at the runs is read again; one
// that has been read since, or long ago, is not.
func TestHostsThatAreDoneAreRead(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	bench := newBench(t).program()
	bench.Env.Now = func() time.Time { return now }
	b := newBackend(bench, &sourceFlags{}, "", nil, ui.NewMailbox())
	task := func(host string, ended time.Duration, judged bool) rollout.TaskView {
		v := rollout.TaskView{Host: host, Ended: now.Add(-ended)}
		if judged {
			v.Verdict = &rollout.Verdict{}
		}
		return v
	}
	for _, host := range []string{"short", "working", "read", "long-ago"} {
		b.statuses[host] = fleet.Status{AsOf: now.Add(-doneLately / 2)}
	}
	b.statuses["read"] = fleet.Status{AsOf: now}
	got := b.doneSince([]rollout.View{
		{Tasks: []rollout.TaskView{task("short", time.Second, true), task("working", 0, false), task("read", time.Second, true)}},
		{Tasks: []rollout.TaskView{task("long-ago", doneLately+1, true), task("stranger", time.Second, true)}},
	})
	if len(got) != 1 || got[0] != "short" {
		t.Errorf("%v are read again, want short", got)
	}
}

//go:build lab

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestTwoRunsOnOneMachine: the second is refused, by the name of the first;
// who insists waits for it.
func TestTwoRunsOnOneMachine(t *testing.T) {
	need(t, "h1")
	w := place(t)
	w.holding()
	release := w.hold(holdEval)
	first := w.begin("switch --on h1 --yes")
	first.reaches("h1", "evaluating")
	for _, name := range []string{"h1", "dotted.example.org"} {
		r := w.wants(2, "switch --on %s --yes", name)
		if !strings.Contains(r.stderr, first.id()) {
			t.Errorf("the refusal does not name %s:\n%s", first.id(), r.stderr)
		}
	}
	second := w.begin("switch --on h1 --yes --insist")
	var waits event
	w.eventually("the second waits", soon, func() bool {
		waits = second.task("h1", "waiting")
		return waits.Event != ""
	})
	if !strings.Contains(waits.Reason, first.id()) {
		t.Errorf("it waits with %q, which does not name %s", waits.Reason, first.id())
	}
	release()
	if a, b := first.ends(), second.ends(); a != 0 || b != 0 {
		t.Errorf("exit codes %d and %d", a, b)
	}
	judged, started := first.verdict("h1"), second.task("h1", "started")
	if judged.Verdict != "ok" || second.verdict("h1").Verdict != "ok" || started.Time.Before(judged.Time) {
		t.Errorf("the first was judged at %s, the second started at %s", judged.Time.Format(time.StampMilli), started.Time.Format(time.StampMilli))
	}
}

// task is the first task event of a host with that state.
func (u *underWay) task(host, state string) event {
	u.t.Helper()
	for _, e := range events(u.t, u.dir) {
		if e.Event == "task" && e.Host == host && e.State == state {
			return e
		}
	}
	return event{}
}

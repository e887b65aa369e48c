//go:build lab

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestTwoRunsOnOneMachine: the second is refused, by the name of the first, or
// waits for it, which can be seen and cancelled.
func TestTwoRunsOnOneMachine(t *testing.T) {
	need(t, "h1")
	w := place(t)
	w.holding()
	release := w.hold(holdEval)
	first := w.begin("switch --on h1 --yes")
	first.reaches("h1", "evaluating")
	for _, name := range []string{"h1", "dotted.example.org"} {
		r := w.wants(2, "switch --on %s --yes", name)
		if !strings.Contains(r.stderr, first.id()+" of root") || !strings.Contains(r.stderr, "--wait-for-others") {
			t.Errorf("the refusal does not name %s, or how to wait:\n%s", first.id(), r.stderr)
		}
	}
	second := w.begin("boot --on h1 --yes --wait-for-others")
	third := w.begin("switch --on h1 --yes --insist")
	for _, u := range []*underWay{second, third} {
		if waits := u.waits("h1"); !strings.Contains(waits.Reason, first.id()) {
			t.Errorf("it waits with %q, which does not name %s", waits.Reason, first.id())
		}
	}
	if shown := w.wants(0, "runs show %s", second.id()).stdout; !strings.Contains(shown, "waiting") || !strings.Contains(shown, first.id()) {
		t.Errorf("the run is shown without what it waits for:\n%s", shown)
	}
	w.wants(0, "runs cancel %s", third.id())
	if code, v := third.ends(), third.verdict("h1"); code != 130 || v.Verdict != "cancelled" {
		t.Errorf("exit code %d: %+v", code, v)
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

// waits is the event that tells what a host waits for.
func (u *underWay) waits(host string) (waits event) {
	u.t.Helper()
	u.eventually(host+" waits", soon, func() bool {
		waits = u.task(host, "waiting")
		return waits.Event != ""
	})
	return waits
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

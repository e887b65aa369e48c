package rollout

import (
	"slices"
	"time"
)

// taskKey names a host's part of a plan among those whose durations are kept.
// To make a system its own that a host has takes far less than to build it.
func (p *Plan) taskKey(h PlanHost) string {
	what := string(p.Action)
	if h.Activate != nil {
		what = "activate-" + what
	}
	return what + " " + peakKey(p.Flake.URL, h.Name)
}

// computesFor says that the task is taken to keep a processor busy for so long
// from now on, as far as it evaluates: neither a host that is slow to let us in
// nor an evaluation that waits for the network is to hold up the others.
func (t *task) computesFor(d time.Duration) {
	t.run.mu.Lock()
	defer t.run.mu.Unlock()
	t.computes = t.run.Now().Add(d)
}

// hasEvaluated tells the queue, whose next task begins at once.
func (t *task) hasEvaluated() {
	if !t.evaluated.Swap(true) {
		t.run.nudge()
	}
}

// learn keeps how long the task took from nixos-rebuild's beginning to its
// verdict: who is waited for before that is different each time. Of a task that
// was cancelled, or of which it is not known how it ended, nothing is learned.
func (t *task) learn(v Verdict) {
	if t.began.IsZero() || slices.Contains([]Outcome{OutcomeCancelled, OutcomeSkipped, OutcomeUnknown}, v.Outcome) {
		return
	}
	all := v.Outcome != OutcomeFailed && (v.Changed || !t.run.plan.changes())
	t.run.durations.learnTask(t.run.plan.taskKey(t.host), t.run.Now().Sub(t.began), all)
}

package rollout

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// What a run has taken is what the next one goes by: who took longest begins
// first. The gate holds the two long ones until the short one has begun, which
// therefore would not end if that had come first.
func TestTheNextRunBeginsWithTheLongest(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", wellStory)
	w.host("h2", "m2", wait+"; "+wellStory)
	w.host("h3", "m3", wait+"; "+wellStory)
	plan := func() Plan {
		p := w.plan(nixcmd.Switch, "h1", "h2", "h3")
		p.Parallel = 2
		return p
	}
	known := w.store.durations(time.Now)
	first := plan()
	for i, took := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		known.learnTask(first.taskKey(first.Hosts[i]), took, true)
	}
	if err := known.save(); err != nil {
		t.Fatal(err)
	}
	f := w.start(first)
	begun := map[string]bool{}
	f.until("h2 and h3 to begin", func(e Event) bool {
		if e.State == TaskStarted {
			begun[e.Host] = true
		}
		if begun["h1"] {
			t.Errorf("h1 has begun beside %v", begun)
		}
		return begun["h2"] && begun["h3"] || begun["h1"]
	})
	open()
	if got := outcomes(f.end()); got != "h1:ok h2:ok h3:ok" {
		t.Fatalf("outcomes = %s", got)
	}
	settled := func() bool { _, err := os.Stat(filepath.Join(f.dir, "summary.json")); return err == nil }
	waitUntil(t, "the figures", settled)
	learned := w.store.durations(time.Now)
	for _, h := range first.Hosts {
		if took := learned.ofTask(first.taskKey(h)); took <= 0 || took >= time.Hour {
			t.Errorf("%s is taken for one that takes %s", h.Name, took)
		}
	}
}

// Evaluations are as many as there are processors. One that goes on and on, and
// a host that is slow to let us in, are no reason to wait for ever.
func TestNobodyWaitsForAnEvaluationThatWaits(t *testing.T) {
	at := fixedNow()
	now := func() time.Time { return at }
	store := &Store{Dir: t.TempDir()}
	plan := Plan{Parallel: 9}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		plan.Hosts = append(plan.Hosts, PlanHost{Name: name})
	}
	plan.Hosts = append(plan.Hosts, PlanHost{Name: "own", Activate: &Activation{}})
	r := &run{Supervisor: Supervisor{Now: now}, plan: plan, view: newView("", plan), working: map[string]*task{},
		peaks: &peaks{}, durations: store.durations(now), wake: make(chan struct{}, 1)}
	begin := func(want ...string) {
		t.Helper()
		got := r.startableNow()
		if !slices.Equal(got, want) {
			t.Fatalf("%v begin, not %v", got, want)
		}
		for _, name := range got {
			h, _ := plan.Host(name)
			r.working[name] = newTask(r, h)
			r.working[name].computesFor(preparesFor)
		}
	}
	begin("a", "b", "own")
	begin()
	r.working["a"].hasEvaluated()
	if len(r.wake) != 1 {
		t.Error("a has evaluated, and nobody wakes the queue")
	}
	begin("c")
	r.working["c"].computesFor(evaluatesFor)
	begin()
	at = at.Add(preparesFor) // b has not even been read yet
	begin("d")
	begin()
	at = at.Add(evaluatesFor) // c evaluates still, and nobody knows why
	begin("e", "f")
}

// What a task took is kept if it did all of its work, and is the least that
// such a task takes if it did not. What was not to be seen teaches nothing.
func TestWhatATaskTeaches(t *testing.T) {
	at := fixedNow()
	now := func() time.Time { return at }
	activated := &Activation{Path: "/nix/store/x"}
	for _, c := range []struct {
		name     string
		action   nixcmd.Action
		activate *Activation
		took     time.Duration
		verdict  Verdict
		want     time.Duration // of a task that is known to take a minute
	}{
		{"it changed the host", nixcmd.Switch, nil, time.Second, Verdict{Outcome: OutcomeOK, Changed: true}, time.Second},
		{"units failed", nixcmd.Switch, nil, time.Hour, Verdict{Outcome: OutcomeDegraded, Changed: true}, time.Hour},
		{"it wants a reboot", nixcmd.Switch, nil, time.Second, Verdict{Outcome: OutcomeReboot, Changed: true}, time.Second},
		{"nothing was new", nixcmd.Switch, nil, time.Second, Verdict{Outcome: OutcomeOK}, time.Minute},
		{"nothing was new, and took long", nixcmd.Switch, nil, time.Hour, Verdict{Outcome: OutcomeOK}, time.Hour},
		{"it failed at once", nixcmd.Switch, nil, time.Second, Verdict{Outcome: OutcomeFailed}, time.Minute},
		{"it failed late", nixcmd.Switch, nil, time.Hour, Verdict{Outcome: OutcomeFailed, Changed: true}, time.Hour},
		{"a build changes nothing", nixcmd.Build, nil, time.Second, Verdict{Outcome: OutcomeOK}, time.Second},
		{"it was cancelled", nixcmd.Switch, nil, time.Hour, Verdict{Outcome: OutcomeCancelled}, time.Minute},
		{"nobody knows how it ended", nixcmd.Switch, nil, time.Hour, Verdict{Outcome: OutcomeUnknown}, time.Minute},
		{"it was never begun", nixcmd.Switch, nil, 0, Verdict{Outcome: OutcomeFailed}, time.Minute},
		{"nothing is built", nixcmd.Switch, activated, time.Second, Verdict{Outcome: OutcomeOK, Changed: true}, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &run{Supervisor: Supervisor{Now: now}, plan: Plan{Action: c.action}, durations: (&Store{Dir: t.TempDir()}).durations(now)}
			key := r.plan.taskKey(PlanHost{Name: "h1"})
			r.durations.learnTask(key, time.Minute, true)
			task := &task{run: r, host: PlanHost{Name: "h1", Activate: c.activate}}
			if c.took > 0 {
				task.began = at.Add(-c.took)
			}
			task.learn(c.verdict)
			if got := r.durations.ofTask(key); got != c.want {
				t.Errorf("it is taken for one of %s, not %s", got, c.want)
			}
		})
	}
}

package rollout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// occupied is a world in which another run has h1's machine until open is called.
func occupied(t *testing.T) (w *testWorld, other *follower, open func()) {
	w = newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", wait+"; "+wellStory)
	w.host("h2", "m2", wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.User = "eve"
	other = w.start(p)
	other.started("h1")
	return w, other, open
}

func (f *follower) waits(host string) Event {
	f.t.Helper()
	return f.until(host+" to wait", func(e Event) bool { return e.Host == host && e.State == TaskWaiting })
}

// TestWaitingTakesNoPlace: others of the run go on meanwhile, however few may at once.
func TestWaitingTakesNoPlace(t *testing.T) {
	w, other, open := occupied(t)
	p := w.plan(nixcmd.Switch, "h1", "h2")
	p.Parallel = 1
	f := w.start(p)
	if e := f.waits("h1"); !strings.Contains(e.Reason, filepath.Base(other.dir)+" of eve") {
		t.Errorf("it waits with %q", e.Reason)
	}
	if v := f.verdict("h2"); v.Outcome != OutcomeOK {
		t.Errorf("h2: %+v", v)
	}
	v := f.reader.View()
	if h1 := v.Task("h1"); !h1.Waits() {
		t.Errorf("h1 stands at %+v", h1)
	}
	open()
	if v := f.end(); outcomes(v) != "h1:ok h2:ok" || v.Task("h1").Waits() {
		t.Errorf("outcomes = %s", outcomes(v))
	}
}

// TestTheLastWaitForThoseThatWait: what comes after all others does so even
// if they have lent their places.
func TestTheLastWaitForThoseThatWait(t *testing.T) {
	w, _, open := occupied(t)
	p := w.plan(nixcmd.Switch, "h1", "h2")
	p.Hosts[1].Last = true
	f := w.start(p)
	f.waits("h1")
	open()
	first := f.until("a verdict", func(e Event) bool {
		if e.Host == "h2" {
			t.Errorf("h2 has begun before h1 was judged: %+v", e)
		}
		return e.Event == EventVerdict
	})
	if first.Host != "h1" || outcomes(f.end()) != "h1:ok h2:ok" {
		t.Errorf("%s was judged first", first.Host)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	w, other, open := occupied(t)
	f := w.start(w.plan(nixcmd.Switch, "h1", "h2"))
	f.waits("h1")
	if err := Cancel(f.dir, []string{"h1"}, false); err != nil {
		t.Fatal(err)
	}
	if v := f.verdict("h1"); v.Outcome != OutcomeCancelled || v.Phase != nixcmd.PhasePreparing {
		t.Errorf("%+v", v)
	}
	if got := outcomes(f.end()); got != "h1:cancelled h2:ok" {
		t.Errorf("outcomes = %s", got)
	}
	open()
	if got := outcomes(other.end()); got != "h1:ok" {
		t.Errorf("the other: %s", got)
	}
}

// TestAnActivationIsOutlasted: somebody else's activation is waited for by who
// wants to, and deployed over by nobody.
func TestAnActivationIsOutlasted(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	const unit = "h1/run/systemd/transient/nixos-rebuild-switch-to-configuration.service"
	w.write(unit, "", 0o644)
	p := w.plan(nixcmd.Switch, "h1")
	p.Wait = true
	f := w.start(p)
	if e := f.waits("h1"); !strings.Contains(e.Reason, "somebody else") {
		t.Errorf("it waits with %q", e.Reason)
	}
	if err := os.Remove(filepath.Join(w.hosts, unit)); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s", got)
	}
}

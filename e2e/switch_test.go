//go:build lab

package e2e

import (
	"strings"
	"testing"
	"time"

	"encoding/json"
)

func TestSwitchFour(t *testing.T) {
	need(t, "h1", "h2", "h3", "h4")
	for _, dialect := range []string{"ng", "bash"} {
		t.Run(dialect, func(t *testing.T) {
			w := place(t)
			w.dialect = dialect
			before := map[string]string{"h1": w.profile("h1"), "h2": w.profile("h2"), "h4": w.profile("h4")}
			r := w.wants(1, "switch --on 'h1,h2,h3,h4' --yes")
			dir := w.only()
			got := verdicts(t, dir)
			for host, want := range map[string]string{"h1": "ok", "h2": "ok", "h3": "degraded", "h4": "failed"} {
				if v := got[host]; v.Verdict != want {
					t.Errorf("%s is %q, not %s: %s", host, v.Verdict, want, v.Reason)
				}
			}
			if units := got["h3"].Units; len(units) != 1 || units[0] != "bar.service" {
				t.Errorf("h3 names the units %v", units)
			}
			h4 := got["h4"]
			if h4.Phase != "building" || !strings.Contains(strings.Join(h4.Decisive, "\n"), "option services.missing does not exist") {
				t.Errorf("h4 failed while %s: %q", h4.Phase, h4.Decisive)
			}
			if !strings.Contains(r.stdout, "option services.missing does not exist") || !strings.Contains(r.stdout, "bar.service") {
				t.Errorf("the summary does not say why:\n%s", r.stdout)
			}
			for _, host := range []string{"h1", "h2"} {
				now, ran := w.profile(host), w.system(host)
				if now == before[host] || now != ran || got[host].Running != ran || !got[host].Changed {
					t.Errorf("%s: profile %s (before: %s), running %s, reported %+v", host, now, before[host], ran, got[host])
				}
				complete(t, dir, host, 12, "Done. The new configuration is")
			}
			if now := w.profile("h4"); now != before["h4"] {
				t.Errorf("h4's profile has moved to %s", now)
			}
			complete(t, dir, "h3", 12, "the following units failed: bar.service")
			complete(t, dir, "h4", 12, "option services.missing does not exist")
			w.secondSwitch()
		})
	}
}

// secondSwitch deploys to h1 what it has already.
func (w *where) secondSwitch() {
	w.t.Helper()
	before := w.profile("h1")
	w.wants(0, "switch --on h1 --yes")
	v := verdicts(w.t, w.last())["h1"]
	if v.Verdict != "ok" || v.Changed || w.profile("h1") != before {
		w.t.Errorf("a second switch: %+v", v)
	}
}

func TestOneMachineUnderTwoNames(t *testing.T) {
	need(t, "h1")
	w := place(t)
	w.wants(0, "switch --on h1,dotted.example.org --yes")
	dir := w.only()
	var first, second string
	var firstEnded, secondStarted time.Time
	for _, e := range events(t, dir) {
		switch {
		case e.Event == "task" && e.State == "started" && first == "":
			first = e.Host
		case e.Event == "task" && e.State == "started":
			second, secondStarted = e.Host, e.Time
		case e.Event == "task" && e.State == "ended" && e.Host == first:
			firstEnded = e.Time
		}
	}
	if first == "" || second == "" || secondStarted.Before(firstEnded) {
		t.Errorf("%s ended at %s, %s was started at %s", first, firstEnded, second, secondStarted)
	}
	for host, v := range verdicts(t, dir) {
		if v.Verdict != "ok" {
			t.Errorf("%s: %+v", host, v)
		}
		complete(t, dir, host, 0, "Done. The new configuration is")
	}
}

func TestDifferentMachinesGoTogether(t *testing.T) {
	need(t, "h2", "h4")
	w := place(t)
	w.shape("h4", "")
	w.holding()
	release := w.hold(holdEval)
	u := w.begin("switch --on h4,h2 --yes")
	u.reaches("h4", "evaluating") // which both are held at
	u.reaches("h2", "evaluating")
	release()
	if code := u.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestEventsAsJSON(t *testing.T) {
	need(t, "h9")
	w := place(t)
	r := w.wants(0, "build --on h9 --yes --json")
	var names []string
	for line := range strings.Lines(r.stdout) {
		var e struct {
			Version  int
			Run      string
			Event    string
			ExitCode *int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Version != 1 || e.Run == "" {
			t.Fatalf("%v in %q", err, line)
		}
		names = append(names, e.Event)
	}
	if len(names) < 2 || names[0] != "start" || names[len(names)-1] != "end" {
		t.Errorf("events: %v", names)
	}
}

// TestBuildElsewhereIsRooted: h2 takes closures from its login user, which h9
// would refuse.
func TestBuildElsewhereIsRooted(t *testing.T) {
	need(t, "h1", "h2")
	w := place(t)
	w.wants(0, "build --on h2 --build-on h1 --yes")
	v := verdicts(t, w.last())["h2"]
	if v.Verdict != "ok" || v.System == "" {
		t.Fatalf("%+v", v)
	}
	if roots := w.must("ssh h1 nix-store --query --roots %s", v.System); !strings.Contains(roots, "nixfleet") {
		t.Errorf("%s has no root of ours on h1: %q", v.System, roots)
	}
	if r := w.sh("nixfleet-tui doctor"); !strings.Contains(r.stdout, v.System) {
		t.Errorf("doctor does not know of it:\n%s", r.stdout)
	}
	w.wants(0, "build --on h2 --build-on local --yes -- --show-trace")
	v = verdicts(t, w.last())["h2"]
	if roots := w.must("nix-store --query --roots %s", v.System); !strings.Contains(roots, "nixfleet") {
		t.Errorf("%s has no root of ours here: %q", v.System, roots)
	}
	w.wants(0, "doctor --remove-roots h2")
	for _, where := range []string{"ssh h1 ", ""} {
		if roots := w.must("%snix-store --query --roots %s", where, v.System); strings.Contains(roots, "nixfleet") {
			t.Errorf("%s is still kept: %q", v.System, roots)
		}
	}
}

func TestWhatCannotBeReached(t *testing.T) {
	need(t, "h9")
	w := place(t)
	w.wants(3, "build --on h9,gone --yes --skip-unreachable")
	if v := verdicts(t, w.last()); v["h9"].Verdict != "ok" || v["gone"].Verdict != "skipped" || v["gone"].Reason == "" {
		t.Errorf("%+v", v)
	}
	w.wants(1, "build --on gone --yes --insist") // otherwise it is refused
	if v := verdicts(t, w.last())["gone"]; v.Verdict != "failed" || v.Reason == "" || v.Hint == "" {
		t.Errorf("%+v", v)
	}
}

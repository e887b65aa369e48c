//go:build lab

package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCancelledInEachPhase: `cancelled` is said only where nothing has moved.
func TestCancelledInEachPhase(t *testing.T) {
	t.Parallel()
	inEachPhase(t, func(t *testing.T, w *where, s stage) {
		before, want := w.standing(s.host), w.wanted(s.host)
		u, release := s.catch(w, "switch")
		switch s.phase {
		case "activating":
			w.wants(1, "runs cancel %s", u.id())
			if a := u.answers(s.host); len(a) != 1 || a[0].Accepted == nil || *a[0].Accepted || !strings.Contains(a[0].Reason, "activating") {
				t.Errorf("the answer: %+v", a)
			}
		case "verifying": // too late, and nothing is left to be cancelled
			w.sh("nixfleet-tui runs cancel %s", u.id())
		default:
			w.wants(0, "runs cancel %s", u.id())
		}
		release()
		code, v, now := u.ends(), u.verdict(s.host), w.standing(s.host)
		switch s.phase {
		case "activating", "verifying":
			if code != 0 || v.Verdict != "ok" || now != want+"\n"+want {
				t.Errorf("exit code %d, standing at %s: %+v", code, now, v)
			}
		default:
			if code != 130 || v.Verdict != "cancelled" || v.Phase != s.phase || now != before {
				t.Errorf("exit code %d, standing at %s, before at %s: %+v", code, now, before, v)
			}
		}
		w.leavesNothing(u.id())
	})
}

func TestCancelledInTheQueue(t *testing.T) {
	need(t, "h3", "h9")
	w := place(t)
	w.holding()
	before := []string{w.standing("h3"), w.standing("h9")}
	release := w.hold(holdEval)
	u := w.begin("switch --on h3,h9 --parallel 1 --yes")
	u.reaches("h3", "evaluating")
	w.wants(0, "runs cancel %s h9", u.id())
	if v := u.verdict("h9"); v.Verdict != "cancelled" || v.Phase != "queued" {
		t.Errorf("%+v", v)
	}
	if v := u.verdict("h3"); v.Verdict != "" {
		t.Errorf("h3 was judged as well: %+v", v)
	}
	w.wants(0, "runs cancel %s h3", u.id())
	release()
	if code := u.ends(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if now := []string{w.standing("h3"), w.standing("h9")}; !slices.Equal(now, before) {
		t.Errorf("they stand at %v, and stood at %v", now, before)
	}
}

// TestCancelledByInsisting: who insists gets it, and is told how the host stands.
func TestCancelledByInsisting(t *testing.T) {
	need(t, "h7")
	w := place(t)
	w.lasting("h7", itsActivation, "")
	release := w.stall("h7")
	want := w.wanted("h7")
	u := w.begin("switch --on h7 --yes")
	u.reaches("h7", "activating")
	w.wants(1, "runs cancel %s", u.id())
	w.wants(0, "runs cancel %s --insist", u.id())
	release()
	code, v := u.ends(), u.verdict("h7")
	if a := u.answers("h7"); len(a) != 2 || *a[0].Accepted || !*a[1].Accepted || !strings.Contains(a[1].Reason, "interrupted while activating") {
		t.Errorf("the answers: %+v", a)
	}
	if code != 1 || v.Verdict != "failed" || !v.Moved || !strings.Contains(v.Reason, "cancelled after the profile moved") {
		t.Errorf("exit code %d: %+v", code, v)
	}
	// systemd owns the activation, and the verdict came after its end.
	if now := w.standing("h7"); now != want+"\n"+v.Running {
		t.Errorf("h7 stands at %s: %+v", now, v)
	}
}

// TestCancelledBuildsAreGone: nothing is left of a build, wherever it runs. h1
// sends what it is to build on to h2 and h3.
func TestCancelledBuildsAreGone(t *testing.T) {
	t.Parallel()
	places := []struct {
		name, target, flags string
		hosts               []string // that take part
		builders            []string // where the build may run; "" is this machine
	}{
		{"on the target", "h4", "", []string{"h4"}, []string{"h4"}},
		{"on another host", "h2", "--build-on h1", []string{"h1", "h2", "h3"}, []string{"h1", "h2", "h3"}},
		{"on this machine", "h2", "--build-on local", []string{"h2"}, []string{""}},
	}
	for i, dialect := range []string{"ng", "bash"} {
		for j, c := range places {
			t.Run(dialect+" "+c.name, func(t *testing.T) {
				need(t, c.hosts...)
				w := place(t)
				w.dialect = dialect
				// A number of seconds that no other build sleeps.
				w.cancelBuild(c.target, c.flags, c.builders, 7200+len(places)*i+j)
			})
		}
	}
}

func (w *where) cancelBuild(target, flags string, builders []string, delay int) {
	w.t.Helper()
	w.shape(target, fmt.Sprintf("delay = %d;", delay))
	before := w.standing(target)
	drv := filepath.Base(w.must(`nix eval --raw '.#nixosConfigurations."%s".config.system.build.toplevel.drvPath'`, target))
	left := func() (all string) {
		for _, b := range builders {
			all += w.matching(b, drv, fmt.Sprintf("sleep %d", delay))
		}
		return all
	}
	u := w.begin("switch --on %s --yes %s", target, flags)
	u.reaches(target, "building")
	w.eventually("the build", soon, func() bool { return strings.Contains(left(), "sleep") })
	w.wants(0, "runs cancel %s", u.id())
	if code := u.ends(); code != 130 {
		w.t.Errorf("exit code %d\n%s", code, u.out)
	}
	if v, now := u.verdict(target), w.standing(target); v.Verdict != "cancelled" || now != before {
		w.t.Errorf("standing at %s, before at %s: %+v", now, before, v)
	}
	// The daemon ends the build when its client has gone.
	if !within(soon, func() bool { return left() == "" }) {
		w.t.Errorf("where it was built there is still:\n%s", left())
	}
	w.leavesNothing(u.id())
}

// answer is what was said to a request to cancel.
type answer struct {
	Accepted *bool
	Reason   string
}

func (u *underWay) answers(host string) []answer {
	u.t.Helper()
	var all []answer
	for _, e := range events(u.t, u.dir) {
		if e.Event == "cancel" && e.Host == host {
			all = append(all, answer{e.Accepted, e.Reason})
		}
	}
	return all
}

//go:build lab

package e2e

import (
	"strings"
	"testing"
)

// TestCommitDuringARun: a clean tree is pinned, so a host whose turn comes
// later gets what the run began with.
func TestCommitDuringARun(t *testing.T) {
	need(t, "h1", "h3")
	w := place(t)
	w.holding()
	planned := map[string]string{"h1": w.wanted("h1"), "h3": w.wanted("h3")}
	release := w.hold(holdEval)
	u := w.begin("switch --on h1,h3 --parallel 1 --yes")
	u.reaches("h1", "evaluating")
	w.newRevision()
	release()
	if code := u.ends(); code != 3 { // h3 has failed units
		t.Errorf("exit code %d", code)
	}
	for host, system := range planned {
		if now := w.standing(host); now != system+"\n"+system {
			t.Errorf("%s stands at %s, and %s was planned", host, now, system)
		}
		if w.wanted(host) == system {
			t.Errorf("the new revision is not new for %s", host)
		}
	}
}

// TestEditDuringARun: a dirty tree cannot be pinned, so hosts whose turn comes
// after an edit are left alone, and told why.
func TestEditDuringARun(t *testing.T) {
	need(t, "h2", "h4")
	w := place(t)
	w.shape("h4", "")
	edit := func(words string) { w.must("cd %s/flake && echo %s >rev", w.dir, words) }
	edit("dirty-" + w.must("cat rev"))
	planned, before := w.wanted("h2"), w.standing("h4")
	u := w.begin("switch --on h2,h4 --parallel 1 --yes")
	u.reaches("h2", "building")
	edit("edited-" + w.must("cat rev"))
	if code := u.ends(); code != 3 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	if v := u.verdict("h2"); v.Verdict != "ok" || w.standing("h2") != planned+"\n"+planned {
		t.Errorf("h2 was to have %s: %+v", planned, v)
	}
	if v := u.verdict("h4"); v.Verdict != "skipped" || !strings.Contains(v.Reason, "the tree changed since the run began") || v.Hint == "" {
		t.Errorf("%+v", v)
	}
	if now := w.standing("h4"); now != before {
		t.Errorf("h4 stands at %s, and stood at %s", now, before)
	}
}

//go:build lab

package e2e

import (
	"strings"
	"testing"
)

// TestCommitDuringARun: a clean tree is pinned, so a host whose turn comes
// later gets what the run began with.
func TestCommitDuringARun(t *testing.T) {
	need(t, "h3", "h4")
	w := place(t)
	w.shape("h4", "")
	w.holding()
	planned := map[string]string{"h4": w.wanted("h4"), "h3": w.wanted("h3")}
	release := w.hold(holdEval)
	u := w.begin("switch --on h3,h4 --parallel 1 --yes")
	u.reaches("h3", "evaluating")
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
	need(t, "h5", "h9")
	w := place(t)
	w.lasting("h5", itsBuild, "")
	release := w.stall("h5")
	w.shape("h9", "")
	edit := func(words string) { w.must("cd %s/flake && echo %s >rev", w.dir, words) }
	edit("dirty-" + w.must("cat rev"))
	planned, before := w.wanted("h5"), w.standing("h9")
	u := w.begin("switch --on h5,h9 --parallel 1 --yes")
	u.reaches("h5", "building")
	edit("edited-" + w.must("cat rev"))
	release()
	if code := u.ends(); code != 3 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	if v := u.verdict("h5"); v.Verdict != "ok" || w.standing("h5") != planned+"\n"+planned {
		t.Errorf("h5 was to have %s: %+v", planned, v)
	}
	if v := u.verdict("h9"); v.Verdict != "skipped" || !strings.Contains(v.Reason, "the tree changed since the run began") || v.Hint == "" {
		t.Errorf("%+v", v)
	}
	if now := w.standing("h9"); now != before {
		t.Errorf("h9 stands at %s, and stood at %s", now, before)
	}
}

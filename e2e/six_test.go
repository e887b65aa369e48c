//go:build lab

package e2e

import (
	"slices"
	"testing"
)

// TestSixInOneRun: every kind of host at once.
func TestSixInOneRun(t *testing.T) {
	need(t, "h1", "h2", "h3", "h4", "h7", "h8")
	w := place(t)
	before := map[string]string{}
	for _, h := range []string{"h1", "h2", "h3", "h4", "h7", "h8"} {
		before[h] = w.standing(h)
	}
	w.wants(1, "switch --on h1,h2,h3,h4,h7,h8 --parallel 6 --yes")
	dir := w.only()
	got := verdicts(t, dir)
	for host, want := range map[string]event{
		"h1": {Verdict: "ok", Changed: true},
		"h2": {Verdict: "ok", Changed: true},
		"h3": {Verdict: "degraded", Changed: true, Units: []string{"bar.service"}},
		"h4": {Verdict: "failed", Phase: "building"},
		"h7": {Verdict: "ok", Changed: true},
		"h8": {Verdict: "ok", Changed: true, Reboot: true},
	} {
		v, now := got[host], w.standing(host)
		if v.Verdict != want.Verdict || v.Changed != want.Changed || v.Reboot != want.Reboot || !slices.Equal(v.Units, want.Units) {
			t.Errorf("%s: %+v", host, v)
		}
		if want.Phase != "" && v.Phase != want.Phase {
			t.Errorf("%s failed while %s, not %s", host, v.Phase, want.Phase)
		}
		if moved := now != before[host]; moved != want.Changed || want.Changed && now != v.System+"\n"+v.System {
			t.Errorf("%s stands at %s, and stood at %s: %+v", host, now, before[host], v)
		}
	}
	complete(t, dir, "h7", 50000, "Done. The new configuration is")
	w.leavesNothing(idOf(dir))
}

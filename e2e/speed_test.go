//go:build lab

package e2e

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// times is how often each measurement is made; the median counts. Figures that
// are to be quoted want ten (NIXFLEET_TIMES=10) on a machine that does nothing else.
func times(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("NIXFLEET_TIMES"), "2"))
	if err != nil {
		t.Fatalf("NIXFLEET_TIMES: %v", err)
	}
	return n
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// TestOverhead measures what we add before the first nixos-rebuild and after
// the last one: at most 0.5 s is the aim. It reports, and never fails on a clock.
func TestOverhead(t *testing.T) {
	alone(t, "h1", "h2", "h3")
	w := place(t)
	w.wants(3, "switch --on h1,h3 --yes --insist") // so that h1 and h3 have nothing to build
	var all []time.Duration
	for range times(t) {
		w.wants(3, "switch --on h1,h3 --yes --insist")
		var before, after time.Duration
		var invoked, lastEnded time.Time
		for _, e := range events(t, w.last()) {
			switch {
			case e.Event == "start":
				invoked = *e.Invoked
			case e.Event == "task" && e.State == "started" && before == 0:
				before = e.Time.Sub(invoked)
			case e.Event == "task" && e.State == "ended":
				lastEnded = e.Time
			case e.Event == "end":
				after = e.Time.Sub(lastEnded)
			}
		}
		t.Logf("command to first child %s, last child's end to summary %s", before, after)
		all = append(all, before+after)
	}
	t.Logf("the median is %s", median(all))
}

// TestThroughput compares us with two plain nixos-rebuilds side by side: at
// most 1.05 times as long is the aim. It reports, and never fails on a clock.
func TestThroughput(t *testing.T) {
	alone(t, "h2", "h7")
	w := place(t)
	plain := "printf '%s\\n' h2 h7 | NIX_SSHOPTS= xargs -P2 -I H nixos-rebuild switch --flake .#H --target-host H --build-host H --sudo --use-substitutes --no-reexec --log-format internal-json >/dev/null 2>&1"
	var ours, theirs []time.Duration
	for range times(t) {
		w.newRevision()
		begun := time.Now()
		w.wants(0, "switch --on h2,h7 --yes --insist --json >/dev/null")
		ours = append(ours, time.Since(begun))
		w.newRevision()
		begun = time.Now()
		w.must("%s", plain)
		theirs = append(theirs, time.Since(begun))
		t.Log(fmt.Sprint(ours[len(ours)-1], " and ", theirs[len(theirs)-1], " with xargs"))
	}
	a, b := median(slices.Clone(ours)), median(slices.Clone(theirs))
	t.Logf("medians: %s and %s with xargs: %.3f", a, b, a.Seconds()/b.Seconds())
}

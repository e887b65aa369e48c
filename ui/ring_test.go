package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// The end of a run is heard once where the menu was told so, and what follows
// from the run keeps to it.
func TestTheEndOfARunIsHeard(t *testing.T) {
	for _, asks := range []bool{true, false} {
		s := newStage(t, 80, 24).showFleet()
		hosts := []string{"andasibe", "ankarana"}
		d := newRunDir(t, planFor(hosts))
		d.tell(hosts, s.clock, false)
		d.supervise()
		s.backend.dir, s.backend.proposal = d.dir, proposalFor(hosts)
		s.keys("d")
		if asks {
			s.keys("N")
		}
		s.keys("s")
		s.advance(time.Second)
		s.keys("y")
		s.advance(time.Second)
		if strings.Contains(s.written, "\a") {
			t.Fatal("it rang before the end")
		}
		s.keys("q")
		s.advance(time.Second)
		s.keys("w") // the bell comes before it quits
		d.conclude(hosts, func(seconds int) time.Time { return s.clock })
		s.advance(5 * time.Second)
		if n := strings.Count(s.written, "\x1b]9;switch on 2 hosts: ✗ 1 failed"); n != boolInt(asks) {
			t.Errorf("asked for it: %v; it was heard %d times: %q", asks, n, s.written)
		}
		if !s.quit {
			t.Error("it did not quit when the run had ended")
		}
		s.keys("R")
		if got := s.backend.request; got.Notify != asks || got.Retry == "" {
			t.Errorf("to be done again: %+v", got)
		}
	}
}

func TestSharingOfPasswordsIsChosen(t *testing.T) {
	hosts := []string{"andasibe", "indri", "kelyus"} // datacenter, datacenter, home
	for _, c := range []struct {
		turns int
		asked string
	}{{0, "andasibe, indri, kelyus"}, {1, "andasibe; indri; kelyus"}, {2, "andasibe, indri; kelyus"}} {
		s := newStage(t, 80, 24).showFleet()
		s.backend.proposal = proposalFor(hosts)
		for i := range s.backend.proposal.Plan.Hosts {
			s.backend.proposal.Plan.Hosts[i].Password = true
		}
		s.backend.right = map[string][]string{"good": hosts}
		s.keys("d")
		for range c.turns {
			s.keys("S")
		}
		s.keys("s")
		s.advance(time.Second)
		s.keys("y")
		for _, group := range strings.Split(c.asked, "; ") {
			s.advance(time.Second)
			s.sees("│ " + group + " ")
			s.backend.right = map[string][]string{"good": strings.Split(group, ", ")}
			s.typed("good")
			s.keys("enter")
		}
		if !s.launched() {
			t.Errorf("%s: it was not started: %q", c.asked, s.backend.asked)
		}
	}
	if groups := rollout.SamePassword(nil, rollout.PerRun, nil); len(groups) != 0 {
		t.Errorf("of nobody: %v", groups)
	}
}

package ui

import (
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func TestMenuAsksForThePreview(t *testing.T) {
	s := newStage(t, 100, 40).showFleet()
	s.keys("d", "D", "s")
	if r := s.backend.request; !r.Diff || r.Action != nixcmd.Switch || r.Previewed != "" {
		t.Errorf("asked for %+v", r)
	}
}

// What a preview has built is shown, equal hosts together, and proposed.
func TestAPreviewThatHasEndedIsActivated(t *testing.T) {
	s := newStage(t, 100, 40)
	s.showFleet()
	hosts := []string{"andasibe", "ankarana"}
	plan := planFor(hosts)
	plan.Action, plan.Then = nixcmd.DryActivate, &rollout.Then{Action: nixcmd.Switch}
	d := newRunDir(t, plan)
	d.tell(hosts, s.clock, true)
	s.backend.dir, s.backend.proposal = d.dir, proposalFor(hosts)
	s.keys("d", "n")
	s.advance(time.Second)
	s.keys("y")
	s.advance(time.Second)
	s.backend.proposal.Changes = []Change{{Hosts: hosts, Lines: []string{"nginx: 1.29.2 → 1.29.3", "would restart the following units: nginx.service"}}}
	s.keys("D")
	if r := s.backend.request; r.Previewed != d.dir {
		t.Errorf("asked for %+v", r)
	}
	s.sees("andasibe, ankarana:", "nginx: 1.29.2 → 1.29.3", "would restart the following units: nginx.service")
}

func TestOnlyPreviewsAreActivated(t *testing.T) {
	s := newStage(t, 100, 40)
	s.showRun(2, true)
	before := s.backend.request
	s.keys("D")
	if s.backend.request.Previewed != before.Previewed {
		t.Error("an ordinary run was taken for a preview")
	}
}

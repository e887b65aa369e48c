package ui

import (
	"slices"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// A host that waits for a touch is read when a person opens it, and at no other time.
func TestAHostThatWaitsForATouchIsOpened(t *testing.T) {
	for kind, want := range map[sshutil.Kind][]string{sshutil.KindNeedsTouch: {"refresh [vanga]"}, sshutil.KindAuthRejected: nil} {
		s := newStage(t, 80, 24).showFleet()
		s.news(StatusRead{Host: "vanga", Drift: fleet.DriftUnknown, Status: fleet.Status{State: fleet.StateAuth, Kind: kind, AsOf: begin(),
			Error: "only a key that wants a touch is left (yubikey)", Hint: "open the host to log in with a touch"}})
		s.keys("enter")
		s.sees("nly a key that wants a touch is left")
		if !slices.Equal(s.backend.asked, want) {
			t.Errorf("%s: asked for %v", kind, s.backend.asked)
		}
	}
}

package ui

import (
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

func TestAKeyThatCannotActNowSaysWhy(t *testing.T) {
	t.Run("while a run goes on", func(t *testing.T) {
		s := newStage(t, 200, 50)
		s.showRun(2, false)
		for _, pressed := range []struct{ key, says string }{
			{"R", "The run still goes on."},
			{"D", "This run is not a preview."},
			{"]", "All panes are on this page."},
			{"[", "All panes are on this page."},
			{"n", "Search for something first."},
			{"N", "Search for something first."},
		} {
			s.seesNot(pressed.says)
			s.keys(pressed.key)
			s.sees(pressed.says)
			s.keys("tab") // puts it away
		}
	})
	t.Run("when it has ended", func(t *testing.T) {
		s := newStage(t, 80, 24)
		s.showRun(4, true)
		s.keys("c")
		s.sees("nothing is left to cancel")
	})
	t.Run("a host key that is no question", func(t *testing.T) {
		s := newStage(t, 80, 24).showFleet()
		s.news(StatusRead{Host: "vanga", Status: fleet.Status{State: fleet.StateHostKey, Kind: sshutil.KindHostKeyChanged, AsOf: begin(), Error: "its key is another"}})
		s.keys("K")
		s.sees("The host key that vanga shows is not to be accepted.")
		s.news(StatusRead{Host: "vanga", Status: fleet.Status{State: fleet.StateUp, AsOf: begin()}})
		s.keys("enter", "K")
		s.sees("The host key of vanga is known already.")
		s.news(StatusRead{Host: "vanga", Status: fleet.Status{State: fleet.StateDown, AsOf: begin()}})
		s.keys("K")
		s.sees("No host key of vanga waits to be accepted.")
	})
	t.Run("nothing to do again", func(t *testing.T) {
		s := newStage(t, 80, 24)
		s.showRun(1, true)
		s.keys("R")
		s.sees("Nothing of this run would be mended by doing it again.")
	})
}

package ui

import "testing"

func TestTheMenuHasTheOptionsOfTheCommandLine(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showFleet()
	s.backend.proposal = proposalFor([]string{"vanga"})
	s.keys("d")
	s.sees("build on as fleet.nix says", "at a time 4", "canary none", "waves of all", "stop after failures as waves say", "back on failure no", "confirmed within never", "wait for others no", "skip unreachable no", "follow the tree no", "thaw no", "arguments none")
	s.keys("o", "P", "C", "V", "V", "L", "B", "G", "W", "X", "F", "T", "A")
	for _, letter := range "--show-trace -L" {
		s.keys(string(letter))
	}
	s.keys("enter")
	s.sees("build on target", "at a time 8", "canary 1", "waves of 4", "failures 1", "back on failure yes", "confirmed within 30 s", "wait for others yes", "skip unreachable yes", "follow the tree yes", "thaw yes", "arguments --show-trace -L")
	s.fits("the menu", 100, 30)
	s.keys("W", "s")
	want := Choices{Parallel: 8, Canary: 1, Wave: 4, MaxFailures: 1, Undo: true, Confirm: 30, SkipDown: true, Thaw: true, FollowTree: true, Args: "--show-trace -L"}
	if got := s.backend.request; got.Choices != want || got.BuildOn != "target" || got.Wait {
		t.Errorf("asked for %+v", got)
	}
	s.keys("esc", "d", "A", "x", "esc", "P", "P", "P", "P", "P", "P", "s")
	if got := s.backend.request; got.Choices != (Choices{}) {
		t.Errorf("after choices that were dropped: asked for %+v", got)
	}
}

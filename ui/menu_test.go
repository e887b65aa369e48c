package ui

import (
	"testing"

	"nixfleet-tui/rollout"
)

func TestTheMenuHasTheOptionsOfTheCommandLine(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showFleet()
	s.backend.proposal = proposalFor([]string{"vanga"})
	s.keys("d")
	s.sees("build on as fleet.nix says", "at a time 4", "canary none", "waves of all", "stop after failures as waves say", "back on failure no", "health within 30 s", "confirmed within never",
		"activate within 900 s", "wait for others no", "skip unreachable no", "follow the tree no", "thaw no", "arguments none", "password per run", "notify at the end no")
	s.keys("o", "P", "C", "V", "V", "L", "B", "G", "W", "X", "F", "T", "H", "M", "S", "N", "A")
	for _, letter := range "--show-trace -L" {
		s.keys(string(letter))
	}
	s.keys("enter")
	s.sees("build on target", "at a time 8", "canary 1", "waves of 4", "failures 1", "back on failure yes", "health within 60 s", "confirmed within 30 s",
		"activate within 1800 s", "wait for others yes", "skip unreachable yes", "follow the tree yes", "thaw yes", "arguments --show-trace -L", "password per host", "notify at the end yes")
	s.fits("the menu", 100, 30)
	s.keys("W", "s")
	want := Choices{Parallel: 8, Canary: 1, Wave: 4, MaxFailures: 1, Undo: true, Confirm: 30, SkipDown: true, Thaw: true, FollowTree: true, Args: "--show-trace -L",
		Activation: 1800, Health: 60, Personal: Personal{PasswordPer: rollout.PerHost, Notify: true}}
	if got := s.backend.request; got.Choices != want || got.BuildOn != "target" || got.Wait {
		t.Errorf("asked for %+v", got)
	}
	s.keys("esc", "d", "A", "x", "esc", "P", "P", "P", "P", "P", "P", "S", "S", "S", "s")
	if got := s.backend.request; got.Choices != (Choices{}) {
		t.Errorf("after choices that were dropped: asked for %+v", got)
	}
}

func TestNumbersOfTheMenuCanBeTyped(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showFleet()
	s.keys("d", "7", "P", "6", "C", "3", "L", "1", "2", "G", "1", "2", "0", "W", "5")
	s.sees("at a time 6", "canary 3", "failures 12", "confirmed within 120 s")
	s.keys("G", "9", "9", "9", "9", "9", "C", "0")
	s.sees("confirmed within 9 s", "canary none") // what is too long begins anew
	s.keys("P")
	s.sees("at a time 4") // no longer among the usual numbers
}

// In a menu that has no room for all options, the one whose key was pressed is
// on screen, with what it means.
func TestAnOptionThatIsTurnedIsSeen(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {121, 15}} {
		s := newStage(t, size[0], size[1])
		s.showFleet()
		s.keys("d")
		for _, o := range menuOptions() {
			s.keys(o.key)
			s.sees(" " + o.key + " " + o.name + " ")
			if s.m.prompt != nil {
				s.keys("enter")
			}
		}
		s.keys("pgup", "pgup", "pgup")
		s.sees("▸ s", "o build on")
	}
}

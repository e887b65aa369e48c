package ui

import (
	"slices"
	"strings"
	"testing"
)

func (s *stage) foundCommands() []string {
	var ids []string
	for _, a := range s.m.commands.found {
		ids = append(ids, a.id)
	}
	return ids
}

func TestPaletteFindsByPartsOfNames(t *testing.T) {
	for typed, want := range map[string]string{"dep": "fleet.deploy", "eval": "fleet.evaluate", "mka": "fleet.mark-all", "Builders": "go.builders", "cle ma": "fleet.clear", "screen": "redraw"} {
		s := newStage(t, 80, 24).showFleet()
		s.keys(":")
		for _, r := range typed {
			s.keys(string(r))
		}
		if got := s.foundCommands(); len(got) == 0 || got[0] != want {
			t.Errorf("%q finds %v", typed, got)
		}
	}
}

func TestPaletteDoesWhatTheKeyDoes(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("ctrl+p", "m", "a", "r", "k", "enter")
	s.wantMarks("vanga")
	if s.m.dialog != nil || s.m.prompt != nil {
		t.Fatal("the palette stays open")
	}
	s.keys(":", "m", "a", "r", "k", "ctrl+n", "ctrl+p", "down", "enter")
	if len(s.m.fleet.marks) != 12 {
		t.Errorf("the second command was not taken: %v", s.m.fleet.marks)
	}
	s.keys(":", "d", "e", "p", "l", "enter")
	s.sees("Deploy to 12 hosts")
}

func TestPaletteOffersWhatCanBeDoneHere(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys(":")
	if got := s.foundCommands(); slices.Contains(got, "run.zoom") || slices.Contains(got, "fleet.accept-key") || slices.Contains(got, "confirm.yes") {
		t.Errorf("the palette offers %v", got)
	}
	s.keys("q", "q", "q")
	s.sees("Nothing here is called that.")
	s.keys("enter")
	s.keys(":", "esc")
	if s.m.dialog != nil || s.m.prompt != nil || s.m.commands != nil || s.quit {
		t.Error("enter on nothing, or esc, does something")
	}
}

// The chosen command is in sight, however low the screen is.
func TestPaletteShowsWhatIsChosen(t *testing.T) {
	for _, h := range []int{minHeight, 24} {
		s := newStage(t, 80, h).showFleet()
		s.keys(":")
		for range s.m.commands.found {
			s.keys("down")
			c := s.m.commands
			if a := c.found[c.chosen]; !strings.Contains(s.text(), a.about[:min(len(a.about), 20)]) {
				t.Fatalf("%s is chosen and not seen in %d rows:\n%s", a.id, h, s.text())
			}
		}
		s.seesNot(" more ─")
	}
}

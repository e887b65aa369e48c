package ui

import (
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

func blur() tea.Msg { return tea.BlurMsg{} }

func TestKeysTypedAheadArriveOneByOne(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jjj")})
	if got := s.m.fleet.current(); got != "masoala" {
		t.Errorf("three downs lead to %s", got)
	}
}

func TestKeysTypedAheadDuringStartDoNoHarm(t *testing.T) {
	s := newStage(t, 80, 24)
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("dsyy")})
	s.keys("enter", " ", "y")
	s.showFleet()
	if len(s.backend.asked) != 0 || s.m.dialog != nil {
		t.Errorf("asked for %v", s.backend.asked)
	}
}

// With a cached inventory the keys find a host, and still cannot confirm.
func TestKeysTypedAheadStopAtTheConfirmation(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"vanga"})
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("dsyyyy")})
	if slices.Contains(s.backend.asked, "launch") {
		t.Fatal("a run was started by keys that were typed before the question stood there")
	}
	s.sees("Switch 1 host?")
}

func TestPastedTextIsNoKeys(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q"), Paste: true})
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("dsy"), Paste: true})
	if s.quit || s.m.dialog != nil {
		t.Error("pasted text was taken for keys")
	}
	s.keys("/")
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("@web"), Paste: true})
	s.sees("3 of 12")
}

func TestNothingHappensThatCannotBeSeen(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.resizedTo(20, 5)
	s.sees("need 60×15, have", "20×5")
	s.keys("d", "s", "y", " ", "enter")
	s.resizedTo(80, 24)
	if s.m.dialog != nil || len(s.m.fleet.marks) != 0 || s.m.at != placeFleet || len(s.backend.asked) != 0 {
		t.Error("keys did something while the screen was too small to see it")
	}
	s.sees("12 hosts", "vanga")
	s.resizedTo(1, 1)
	s.resizedTo(20, 5)
	s.keys("q")
	if !s.quit {
		t.Error("q must quit a screen that is too small")
	}
}

func TestPlaces(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	for _, c := range []struct {
		key  string
		sees string
	}{{"2", "listed in"}, {"3", "No run is open"}, {"4", "There are no runs yet"}, {"1", "12 hosts"}} {
		s.keys(c.key)
		s.sees(c.sees)
	}
	s.keys("2", "4", "esc")
	s.sees("listed in")
	s.keys("esc")
	s.sees("12 hosts")
}

func TestHelpShowsTheKeysOfThePlace(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("?")
	s.sees("Open the deploy menu for the marked hosts", "more")
	for range 10 {
		s.keys("j")
	}
	s.sees("Draw the screen again.")
	s.keys("esc")
	s.seesNot("Draw the screen again.")
	s.keys("2", "?")
	s.seesNot("deploy menu")
}

func TestErrorsStayUntilAKeyIsPressed(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.news(Said{"the cache cannot be written", "Free some space."})
	s.sees("The cache cannot be written.", "Free some space.")
	s.advance(10 * time.Minute)
	s.sees("The cache cannot be written.")
	s.keys("down")
	s.seesNot("The cache cannot be written.")
}

func TestFocusAndSuspend(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.send(tea.BlurMsg{})
	s.send(tea.FocusMsg{})
	s.keys("ctrl+z")
	s.send(tea.ResumeMsg{})
	if s.written != popTitle+pushTitle {
		t.Errorf("the shell did not get its title back for that time: %q", s.written)
	}
	s.keys("d", "ctrl+z") // also from a dialog
	want := []string{"looking false", "looking true", "pause true", "pause false", "pause true"}
	if !slices.Equal(s.backend.asked, want) {
		t.Errorf("asked for %v", s.backend.asked)
	}
}

func TestIdleMeansNoTicks(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	frame := s.m.View()
	s.advance(10 * time.Second)
	if len(s.timers) != 1 || s.timers[0].msg != (minuteMsg{}) {
		t.Errorf("timers while nothing happens: %v", s.timers)
	}
	if s.m.View() != frame {
		t.Error("the screen changed while nothing happened")
	}
}

func TestQuitWithoutRunsIsImmediate(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		s := newStage(t, 80, 24).showFleet()
		s.keys(key)
		if !s.quit {
			t.Errorf("%s does not quit", key)
		}
	}
}

func TestSignals(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.news(interrupted{})
	if !s.quit {
		t.Error("SIGINT must do what ctrl+c does")
	}
	s = newStage(t, 80, 24)
	s.showRun(4, false)
	s.news(interrupted{})
	if s.quit {
		t.Error("SIGINT must ask while something runs")
	}
	s.news(interrupted{fatal: true})
	if !s.quit {
		t.Error("SIGTERM must end the program without a question")
	}
}

// withAlt is a key that comes with Escape before it in one go.
func withAlt(r rune) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: true} }

// Escape and a key that come together, over a slow line or from quick fingers,
// are what a terminal sends for alt and the key, which means nothing here.
func TestEscapeAndAKeyTogether(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	first := s.m.fleet.current()
	s.keys("d")
	s.send(withAlt('j'))
	if s.m.dialog != nil || s.m.fleet.current() == first {
		t.Errorf("the menu is open: %v; the cursor is on %s", s.m.dialog != nil, s.m.fleet.current())
	}
	s.keys("/", "x")
	s.send(withAlt('k'))
	if s.m.prompt != nil || s.m.fleet.expr != "" || s.m.fleet.current() != first {
		t.Errorf("the filter is %q; the cursor is on %s", s.m.fleet.expr, s.m.fleet.current())
	}
	s.keys("enter")
	s.send(tea.KeyMsg{Type: tea.KeyEnter, Alt: true})
	s.send(tea.KeyMsg{Type: tea.KeyEsc, Alt: true})
	if s.m.at != placeFleet {
		t.Errorf("enter, Escape, enter, Escape and Escape lead to place %d", s.m.at)
	}
}

func TestAltThatMeansSomething(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("/", "a", "b", " ", "c")
	s.send(withAlt('b')) // a word back
	if s.m.prompt == nil || s.m.prompt.input.Position() != 3 {
		t.Error("alt+b does not move by a word where text is typed")
	}
	s.keys("esc", "d")
	s.send(tea.KeyMsg{Type: tea.KeyDown, Alt: true}) // a sequence of its own
	if s.m.dialog == nil {
		t.Error("an arrow with alt was taken for Escape and an arrow")
	}
	s.keys("esc")
	s.askedRun(sudoQuestion("q1"))
	s.advance(time.Second)
	s.typed("pass")
	s.send(withAlt('w'))
	s.typed("ord")
	if s.m.dialog == nil || string(s.m.dialog.field.secret.Bytes()) != "password" {
		t.Error("a password was cut in two")
	}
}

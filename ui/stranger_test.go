package ui

import (
	"strings"
	"testing"

	"nixfleet-tui/fleet"
)

// A hint that begins with a key keeps its case: m and M do different things.
func TestHintsNameKeysAsTheyAre(t *testing.T) {
	for said, want := range map[string]string{
		"m gives the mouse back":    "m gives the mouse back.",
		"a program waits":           "A program waits.",
		"nothing was started":       "Nothing was started.",
		"web1 is down":              "web1 is down.",
		"drift:x: drift knows none": "drift:x: drift knows none.",
	} {
		if got := sentence(said); got != want {
			t.Errorf("%q became %q", said, got)
		}
	}
	s := newStage(t, 80, 24).showFleet()
	s.keys("m")
	s.sees(" m gives the mouse back to the terminal.")
}

// A filter that nobody can match says why, as the command line does.
func TestAFilterThatIsAMistakeSaysSo(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("/")
	s.typed("drift:foo")
	s.keys("enter")
	s.sees("No host matches drift:foo.", `drift:foo: drift knows no "foo". It takes in-sync, behind,`, "esc shows all again")
	s.keys("/", "ctrl+u")
	s.typed("nobody")
	s.sees("No host matches nobody.", "A filter is a part of a name")
}

// The footer offers nothing that would do nothing.
func TestTheFooterOffersWhatThereIs(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.news(RunsListed{})
	s.keys("4")
	s.sees("There are no runs yet.")
	s.seesNot("enter open")
	s.keys("1", "enter")
	s.seesNot("last run")
	s = newStage(t, 120, 40)
	s.showRun(4, true)
	s.news(RunsListed{Runs: s.m.known.runs})
	s.keys("4")
	s.sees("enter open")
}

// In what is long, g and G lead to its ends.
func TestTheEndsOfADialog(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("?", "G")
	s.sees("ctrl+l      Draw the screen again.")
	s.keys("k", "g")
	s.sees("space       Mark the host")
}

// What did not end well is named before all answers, which may be many.
func TestBadAnswersAreNamedFirst(t *testing.T) {
	b := newBrush(Look{Theme: ThemeNone})
	q := &inquiry{hosts: []string{"a", "b", "c"}, answers: []fleet.Answer{{Host: "c", ExitCode: 1}, {Host: "a"}, {Host: "b", ExitCode: 2}}}
	if got := stripSGR(q.rows(b, 60)[0]); got != "2 of 3 did not end well: b, c" {
		t.Errorf("it begins with %q", got)
	}
	q.answers = q.answers[1:2]
	if got := strings.Join(q.rows(b, 60), "\n"); strings.Contains(got, "did not end well") {
		t.Errorf("all is well, and it says\n%s", got)
	}
}

// What is said about an open dialog stands below it, until a key goes on.
func TestADialogDoesNotCoverWhatIsSaidAboutIt(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1]).showFleet()
		s.keys("B", "t")
		s.replaced("yesterday")
		s.sees(`"yesterday" names no generation.`, "Give its number", "collect")
		s.fits("what is said about a menu", size[0], size[1])
		s.advance(readFor)
		s.keys("C")
		s.sees("canary 1")
		s.seesNot("names no generation")
	}
}

// How many generations there are is not said as long as nobody knows.
func TestAnUnreadPastHasNoNumber(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("enter", "h")
	s.send(pastReadMsg{asked: s.m.past.asked, err: &fleet.Error{Message: "it is no NixOS"}})
	s.sees("─ generations of vanga ─", "It is no NixOS.")
	s.seesNot("0 generations", "newest first")
}

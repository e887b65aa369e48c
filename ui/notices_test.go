package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
)

// An error that comes up under somebody's fingers is not typed away.
func TestErrorsStayUntilTheyCanHaveBeenRead(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("j")
	s.news(Said{Message: "the disk is full", Hint: "Free some space."})
	s.keys("j", "j", "k", " ")
	s.sees("The disk is full.", "Free some space.")
	s.m.fail(errors.New("the cache cannot be written"))
	s.m.say(plain, "Copied 3 lines", "")
	s.keys("j")
	s.sees("The cache cannot be written.", "2 more")
	s.keys("esc")
	s.sees("The disk is full.", "Free some space.")
	s.keys("esc")
	s.sees("Copied 3 lines")
	if len(s.m.fleet.marks) != 1 {
		t.Error("esc did more than to put the notice away")
	}
	s.keys("j")
	s.seesNot("Copied")
	s.keys("M")
	s.sees("Messages", "07:15:00", "The disk is full.", "The cache cannot be written.", "Copied 3 lines.")
	s.keys("esc", "esc")
	s.m.fail(errors.New("the disk is full again"))
	s.advance(readFor)
	s.keys("j")
	s.seesNot("The disk is full again.")
}

func TestTheSameIsNotSaidTwice(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	for range 300 {
		s.m.fail(&fleet.Error{Message: "git is missing"})
	}
	if len(s.m.queue) != 1 || len(s.m.told) != 1 {
		t.Errorf("%d wait, %d are kept", len(s.m.queue), len(s.m.told))
	}
	for i := range 300 {
		s.m.fail(errors.New(time.Duration(i).String()))
	}
	if len(s.m.queue) != waitingMost || len(s.m.told) != messagesMost {
		t.Errorf("%d wait, %d are kept", len(s.m.queue), len(s.m.told))
	}
}

func TestAFirstStartExplainsThreeKeys(t *testing.T) {
	first := func() *stage {
		return newStageOf(t, 80, 24, Options{Look: Look{Theme: ThemeANSI}, First: true}).showFleet()
	}
	for _, key := range []string{" ", "d", "?", "esc"} {
		s := first()
		s.sees("space marks hosts", "d deploys (it asks first)", "? shows every key")
		s.keys("j", "S", "2")
		s.seesNot("New here?") // it covers only what it explains
		s.keys("1")
		s.sees("New here?")
		if len(s.backend.habits) != 1 || s.backend.habits[0].Met {
			t.Errorf("kept %v", s.backend.habits)
		}
		s.keys(key)
		if key != "?" && key != "d" {
			s.seesNot("New here?")
		}
		if last := s.backend.habits[len(s.backend.habits)-1]; !last.Met {
			t.Errorf("%q: it will come again", key)
		}
	}
	s := newStageOf(t, 80, 24, Options{Look: Look{Theme: ThemeANSI}, Habits: Habits{Met: true}}).showFleet()
	s.seesNot("New here?")
}

// A long notice leaves the place in sight, and says where all of it stands.
func TestALongNoticeIsCut(t *testing.T) {
	long := strings.Repeat("many words and ", 60) + "the end"
	for name, n := range map[string]struct{ message, hint, wants string }{
		"a long sentence":        {long, "Free some space.", "Free some space."},
		"a long hint":            {"The disk is full", long, "The disk is full."},
		"a sentence and no hint": {long, "", "Many words"},
		"both":                   {long, long, "Many words"},
	} {
		s := newStage(t, 60, 15).showFleet()
		s.news(Said{Message: n.message, Hint: n.hint})
		s.sees(n.wants, "… M shows all", "12 hosts ─")
		s.keys("M")
		for range 40 {
			s.keys("pgdown")
		}
		s.sees("the end")
		if t.Failed() {
			t.Fatalf("so with %s:\n%s", name, s.text())
		}
	}
}

func TestHintsNameCommandsAsTheProgramIsCalled(t *testing.T) {
	for self, want := range map[string]string{
		"nixfleet-tui":      "Build it: `nixfleet-tui build --on web1`, or see `nixfleet-tui demo status`.",
		"nixfleet-tui demo": "Build it: `nixfleet-tui demo build --on web1`, or see `nixfleet-tui demo status`.",
	} {
		s := newStage(t, 120, 30).showFleet()
		s.m.self = self
		s.news(Said{"it was not built", "Build it: `nixfleet-tui build --on web1`, or see `nixfleet-tui demo status`."})
		s.sees(want)
	}
}

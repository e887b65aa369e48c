package ui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
)

func (s *stage) mouse(b tea.MouseButton, x, y int) {
	s.t.Helper()
	s.send(tea.MouseMsg{X: x, Y: y, Button: b, Action: tea.MouseActionPress})
}

// click presses the left button in the first row that has the words.
func (s *stage) click(x int, words string) {
	s.t.Helper()
	for y, row := range s.screen() {
		if strings.Contains(row, words) {
			s.mouse(tea.MouseButtonLeft, x, y)
			return
		}
	}
	s.t.Fatalf("nothing says %q:\n%s", words, s.text())
}

func TestTheMouseIsTheTerminalsAtFirst(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.click(4, "kelyus  ")
	s.mouse(tea.MouseButtonWheelDown, 4, 8)
	if got := s.m.fleet.current(); got != "vanga" {
		t.Errorf("the cursor is on %s", got)
	}
	s.keys("m")
	s.sees("A click chooses")
	s.keys("m")
	if s.m.mouse {
		t.Error("m does not give it back")
	}
}

// A filter may leave no host, and then there is nothing to point at.
func TestAClickOnAnEmptyTable(t *testing.T) {
	for _, keys := range [][]string{{"m"}, {"m", "T"}} {
		s := newStage(t, 80, 24).showFleet()
		s.keys(append(keys, "/", "q", "x", "z", "enter")...)
		s.seesNot("andasibe  ")
		for y := range 24 {
			s.mouse(tea.MouseButtonLeft, 4, y)
			s.mouse(tea.MouseButtonWheelDown, 4, y)
		}
		s.keys("esc")
		s.sees("andasibe  ")
	}
}

func TestAClickChooses(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("m")
	s.click(4, "andasibe  ")
	if got := s.m.fleet.current(); got != "andasibe" {
		t.Errorf("the cursor is on %s", got)
	}
	s.mouse(tea.MouseButtonWheelDown, 4, 8)
	if got := s.m.fleet.current(); got != "ayeaye" {
		t.Errorf("the wheel leads to %s", got)
	}
	s.mouse(tea.MouseButtonLeft, 4, 0)
	s.mouse(tea.MouseButtonLeft, 4, 23)
	if got := s.m.fleet.current(); got != "ayeaye" {
		t.Errorf("a click beside the table leads to %s", got)
	}
	s.keys("2")
	s.click(4, "kelyus")
	if s.m.builders.at != 2 {
		t.Errorf("builder %d is chosen", s.m.builders.at)
	}
	s.news(RunsListed{threeRuns()})
	s.keys("4")
	s.click(4, "sambirano")
	if s.m.runs.at != 1 {
		t.Errorf("run %d is chosen", s.m.runs.at)
	}
}

func TestAClickFocusesAPane(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showRun(4, false)
	s.keys("m")
	for _, c := range []struct {
		x, y int
		host string
	}{{10, 8, "andasibe"}, {90, 8, "ankarana"}, {10, 25, "ayeaye"}, {90, 25, "boraha"}, {90, 2, "boraha"}} {
		s.mouse(tea.MouseButtonLeft, c.x, c.y)
		if got := s.m.run.focused().host; got != c.host {
			t.Errorf("a click at %d,%d focuses %s", c.x, c.y, got)
		}
	}
	s.mouse(tea.MouseButtonWheelUp, 90, 8)
	if p := s.m.run.focused(); p.host != "ankarana" || p.follow {
		t.Error("the wheel does not scroll the log under the pointer")
	}
	s.keys("v")
	s.click(5, "ayeaye  ")
	if got := s.m.run.focused().host; got != "ayeaye" {
		t.Errorf("in the list: %s", got)
	}
}

func TestQuestionsAreForKeys(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showFleet()
	s.keys("m")
	s.showConfirmation()
	s.advance(2 * deafFor)
	for y := range 24 {
		for x := 0; x < 80; x += 4 {
			s.mouse(tea.MouseButtonLeft, x, y)
		}
	}
	if s.launched() || s.m.dialog == nil {
		t.Error("a click answered")
	}
	s.mouse(tea.MouseButtonWheelDown, 9, 9)
	if s.m.dialog.scroll == 0 {
		t.Error("the wheel does not scroll the question")
	}
}

func TestHostsAreGroupedByTag(t *testing.T) {
	s := newStage(t, 80, 40).showFleet()
	s.keys("T")
	s.sees("by tag, by attention", "\n @datacenter\n", "\n @home\n")
	if got := s.shownHosts(); got[0] != "vanga" || got[7] != "boraha" || got[8] != "tenrec" {
		t.Errorf("grouped: %v", got)
	}
	all := dozen()
	all[0].host.Tags = nil
	s.news(InventoryRead{inventoryOf(all)})
	s.sees("\n no tag\n")
	if got := s.shownHosts(); got[11] != "andasibe" {
		t.Errorf("a host that lost its tags: %v", got)
	}
	s.keys("m")
	s.click(4, "sifaka")
	if got := s.m.fleet.current(); got != "sifaka" {
		t.Errorf("a click leads to %s", got)
	}
	s.keys("T")
	s.seesNot("\n @home\n")
	s.news(InventoryRead{&fleet.Inventory{}})
	s.keys("T")
	s.sees("There are no hosts here yet")
}

func TestTheHeadingOfTheFirstHostIsInView(t *testing.T) {
	s := newStage(t, 80, 15).showFleet()
	s.keys("T", "G", "g")
	s.sees("\n @datacenter\n")
}

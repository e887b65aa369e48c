package ui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestMarksAreTakenBack(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	marked := func() int { return len(s.m.fleet.marks) }
	s.keys("U")
	s.sees("No change of the marks is left to take back.")
	s.keys(" ", " ", "i")
	if marked() != 10 {
		t.Fatalf("%d are marked", marked())
	}
	s.keys(`ctrl+\`, `ctrl+\`) // the second changes nothing
	for _, want := range []int{10, 2, 1, 0, 0} {
		s.keys("U")
		if marked() != want {
			t.Errorf("%d are marked, want %d", marked(), want)
		}
	}
	s.keys("v", "j", "j", "v", "U")
	if marked() != 0 {
		t.Errorf("%d are marked after the range was taken back", marked())
	}
}

func TestMarksComeBackAfterADeployment(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(2, false)
	s.keys("esc", " ", "j", " ")
	want := s.m.fleet.chosen()
	s.send(launchedMsg{dir: s.backend.dir})
	s.keys("esc")
	if len(s.m.fleet.marks) != 0 {
		t.Fatalf("%v are still marked", s.m.fleet.marks)
	}
	s.keys("U")
	if got := s.m.fleet.chosen(); !slices.Equal(got, want) {
		t.Errorf("%v are marked, %v were", got, want)
	}
	all := dozen()
	s.news(InventoryRead{inventoryOf(all[8:])}) // the marked ones are gone
	s.keys("i", "U", "U", "U")
	for name := range s.m.fleet.marks {
		if !slices.Contains(s.m.known.names, name) {
			t.Errorf("%s is marked and not there", name)
		}
	}
}

// In a long grouped table the group of the first row is always named, and what
// a click meets is what is shown.
func TestAGroupIsNamedWhileItsRowsPass(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showLargeFleet(120)
	s.keys("T")
	for i := range 60 {
		s.keys("down")
		if row := s.screen()[4]; !strings.HasPrefix(row, " @datacenter") {
			t.Fatalf("%d rows down the table begins with %q", i+1, row)
		}
	}
	at := s.m.fleet.current()
	s.keys("m")
	s.send(tea.MouseMsg{X: 5, Y: 4, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	if s.m.fleet.current() != at {
		t.Errorf("a click on the heading goes to %s", s.m.fleet.current())
	}
	s.send(tea.MouseMsg{X: 5, Y: 5, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	if got := s.m.fleet.current(); !strings.Contains(s.screen()[5], got) || got == at {
		t.Errorf("a click on the row below it goes to %s: %q", got, s.screen()[5])
	}
	s.keys("G")
	s.sees("@home")
	for range 130 {
		s.keys("up")
	}
	if s.m.fleet.index() != 0 || !strings.HasPrefix(s.screen()[4], " @datacenter") {
		t.Errorf("at the top: %q", s.screen()[4])
	}
}

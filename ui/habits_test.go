package ui

import (
	"context"
	"errors"
	"slices"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestHabitsAreRememberedWhenTheyChange(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("j", "k", "2", "1")
	if len(s.backend.habits) != 0 {
		t.Fatalf("kept %v though nothing has changed", s.backend.habits)
	}
	s.keys("S", "T", "m")
	want := []Habits{{Order: "by name"}, {Order: "by name", ByTag: true}, {Order: "by name", ByTag: true, Mouse: true}}
	if !slices.Equal(s.backend.habits, want) {
		t.Errorf("kept %v", s.backend.habits)
	}
	s.backend.habitsErr = errors.New("the disk is full")
	s.keys("T")
	s.sees("The disk is full.")
}

// While habits are being kept, later ones wait: the last one stays.
func TestHabitsAreKeptOneAfterTheOther(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.m.fleet.nextOrder()
	first := s.m.remember()
	s.keys("S", "T")
	if len(s.backend.habits) != 0 {
		t.Fatalf("kept %v beside each other", s.backend.habits)
	}
	s.do(first)
	want := []Habits{{Order: "by name"}, {Order: "by age", ByTag: true}}
	if !slices.Equal(s.backend.habits, want) {
		t.Errorf("kept %v", s.backend.habits)
	}
}

// A dashboard that ends waits for no command; what has changed last is kept all
// the same, and a command that comes later does not put older habits over it.
func TestTheLastHabitsAreKeptAtTheEnd(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	var late []func(context.Context) tea.Msg
	s.m.start = func(work func(context.Context) tea.Msg) tea.Cmd { late = append(late, work); return nil }
	s.keys("S", "T", "q")
	if len(s.backend.habits) != 0 {
		t.Fatalf("kept %v by commands that nobody has run", s.backend.habits)
	}
	if err := s.m.diary.close(s.m.habits()); err != nil {
		t.Fatal(err)
	}
	for _, work := range late {
		work(t.Context())
	}
	if want := []Habits{{Order: "by name", ByTag: true}}; !slices.Equal(s.backend.habits, want) {
		t.Errorf("kept %v", s.backend.habits)
	}
}

func TestHabitsHoldFromTheStart(t *testing.T) {
	h := Habits{Order: "by name", ByTag: true, List: true, Mouse: true}
	s := newStageOf(t, 80, 24, Options{Look: Look{Theme: ThemeANSI}, Habits: h})
	s.showFleet()
	s.sees("by tag, by name")
	s.click(4, "andasibe  ")
	s.showRun(2, false)
	if s.m.run.as != asList || len(s.backend.habits) != 0 {
		t.Errorf("as %v, kept %v", s.m.run.as, s.backend.habits)
	}
	s.keys("v")
	if h.List = false; !slices.Equal(s.backend.habits, []Habits{h}) {
		t.Errorf("kept %v", s.backend.habits)
	}
	s = newStageOf(t, 80, 24, Options{Look: Look{Theme: ThemeANSI}, Habits: Habits{Order: "by the moon"}})
	if s.m.fleet.order != byAttention || len(s.backend.habits) != 0 {
		t.Error("an order of a later version is taken for one of ours")
	}
}

package ui

import (
	"errors"
	"slices"
	"testing"
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

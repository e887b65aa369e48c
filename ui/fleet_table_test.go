package ui

import (
	"strings"
	"testing"
)

// A frame of a table that is longer than the screen is made of the rows on
// screen: what depends on all of them is worked out when they change.
func TestAFrameOfTheTableIsMadeOfWhatItShows(t *testing.T) {
	allocations := func(n int) float64 {
		s := newStage(t, 200, 50)
		s.showLargeFleet(n)
		return testing.AllocsPerRun(5, func() { s.m.frame = s.m.draw() })
	}
	if some, many := allocations(120), allocations(1_200); many > some*1.1 {
		t.Errorf("a frame of 120 hosts takes %.0f allocations, one of 1,200 hosts %.0f", some, many)
	}
}

// The columns follow what is in them, and stay while a filter is typed.
func TestColumnsAreAsWideAsWhatTheyShow(t *testing.T) {
	s := newStage(t, 119, 30).showFleet()
	titles := func() string {
		for _, row := range s.screen() {
			if strings.Contains(row, "NAME ") {
				return row
			}
		}
		return ""
	}
	at := func(title string) int { return strings.Index(titles(), title) }
	gen := at("GEN")
	all := dozen()
	long := all[2].with(func(t *told) { t.status.Reading.FailedUnits = []string{"a", "b", "c"}; t.status.Reading.Reboot = yes() })
	s.news(long.newsOf()...)
	wider := at("GEN")
	if wider <= gen {
		t.Errorf("the column of what a host needs is as narrow as before: %q", titles())
	}
	s.keys("/", "k", "e", "l")
	if at("GEN") != wider {
		t.Errorf("the columns jump while a filter is typed: %q", titles())
	}
	s.keys("esc")
	s.news(InventoryRead{inventoryOf(append(all, machine("a-host-with-a-long-name", "x86_64-linux")))})
	if at("STATE") <= len("   NAME       ") {
		t.Errorf("a long name does not widen its column: %q", titles())
	}
}

package ui

import (
	"strings"
	"testing"
)

func TestPagesAreTurned(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(12, false)
	s.sees("page 1 of 2", "] next page")
	s.keys("tab", "]")
	s.sees("page 2 of 2", "2 tenrec")
	s.keys("]")
	s.sees("page 1 of 2", "2 ankarana")
	s.keys("[", "5") // there is no fifth on that page
	s.sees("page 2 of 2")
	s.keys("z", "]")
	if s.m.run.as != asLog || s.m.run.focused().host != "tenrec" {
		t.Error("a page was turned where none is seen")
	}
}

func TestPanesComeCloser(t *testing.T) {
	s := newStage(t, 200, 50)
	s.showRun(8, false)
	panes := func() int { return strings.Count(s.text(), "╭─ ") }
	if panes() != 8 {
		t.Fatalf("%d panes:\n%s", panes(), s.text())
	}
	s.keys("+")
	if panes() >= 8 {
		t.Errorf("%d panes after +", panes())
	}
	s.keys("+", "+", "+", "+", "+", "+", "+", "+")
	if panes() != 1 {
		t.Errorf("%d panes when nothing is larger", panes())
	}
	s.keys("-", "-", "-", "-")
	if panes() != 8 {
		t.Errorf("%d panes after as many steps back", panes())
	}
	s.fits("panes", 200, 50)
}

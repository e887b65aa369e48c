package ui

import "testing"

func TestHelpIsSearched(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("?")
	s.sees("/ search", "Mark the host")
	s.keys("/", "l", "i", "n", "e", "s")
	s.sees("Wrap long lines", "Run, one log")
	s.seesNot("Mark the host")
	s.keys("enter")
	s.sees("Wrap long lines", "/ search")
	s.keys("/", "esc")
	s.sees("Mark the host")
	s.keys("/", "q", "q", "x")
	s.sees("No key does anything of that name")
	s.keys("esc", "esc")
	s.seesNot("Everywhere")
	s.keys("?")
	s.seesNot("No key does anything")
}

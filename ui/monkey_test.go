package ui

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// Random keys, sizes and waits over a fleet and a run: no panic, no row too
// long, and nothing started or cancelled but by an answer to a question that
// was on the screen for long enough.
func TestMonkey(t *testing.T) {
	names := []string{"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "backspace",
		"ctrl+a", "ctrl+d", "ctrl+u", "ctrl+l", `ctrl+\`, " ", "/", "?", "!", "<", ">", ":", "ctrl+p"}
	for r := 'a'; r <= 'z'; r++ {
		names = append(names, string(r), string(r-'a'+'A'))
	}
	for d := '0'; d <= '9'; d++ {
		names = append(names, string(d))
	}
	for seed := range uint64(4) {
		dice := rand.New(rand.NewPCG(seed, 7))
		s := newStage(t, 80, 24)
		s.showRun(8, false)
		s.news(RunsListed{threeRuns()})
		for range 1500 {
			s.monkeyDoes(dice, names)
			if s.quit { // as q does; the next one begins
				s.quit, s.m.quits = false, false
			}
		}
	}
}

func (s *stage) monkeyDoes(dice *rand.Rand, names []string) {
	s.t.Helper()
	switch dice.IntN(20) {
	case 0:
		s.resizedTo(dice.IntN(240), dice.IntN(60))
	case 1:
		s.advance(time.Duration(dice.IntN(900)) * time.Millisecond)
	case 2:
		all := dozen()
		s.news(all[dice.IntN(len(all))].newsOf()...)
	case 4:
		buttons := []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown}
		before := len(s.backend.asked)
		s.mouse(buttons[dice.IntN(len(buttons))], dice.IntN(240), dice.IntN(60))
		if len(s.backend.asked) != before {
			s.t.Fatalf("the mouse did %v", s.backend.asked[before:])
		}
	case 3:
		s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("xyz"), Paste: true})
	default:
		s.monkeyPresses(names[dice.IntN(len(names))])
	}
	if s.m.w >= minWidth && s.m.h >= minHeight {
		s.fits("after the monkey's doing", s.m.w, s.m.h)
	}
}

func (s *stage) monkeyPresses(name string) {
	s.t.Helper()
	before, d := len(s.backend.asked), s.m.dialog
	armed := d != nil && !s.clock.Before(d.deafUntil) && slices.Contains([]scope{scopeConfirm, scopeCancel, scopeQuit}, d.scope)
	s.keys(name)
	for _, what := range s.backend.asked[before:] {
		dangerous := what == "launch" || len(what) > 6 && what[:6] == "cancel"
		if dangerous && !(armed && (name == "y" || name == "!" || name == "c" || name == "enter")) {
			s.t.Fatalf("%q did %q without a question", name, what)
		}
	}
}

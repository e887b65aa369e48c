package ui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
)

// askThree asks three hosts for their kernel, up to the confirmation.
func (s *stage) askThree() {
	s.t.Helper()
	s.showFleet()
	s.backend.answers = map[string]fleet.Answer{
		"ayeaye": {Stdout: []byte("6.12.41\n")}, "boraha": {Stdout: []byte("6.12.41")},
		"tenrec": {Stdout: []byte("6.6.9\n"), Stderr: []byte("uname: it is an \x1b[2Jold one\n"), ExitCode: 3},
		"tsingy": {Err: &fleet.Error{Message: "it did not answer within 8 seconds", Hint: "Check that it is switched on."}},
	}
	for _, host := range []string{"ayeaye", "boraha", "tenrec", "tsingy"} {
		s.m.fleet.marks[host] = true
	}
	s.keys("x")
	for _, letter := range "uname  -r" {
		s.keys(string(letter))
	}
	s.keys("enter")
}

func TestACommandIsConfirmedAndEqualAnswersAreFolded(t *testing.T) {
	s := newStage(t, 120, 40)
	s.askThree()
	s.sees("Run it on 4 hosts?", "ayeaye, boraha, tenrec, tsingy", "$ uname  -r", "login shell")
	s.keys("y", "enter") // deaf
	if len(s.backend.asked) != 0 {
		t.Fatalf("it did %v before it could be read", s.backend.asked)
	}
	s.advance(time.Second)
	s.keys("enter") // the harmless answer
	if s.m.dialog != nil || len(s.backend.asked) != 0 {
		t.Fatalf("enter does not cancel: %v", s.backend.asked)
	}
	s.keys("x", "i", "d", "enter")
	s.advance(time.Second)
	s.keys("y")
	want := []string{"ask ayeaye to id", "ask boraha to id", "ask tenrec to id", "ask tsingy to id"}
	if !slices.Equal(s.backend.asked, want) {
		t.Fatalf("it did %v", s.backend.asked)
	}
	s.sees("2 hosts", "ayeaye, boraha", "exit 0", "6.12.41", "exit 3", "6.6.9", `uname: it is an \x1b[2Jold one`,
		"not run to its end", "It did not answer within 8 seconds.", "Check that it is switched on.")
	if n := strings.Count(s.text(), "6.12.41"); n != 1 {
		t.Errorf("the same is shown %d times", n)
	}
	s.fits("answers", 120, 40)
	s.keys("y")
	if !strings.Contains(s.written, "\x1b]52;c;") {
		t.Error("nothing was copied")
	}
	s.keys("esc", "X")
	s.sees("$ id", "6.6.9")
}

// Answers come one after the other; who has not answered is named, and can be
// hung up on.
func TestAnswersComeOneByOne(t *testing.T) {
	s := newStage(t, 80, 24)
	s.askThree()
	s.advance(time.Second)
	var ended error
	s.m.start = func(work func(context.Context) tea.Msg) tea.Cmd { return nil } // nobody answers yet
	s.keys("y")
	q := s.m.inquiry
	s.sees("4 of 4 still to answer: ayeaye, boraha, tenrec, tsingy", "c stop")
	s.send(answeredMsg{q, fleet.Answer{Host: "boraha"}})
	s.sees("boraha", "it said nothing", "3 of 4 still to answer: ayeaye, tenrec, tsingy")
	stop := q.stop
	q.stop = func() { stop(); ended = context.Canceled }
	s.keys("c")
	s.sees("being stopped: ayeaye, tenrec, tsingy")
	if ended == nil {
		t.Error("nobody hung up")
	}
	s.keys("esc")
	for _, host := range []string{"ayeaye", "tenrec", "tsingy"} {
		s.send(answeredMsg{q, fleet.Answer{Host: host, Err: context.Canceled}})
	}
	s.sees("All have answered", "X shows what they said")
}

func TestNothingTypedRunsNothing(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("x", " ", "enter")
	if s.m.dialog != nil {
		t.Error("an empty command is put before the person")
	}
	s.keys("x", "i", "d", "esc", "enter", "x", "i", "d", "enter")
	s.advance(time.Second)
	s.sees("vanga", "$ id")
	s.keys("esc")
	if len(s.backend.asked) != 0 {
		t.Errorf("it did %v", s.backend.asked)
	}
}

package ui

import (
	"context"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/rollout"
)

// showWorkingOut asks to deploy to indri, and leaves it being worked out. What
// it returns ends that.
func (s *stage) showWorkingOut() tea.Cmd {
	s.t.Helper()
	s.showFleet()
	s.backend.proposal = proposalFor([]string{"indri"})
	var planned tea.Cmd
	start := s.m.start
	s.m.start = func(do func(context.Context) tea.Msg) tea.Cmd { planned = start(do); return nil }
	s.keys("d", "s")
	s.m.start = start
	return planned
}

func (s *stage) askBefore(questions ...rollout.Question) {
	s.t.Helper()
	s.news(AskedBefore{Dir: "/sockets", Questions: questions})
}

func passphraseQuestion(id string) rollout.Question {
	q := sudoQuestion(id)
	q.Program, q.Purpose, q.Wants, q.Words = "ssh", "to log in on indri", "passphrase", "Enter passphrase for key '/home/u/.ssh/id_ed25519':"
	return q
}

// What ssh asks while a run is worked out lies over that, which goes on below.
func TestQuestionBeforeARun(t *testing.T) {
	s := newStage(t, 80, 24)
	planned := s.showWorkingOut()
	s.sees("One moment")
	s.seesNot("a answer")
	s.askBefore(passphraseQuestion("q1"))
	s.sees("ssh asks", "to log in on indri", "passphrase")
	s.seesNot("One moment")
	s.keys("esc")
	s.sees("One moment", "a answer")
	s.askBefore(passphraseQuestion("q1"))
	s.seesNot("ssh asks") // it was put off
	s.keys("a")
	s.advance(time.Second)
	s.typed("hunter2")
	s.keys("enter")
	if !slices.Contains(s.backend.asked, "answer q1 with hunter2") {
		t.Errorf("%q", s.backend.asked)
	}
	s.sees("One moment")
	s.askBefore()
	s.do(planned)
	s.sees("Switch 1 host")
	s.keys("esc")
	if s.m.dialog != nil {
		t.Error("something lies below the confirmation")
	}
}

// The plan is there, or was given up, while its question is still open.
func TestQuestionGoesWithItsPlan(t *testing.T) {
	s := newStage(t, 80, 24)
	planned := s.showWorkingOut()
	s.askBefore(passphraseQuestion("q1"))
	s.do(planned)
	s.sees("Switch 1 host")
	s.seesNot("ssh asks")

	s = newStage(t, 80, 24)
	planned = s.showWorkingOut()
	s.askBefore(passphraseQuestion("q1"))
	s.keys("esc", "esc")
	s.askBefore()
	menu := s.m.dialog
	if menu == nil || menu.scope != scopeMenu {
		t.Error("it was stopped, and something else than its menu is shown")
	}
	s.do(planned)
	if s.m.dialog != menu {
		t.Error("it was stopped, and its proposal comes up")
	}
}

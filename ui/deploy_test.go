package ui

import (
	"context"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

func (s *stage) launched() bool { return slices.Contains(s.backend.asked, "launch") }

func TestDeployMenuSaysWhatIsAsked(t *testing.T) {
	for key, action := range map[string]nixcmd.Action{"s": nixcmd.Switch, "b": nixcmd.Boot, "t": nixcmd.Test, "u": nixcmd.Build, "n": nixcmd.DryActivate, "d": nixcmd.DryBuild} {
		s := newStage(t, 80, 24).showFleet()
		s.keys(" ", " ", "d", "o", "o", key)
		want := Request{Action: action, Hosts: []string{"tsingy", "vanga"}, BuildOn: "local"}
		if got := s.backend.request; got.Action != want.Action || !slices.Equal(got.Hosts, want.Hosts) || got.BuildOn != want.BuildOn {
			t.Errorf("%s asks for %+v", key, got)
		}
	}
}

func TestDeployMenuByArrows(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("d", "down", "down", "enter")
	if got := s.backend.request; got.Action != nixcmd.Test || !slices.Equal(got.Hosts, []string{"vanga"}) {
		t.Errorf("asked for %+v", got)
	}
}

func TestConfirmationIsDeafAtFirst(t *testing.T) {
	s := newStage(t, 100, 40)
	s.showConfirmation()
	s.sees("Switch 3 hosts?", "andasibe, ankarana, indri", "tsingy is left out: it cannot be reached", "#indri --target-host indri")
	s.keys("y")
	if s.launched() {
		t.Fatal("y was heard at once")
	}
	s.advance(deafFor - time.Millisecond)
	s.keys("y") // the second in a row: a key that is held down
	s.advance(deafFor - time.Millisecond)
	s.keys("y")
	if s.launched() {
		t.Fatal("y that is held down was heard")
	}
	s.advance(deafFor)
	s.keys("y", "indri", "enter")
	if !s.launched() {
		t.Error("y was not heard in the end")
	}
}

func TestConfirmationCancelsByDefault(t *testing.T) {
	for _, key := range []string{"enter", "esc", "n", "ctrl+c"} {
		s := newStage(t, 80, 24)
		s.showConfirmation()
		s.advance(time.Second)
		s.keys(key)
		if s.launched() || s.m.dialog != nil || s.quit {
			t.Errorf("%s: launched %v, dialog %v, quit %v", key, s.launched(), s.m.dialog != nil, s.quit)
		}
	}
}

func TestConfirmationByArrows(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showConfirmation()
	s.advance(time.Second)
	s.keys("tab", "enter", "indri", "enter")
	if !s.launched() {
		t.Error("tab and enter do not confirm")
	}
}

func TestAProposalWithoutHostsCannotBeConfirmed(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"tsingy"})
	s.backend.proposal.Plan.Hosts[0].Skip = "unreachable"
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y", "tab", "enter")
	if s.launched() {
		t.Error("a run of no hosts was started")
	}
}

func TestPlanningCanBeStopped(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	// The command is kept, so that the answer comes after esc.
	s.m.openMenu()
	cmd := s.m.propose(nixcmd.Switch)
	s.send(armedMsg{})
	s.sees("Working out what switch on 1 host would do")
	s.keys("esc")
	s.seesNot("Working out")
	s.sees("Deploy to 1 host") // as it was
	s.do(cmd)
	if s.m.dialog == nil || s.m.dialog.scope != scopeMenu {
		t.Error("the answer to a question that was taken back opened a dialog")
	}
}

// What was chosen is not lost when nothing comes of it: the menu is there again,
// with why below it.
func TestTheMenuComesBackWhenNothingComesOfIt(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.planErr = &fleet.Error{Message: "all builders would be down at once", Hint: "Press V and 1."}
	s.keys(" ", "R", "C", "r")
	s.sees("Reboot 1 host", "canary 1", "All builders would be down at once.", "Press V and 1.")
	s.advance(readFor)
	s.backend.planErr = nil
	s.backend.proposal = proposalFor([]string{"vanga"})
	s.keys("V", "1", "r")
	s.seesNot("All builders would be down")
	if got := s.backend.request; got.Canary != 1 || got.Wave != 1 {
		t.Errorf("asked for %+v", got)
	}
	s.keys("esc")
	if s.m.dialog != nil || s.m.menu != nil {
		t.Error("what was confirmed or not leaves a menu")
	}
}

func TestWhatFailsIsToldWithItsHint(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.planErr = &fleet.Error{Message: "flake.lock would have to change", Hint: "Run `nix flake lock`."}
	s.keys("d", "s")
	s.sees("flake.lock would have to change.", "Run `nix flake lock`.")
	s.backend.planErr = nil
	s.backend.proposal = proposalFor([]string{"vanga"})
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y") // the recorder's Launch fails without a directory
	s.sees("The state directory is full.", "Free some space.")
}

func TestLaunchOpensTheRunAndClearsTheMarks(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showFleet()
	s.keys(" ")
	s.showRun(4, false)
	s.sees("switch on 4 hosts", "1 andasibe", "4 boraha")
	s.keys("esc")
	s.wantMarks()
}

func TestQuitWhileARunGoesOn(t *testing.T) {
	start := func() (*stage, *runDir) {
		s := newStage(t, 80, 24)
		d := s.showRun(4, false)
		s.keys("q")
		s.advance(time.Second)
		s.sees("Quit while 1 run goes on?")
		return s, d
	}
	t.Run("stay is the default", func(t *testing.T) {
		s, _ := start()
		s.keys("enter")
		if s.quit || s.m.dialog != nil {
			t.Error("enter must close the question and nothing else")
		}
	})
	t.Run("detach", func(t *testing.T) {
		s, _ := start()
		s.keys("d")
		if !s.quit || len(s.backend.asked) != 2 { // plan and launch, no cancel
			t.Errorf("quit %v, asked %v", s.quit, s.backend.asked)
		}
	})
	t.Run("a second ctrl+c detaches", func(t *testing.T) {
		s, _ := start()
		s.keys("ctrl+c")
		if !s.quit {
			t.Error("it does not")
		}
	})
	t.Run("cancel", func(t *testing.T) {
		s, _ := start()
		s.keys("c")
		if s.quit || !slices.Contains(s.backend.asked, "cancel [] insist false") {
			t.Errorf("quit %v, asked %v", s.quit, s.backend.asked)
		}
	})
	t.Run("wait", func(t *testing.T) {
		s, d := start()
		s.keys("w")
		s.advance(time.Second)
		if s.quit {
			t.Fatal("it has quit while the run goes on")
		}
		d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(n int) time.Time { return s.clock })
		s.advance(time.Second)
		if !s.quit {
			t.Error("it has not quit when the run had ended")
		}
	})
}

func TestPanicsEndTheProgramInOrder(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.m.fleet.marks = nil // a nil map cannot be written
	_, cmd := s.m.Update(keyNamed(" "))
	if s.m.crash == nil || cmd == nil || cmd() != tea.Quit() {
		t.Error("a panic in Update must quit")
	}

	m := newModel(context.Background(), Options{News: NewMailbox(), Now: time.Now})
	msg := m.start(func(context.Context) tea.Msg { panic("in a command") })()
	if c, ok := msg.(crashed); !ok || c.crash.Value != "in a command" {
		t.Errorf("a panic in a command became %v", msg)
	}
	m.Update(msg)
	if m.crash == nil || m.crash.Stack == "" {
		t.Error("the crash was not kept")
	}

	mail := NewMailbox()
	crew := NewCrew(mail)
	crew.Go(func() { panic("in a goroutine") })
	crew.Wait()
	got := mail.Take(context.Background())
	if c, ok := got[0].(crashed); !ok || c.crash.Value != "in a goroutine" {
		t.Errorf("a panic in a goroutine became %v", got)
	}
}

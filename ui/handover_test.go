package ui

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// unknownKey tells of vanga that it shows a key which nobody knows.
func (s *stage) unknownKey() {
	s.t.Helper()
	s.news(StatusRead{Host: "vanga", Drift: fleet.DriftUnknown, Status: fleet.Status{State: fleet.StateHostKey, Kind: sshutil.KindHostKeyUnknown, AsOf: begin(),
		Error: "nobody knows its host key SHA256:jb5sVmQ (ssh-ed25519)", Hint: "Connect once with ssh."}})
}

func TestAnUnknownKeyIsForSSHToAskAbout(t *testing.T) {
	for _, open := range [][]string{nil, {"enter"}} {
		s := newStage(t, 80, 24).showFleet()
		s.unknownKey()
		s.keys(open...)
		s.sees("SHA256:jb5sVmQ", "K has ssh ask you", "K accept key")
		s.keys("K")
		want := []string{"give the terminal to ssh -o StrictHostKeyChecking=ask vanga true", "refresh [vanga]"}
		if !slices.Equal(s.backend.asked, want) {
			t.Errorf("after %v: asked for %v", open, s.backend.asked)
		}
	}
}

func TestAChangedKeyIsNeverOffered(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	for _, kind := range []sshutil.Kind{sshutil.KindHostKeyChanged, sshutil.KindHostKeyRevoked, sshutil.KindHostCertBad, sshutil.KindNone} {
		s.news(StatusRead{Host: "vanga", Status: fleet.Status{State: fleet.StateHostKey, Kind: kind, AsOf: begin(), Error: "its key is another"}})
		s.seesNot("accept key")
		s.keys("K", "enter", "K", "esc")
	}
	if len(s.backend.asked) != 0 {
		t.Errorf("asked for %v", s.backend.asked)
	}
}

func TestRawLogIsShownByOtherPrograms(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.backend.asked = nil
	s.keys("2", "o", "O", "v", "o")
	if len(s.backend.asked) != 3 {
		t.Fatalf("asked for %v", s.backend.asked)
	}
	for i, program := range []LogProgram{Pager, Editor, Pager} {
		got := s.backend.asked[i]
		if !strings.HasPrefix(got, "give the terminal to "+string(program)) || !strings.HasSuffix(got, d.dir+"/hosts/ankarana.log") {
			t.Errorf("asked for %q", got)
		}
	}
	s.keys("4")
	s.keys("o")
	if len(s.backend.asked) != 3 {
		t.Error("o opens a log where none is shown")
	}
}

func TestNobodyGetsATerminalThatGoesAway(t *testing.T) {
	g := &guest{}
	g.hangUp()
	if err := g.start(exec.Command("sleep", "1000")); !errors.Is(err, errHungUp) {
		t.Errorf("a guest was started after the hang-up: %v", err)
	}
	if g.process != nil {
		t.Error("a guest is there that was never started")
	}
}

func TestAHangUpFindsAGuestThatHasJustStarted(t *testing.T) {
	heard := make(chan os.Signal, 1) // as Run does: a SIGHUP that nohup has us ignore would be ignored by the guest, too
	signal.Notify(heard, syscall.SIGHUP)
	defer signal.Stop(heard)
	g := &guest{}
	c := exec.Command("sleep", "1000")
	if err := g.start(c); err != nil {
		t.Fatal(err)
	}
	g.hangUp()
	if err := c.Wait(); err == nil {
		t.Error("the guest ended well; it was to be hung up")
	}
}

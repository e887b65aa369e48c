package ui

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func TestSizesOfGenerations(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1]).showFleet()
		s.keys("enter", "h")
		s.seesNot("ALONE")
		s.keys("z")
		s.sees("ALONE")
		s.sees("512.0 MiB")
		s.fits("sizes", size[0], size[1])
	}
}

// TestPinning pins a generation; where sudo wants a password it is asked for,
// and asked for again.
func TestPinning(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.keys("enter", "h", "p")
	s.sees("Generation 42 of vanga is pinned")
	s.keys("down", "p")
	s.sees("sudo there wants your password to make or remove the root that pins generation 41")
	s.advance(time.Second)
	s.typed("wrong")
	s.keys("enter")
	s.sees("That was not right.")
	s.advance(time.Second)
	s.typed("right")
	s.keys("enter")
	s.sees("Generation 41 of vanga is pinned")
	s.seesNot("right")
	s.keys("p")
	s.advance(time.Second)
	s.keys("esc")
	s.seesNot("sudo there wants")
}

// TestDeletingGenerations asks for a plan for the marked generations, or for
// the one under the cursor; the estimate is in the confirmation.
func TestDeletingGenerations(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.keys("enter", "h", "down", "D")
	want := Request{Action: nixcmd.Collect, Hosts: []string{s.m.past.host}, Delete: []int{41}}
	if got := s.backend.request; !reflect.DeepEqual(got, want) {
		t.Errorf("D asks for %+v", got)
	}
	s.keys("esc", " ", " ", "D")
	if want.Delete = []int{41, 39}; !reflect.DeepEqual(s.backend.request, want) {
		t.Errorf("D asks for %+v", s.backend.request)
	}
	s.keys("esc")
	s.backend.proposal = collecting("andasibe")
	s.keys("D")
	s.sees("Delete generations of 1 host?")
	s.sees("that frees about 1.2 GiB")
	s.keys("y")
	if s.launched() {
		t.Error("a confirmation that has only just come up was taken")
	}
	s.advance(time.Second)
	s.keys("y")
	if !s.launched() {
		t.Error("nothing was started")
	}
}

// collecting is a proposal to delete generations of a host.
func collecting(host string) Proposal {
	p := proposalFor([]string{host})
	p.Plan.Action, p.Plan.Flake = nixcmd.Collect, rollout.Flake{}
	p.Plan.Hosts[0].Activate = &rollout.Activation{Generation: 42, Delete: []int{41, 39}}
	p.Commands = []Command{{Host: host, Line: "ssh " + host + " sudo nix-env -p /nix/var/nix/profiles/system --delete-generations 41 39 && sudo nix-store --gc"}}
	p.Findings = []Finding{{Host: host, Level: Note, Message: "loses 2 generations: 41, 39; that frees about 1.2 GiB, and whatever else is garbage there"}}
	return p
}

// TestThePastOfManyHosts goes back on all marked hosts through the menu.
func TestThePastOfManyHosts(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.keys(" ", " ", "B")
	s.sees("The past of 2 hosts")
	hosts := s.m.menu.hosts
	s.keys("s")
	if got, want := s.backend.request, (Request{Action: nixcmd.Switch, Hosts: hosts, To: fleet.Point{Number: -1}}); !reflect.DeepEqual(got, want) || len(hosts) != 2 {
		t.Errorf("s asks for %+v", got)
	}
	s.keys("esc", "B", "t")
	s.replaced("2026-11-20 15:04")
	s.sees("what was newest then")
	s.keys("b")
	if got := s.backend.request; got.Action != nixcmd.Boot || got.To.At.Day() != 20 {
		t.Errorf("b asks for %+v", got)
	}
	s.keys("esc", "B", "t")
	s.replaced("yesterday")
	s.sees(`"yesterday" names no generation`)
	s.keys("n")
	s.replaced("0")
	if s.m.menu.keep != usualKeep {
		t.Errorf("0 generations are to stay: %+v", s.m.menu)
	}
	s.keys("n")
	s.replaced("7")
	s.keys("c")
	if got, want := s.backend.request, (Request{Action: nixcmd.Collect, Hosts: hosts, Keep: 7}); !reflect.DeepEqual(got, want) {
		t.Errorf("c asks for %+v", got)
	}
}

// replaced types into the prompt in the place of what it holds.
func (s *stage) replaced(text string) {
	s.keys("ctrl+u")
	s.typed(text)
	s.keys("enter")
}

func TestComparingHosts(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	host := s.m.fleet.current()
	s.keys("=")
	s.sees("From what " + host + " runs to what the flake wants")
	s.keys("esc", " ", " ", "=")
	marked := s.m.fleet.chosen()
	if want := "compare on " + marked[0] + " running with " + marked[1] + ":running"; !strings.Contains(strings.Join(s.backend.asked, "\n"), want) {
		t.Errorf("it asked\n%s", strings.Join(s.backend.asked, "\n"))
	}
	s.keys("esc", " ", "=")
	s.sees("two can be compared")
	s.keys("1", "enter", "h", "=")
	s.sees("runs to what the flake wants")
}

func TestWhatFailsOfAPast(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("enter", "h")
	cut := &fleet.Error{Message: "the connection ended", Hint: "ask again", Err: errors.New("cut")}
	for what, send := range map[string]func(){
		"sizes":  func() { s.send(sizedMsg{asked: s.m.asked, err: cut}) },
		"a pin":  func() { s.send(pinnedMsg{asked: s.m.asked, err: cut}) },
		"a diff": func() { s.send(comparedMsg{asked: s.m.asked, err: cut}) },
	} {
		send()
		s.sees("The connection ended")
		if s.m.dialog != nil {
			t.Errorf("%s leaves a dialog", what)
		}
		s.fits(what, 80, 24)
	}
}

// Going back and collecting take hosts in waves too, and with the same care as
// a deployment: by the deploy menu's options, without what builds.
func TestTheMenuOfThePastHasTheOptionsOfADeployment(t *testing.T) {
	s := newStage(t, 100, 30).showFleet()
	s.keys(" ", " ", "B")
	s.sees("at a time 4", "canary none", "waves of all", "back on failure no", "wait for others no", "password per run")
	s.seesNot("build on", "arguments", "diff first")
	hosts := s.m.menu.hosts
	chosen := []string{"P", "6", "C", "V", "V", "L", "1", "2", "B", "H", "G", "M", "W", "X", "T", "S", "N"}
	want := Request{Hosts: hosts, Wait: true, Choices: Choices{Parallel: 6, Canary: 1, Wave: 4, MaxFailures: 12, Undo: true, Health: 60, Confirm: 30, Activation: 1800,
		SkipDown: true, Thaw: true, Personal: Personal{PasswordPer: rollout.PerHost, Notify: true}}}
	for key, change := range map[string]func(*Request){
		"s": func(r *Request) { r.Action, r.To = nixcmd.Switch, fleet.Point{Number: -1} },
		"b": func(r *Request) { r.Action, r.To = nixcmd.Boot, fleet.Point{Number: -1} },
		"c": func(r *Request) { r.Action, r.Keep = nixcmd.Collect, usualKeep },
	} {
		s.keys("esc", "B")
		s.keys(chosen...)
		s.sees("at a time 6", "canary 1", "waves of 4", "failures 12")
		s.keys(key)
		want := want
		change(&want)
		if got := s.backend.request; !reflect.DeepEqual(got, want) {
			t.Errorf("%s asks for %+v", key, got)
		}
	}
}

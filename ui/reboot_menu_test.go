package ui

import (
	"reflect"
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// showReboot puts a reboot in waves before the person.
func (s *stage) showReboot() {
	s.backend.proposal = rebootProposal(&rollout.Waves{Canary: 1, Size: 2}, "andasibe", "indri", "masoala", "vanga")
	s.keys(" ", " ", " ", "R", "r")
	s.advance(deafFor)
}

// rebootProposal restarts hosts, of which the last one comes last.
func rebootProposal(waves *rollout.Waves, hosts ...string) Proposal {
	p := proposalFor(hosts)
	p.Plan.Action, p.Plan.Flake, p.Plan.Waves, p.Commands = nixcmd.Reboot, rollout.Flake{}, waves, nil
	p.Plan.Hosts[len(hosts)-1].Last = true
	p.Findings = []Finding{{Level: Note, Message: "1 host first, then 2 at a time; no more are begun as soon as one fails"}}
	for _, h := range hosts {
		p.Commands = append(p.Commands, Command{Host: h, Line: "ssh " + h + " sudo systemctl reboot"})
	}
	return p
}

// Restarting has the options of the command: nothing that builds or is put back,
// and waves that are as large as what is taken at a time unless said otherwise.
func TestTheRebootMenu(t *testing.T) {
	s := newStage(t, 100, 30).showFleet()
	s.keys(" ", " ", "R")
	s.sees("Reboot 2 hosts", "at a time 4", "canary none", "waves of 4", "up again within 600 s", "wait for others no", "skip unreachable no", "thaw no", "password per run", "notify at the end no")
	s.seesNot("build on", "on failure", "confirmed within", "health", "diff first")
	hosts := s.m.menu.hosts
	s.keys("P", "2")
	s.sees("at a time 2", "waves of 2")
	s.keys("r")
	if got, want := s.backend.request, (Request{Action: nixcmd.Reboot, Hosts: hosts, Choices: Choices{Parallel: 2}}); !reflect.DeepEqual(got, want) {
		t.Errorf("r asks for %+v", got)
	}
	s.keys("esc", "R", "C", "V", "V", "V", "6", "L", "U", "W", "X", "T", "S", "N")
	s.sees("canary 1", "waves of 6", "up again within 1200 s")
	s.keys("U", "9", "0", "enter")
	want := Request{Action: nixcmd.Reboot, Hosts: hosts, Return: 90, Wait: true,
		Choices: Choices{Canary: 1, Wave: 6, MaxFailures: 1, SkipDown: true, Thaw: true, Personal: Personal{PasswordPer: rollout.PerHost, Notify: true}}}
	if got := s.backend.request; !reflect.DeepEqual(got, want) {
		t.Errorf("enter asks for %+v", got)
	}
}

// The question says who is in which wave, as far as there is room.
func TestTheConfirmationNamesTheWaves(t *testing.T) {
	p := rebootProposal(&rollout.Waves{Canary: 1, Size: 2}, "a", "b", "c", "d").Plan
	p.Parallel = 1 // at a time, within each wave
	short := p
	short.Hosts = short.Hosts[:1]
	free := p
	free.Waves = nil
	for want, c := range map[string]struct {
		plan  rollout.Plan
		cells int
	}{
		"in 3 waves: a; then b, c; then d": {p, 80},
		"in 3 waves":                       {p, 20},
	} {
		if got := waveWords(c.plan, c.cells); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, p := range []rollout.Plan{short, free} {
		if got := waveWords(p, 80); got != "" {
			t.Errorf("%q, though nobody waits for others", got)
		}
	}
}

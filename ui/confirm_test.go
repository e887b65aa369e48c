package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHostsThatMayLoseWorkAreConfirmedByName(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showConfirmation()
	s.advance(time.Second)
	s.keys("y")
	s.sees("type indri to go ahead with it:")
	s.keys("y", "enter")
	if s.launched() {
		t.Fatal("y was taken for the name")
	}
	s.sees("That was not indri: nothing was started.")
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y", "indri", "esc")
	if s.launched() || s.m.dialog == nil {
		t.Fatal("esc must leave the name and no more")
	}
	s.keys("y", "indri", "enter")
	if !s.launched() {
		t.Error("the name was not taken")
	}
}

func TestEachNameIsAskedFor(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe", "ankarana", "indri"})
	s.backend.proposal.Plan.Hosts[2].Skip = "refused: it is full"
	s.backend.proposal.Findings = []Finding{
		{"andasibe", Confirm, "it is ahead", ""}, {"andasibe", Confirm, "nobody builds for it", ""},
		{"ankarana", Confirm, "it is ahead", ""}, {"indri", Confirm, "it is ahead", ""}, {"indri", Blocker, "it is full", ""},
	}
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y", "andasibe", "enter")
	s.sees("type ankarana")
	if s.launched() {
		t.Fatal("one name stood for two")
	}
	s.keys("ankarana", "enter")
	if !s.launched() {
		t.Error("both names were typed")
	}
}

// A signal closes the question, and the half of a name with it.
func TestTheNameGoesWithItsQuestion(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showConfirmation()
	s.advance(time.Second)
	s.keys("y", "indri")
	s.resizedTo(20, 5)
	s.keys("enter")
	s.resizedTo(80, 24)
	if s.launched() {
		t.Fatal("enter was heard while nothing could be seen")
	}
	s.news(interrupted{})
	s.keys("enter")
	if s.launched() || s.m.dialog != nil || s.m.prompt != nil {
		t.Error("the name outlived its question")
	}
}

func TestInsistingIsWorkedOutAnew(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showConfirmation()
	s.keys("I")
	if s.backend.request.Insist {
		t.Fatal("I was heard at once")
	}
	s.advance(time.Second)
	hosts := s.backend.request.Hosts
	s.insist()
	if r := s.backend.request; !r.Insist || !slices.Equal(r.Hosts, hosts) {
		t.Errorf("asked for %+v", r)
	}
	s.sees("You insist", "Switch 4 hosts", "do not insist")
	s.keys("y")
	if s.launched() {
		t.Fatal("y was heard at once")
	}
	s.advance(time.Second)
	s.keys("I")
	if s.backend.request.Insist {
		t.Error("insisting cannot be taken back")
	}
	s.advance(time.Second)
	s.keys("y")
	if !s.launched() {
		t.Error("who insists is asked for names")
	}
}

func TestInsistIsOfferedWhereItChangesSomething(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe"})
	s.backend.proposal.Findings = []Finding{{"andasibe", Warning, "little room is left", ""}}
	s.keys("d", "s")
	s.advance(time.Second)
	s.seesNot("I insist")
	s.keys("I")
	s.sees("Switch 1 host?")
}

func TestWhatWasFoundAlikeIsSaidOnce(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe", "ankarana", "indri", "tsingy"})
	p := &s.backend.proposal
	p.Plan.Hosts[2].Skip = "refused: it is full"
	for _, h := range p.Plan.Hosts {
		p.Findings = append(p.Findings, Finding{h.Name, Note, "it will need a reboot", ""})
		if h.Skip == "" {
			p.Findings = append(p.Findings, Finding{h.Name, Confirm, "it is ahead", "look first"}, Finding{h.Name, Warning, "little room is left", ""})
		}
	}
	p.Findings = append(p.Findings, Finding{"indri", Warning, "little room is left", ""}, Finding{"indri", Blocker, "it is full", ""})
	s.keys("d", "s")
	s.sees("andasibe, ankarana, tsingy have to be confirmed: it is ahead.", "indri is left out: little room is left.",
		"andasibe, ankarana, tsingy: little room is left.", "indri is left out: it is full.")
	if n := strings.Count(s.text(), "Look first."); n != 1 {
		t.Errorf("the hint stands there %d times:\n%s", n, s.text())
	}
	p.Plan.Hosts[2].Skip = ""
	p.Findings = p.Findings[:0]
	for _, h := range p.Plan.Hosts {
		p.Findings = append(p.Findings, Finding{h.Name, Warning, "little room is left", ""})
	}
	s.keys("esc", "d", "s")
	s.sees("all 4 hosts: little room is left.")
}

// Many hosts do not hide what was found of them, and each is named all the same.
func TestManyNamesDoNotHideWhatWasFound(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("web%03d", i))
	}
	s.backend.proposal = proposalFor(names)
	s.backend.proposal.Findings = []Finding{{"web007", Warning, "little room is left", ""}}
	s.keys("d", "s")
	s.sees("Switch 200 hosts?", "web000, web001", "more", "web007: little room is left.", "All 200 hosts:")
	s.seesNot("web199")
	seen := s.text()
	s.advance(time.Second)
	for range 5 {
		s.keys("pgdown")
		seen += s.text()
	}
	for _, name := range names[100:] {
		if !strings.Contains(seen, name) {
			t.Fatalf("%s is not named", name)
		}
	}
}

func TestNothingIsAskedOfNoHost(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"indri"})
	s.backend.proposal.Plan.Hosts[0].Skip = "refused: it is full"
	s.backend.proposal.Findings = []Finding{{"indri", Blocker, "it is full", ""}}
	s.keys("d", "s")
	s.advance(time.Second)
	s.sees("No host is left", "indri is left out: it is full.", "I insist")
	s.seesNot("Switch 0", "y Switch")
	s.keys("y")
	if s.launched() {
		t.Error("a run of no host was started")
	}
}

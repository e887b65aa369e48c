package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// skip ends the last n hosts of a run before they began.
func (d *runDir) skip(hosts []string) {
	for _, h := range hosts {
		d.event(rollout.Event{Event: rollout.EventVerdict, Host: h, Verdict: &rollout.Verdict{Outcome: rollout.OutcomeSkipped, Reason: "it cannot be reached"}})
	}
}

// Hosts that were skipped take no room from logs, and are named below them.
func TestSkippedHostsTakeNoPanes(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1])
		d := s.showRun(12, false)
		d.skip([]string{"andasibe", "kelyus", "sifaka", "tenrec", "tsingy", "vanga"})
		s.advance(tickEvery)
		s.sees("» skipped", "andasibe")
		if n := len(s.m.run.inGrid()); n != 6 {
			t.Errorf("%d panes, want 6", n)
		}
		for range 7 {
			s.keys("tab")
			if s.m.run.focused().skipped() {
				t.Error("the focus is on one that has no pane")
			}
		}
		s.fits("with skipped hosts", size[0], size[1])
		s.keys("v", "G", "z")
		s.sees("vanga", "it cannot be reached") // they are in the list, and may be opened
		s.keys("z", "v")
		if s.m.run.focused().skipped() {
			t.Error("the focus has no pane after the list")
		}
	}
}

func TestARunOfWhichAllWasSkippedHasPanes(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(2, false)
	d.skip([]string{"andasibe", "ankarana"})
	s.advance(tickEvery)
	s.sees("1 andasibe  » skipped", "2 ankarana  » skipped")
}

// Among panes, e goes through the errors of the focused one, and on to the next
// that did not end well.
func TestErrorsAreFoundInAllPanes(t *testing.T) {
	s := newStage(t, 200, 50)
	d := s.showRun(8, false)
	for _, h := range []string{"boraha", "kelyus"} {
		d.rewrite(h, strings.Repeat("hay\n", 90)+"error: first of "+h+"\n"+strings.Repeat("hay\n", 90)+"error: second of "+h+"\n"+strings.Repeat("hay\n", 90))
		d.event(rollout.Event{Event: rollout.EventVerdict, Host: h, Time: s.clock, Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "it failed"}})
	}
	s.advance(tickEvery)
	for _, want := range []string{"first of boraha", "second of boraha", "first of kelyus", "second of kelyus", "first of boraha"} {
		s.keys("e")
		s.advance(tickEvery)
		s.sees(want)
		if p := s.m.run.focused(); !strings.HasSuffix(want, p.host) {
			t.Errorf("%s: the focus is on %s", want, p.host)
		}
	}
	for _, want := range []string{"second of kelyus", "first of kelyus", "second of boraha"} {
		s.keys("E")
		s.advance(tickEvery)
		s.sees(want)
	}
	s.advance(time.Second)
}

// The list of a long run shows what is under way, until the person moves in it.
func TestALongListKeepsUpWithItsRun(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(40, false)
	hosts := s.m.run.view.Plan.Hosts
	finish := func(from, to int) {
		for i := from; i < to; i++ {
			d.event(rollout.Event{Event: rollout.EventVerdict, Host: hosts[i].Name, Time: s.clock, Verdict: &rollout.Verdict{Outcome: rollout.OutcomeOK}})
			d.event(rollout.Event{Event: rollout.EventPhase, Time: s.clock, Host: hosts[i+8].Name, Phase: "building"})
		}
		s.advance(tickEvery)
	}
	finish(0, 25)
	s.sees("▸  "+hosts[25].Name, "switch on 40 hosts, 26 of 40")
	s.keys("k")
	finish(25, 30)
	s.sees("▸  " + hosts[24].Name)
}

package ui

import (
	"slices"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// ends has hosts of a run judged, and the dashboard hear of it.
func (s *stage) ends(d *runDir, outcome rollout.Outcome, hosts ...string) {
	s.t.Helper()
	for _, h := range hosts {
		d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: h, Verdict: &rollout.Verdict{Outcome: outcome}})
	}
	s.advance(tickEvery)
}

// The run goes on while the question waits, which names those that still run
// and offers what can still be done.
func TestTheCancelQuestionFollowsTheRun(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("2", " ", "3", " ", "4", " ", "c")
	s.advance(time.Second)
	s.sees("Cancel 3 hosts?", "ayeaye: activating now", "insist")
	s.seesNot("Ended meanwhile")
	s.keys("tab", "tab")
	s.ends(d, rollout.OutcomeOK, "ayeaye")
	s.sees("Cancel 2 hosts?", "ankarana, boraha", "Ended meanwhile: ayeaye ok", "Nothing has been activated there yet.", "▸ n leave it running")
	s.seesNot("insist")
	d.event(rollout.Event{Event: rollout.EventPhase, Time: s.clock, Host: "boraha", Phase: nixcmd.PhaseActivating})
	s.advance(tickEvery)
	s.sees("boraha: activating now", "! insist")
	s.ends(d, rollout.OutcomeFailed, "boraha")
	s.sees("Cancel 1 host?", "Ended meanwhile: ayeaye ok, boraha failed")
	s.keys("y")
	if got := s.backend.asked[2:]; !slices.Equal(got, []string{"cancel [ankarana] insist false"}) {
		t.Errorf("asked %v", got)
	}
}

// When nothing is left to cancel, the question goes away and says so, and the
// answer that was on its way to it does nothing else.
func TestTheCancelQuestionGoesWithTheRun(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("2", "c")
	s.advance(time.Second)
	s.ends(d, rollout.OutcomeOK, "ankarana")
	s.sees("There is nothing left to cancel: ankarana ended before you answered.")
	if s.m.dialog != nil {
		t.Fatal("the question is still there")
	}
	s.keys("y", "enter", "esc", "!")
	if s.written != "" || s.m.run.as == asLog || len(s.backend.asked) > 2 {
		t.Errorf("a late answer did something: %q, %v", s.written, s.backend.asked)
	}
	s.sees("There is nothing left to cancel")
	s.advance(deafFor)
	s.keys("enter")
	if s.m.run.as != asLog {
		t.Error("keys are still passed over")
	}
}

// Who answers at the moment at which a host ends is told that it had ended.
func TestAnAnswerThatIsTooLateIsTold(t *testing.T) {
	const late = "Nothing was cancelled on ankarana: it had ended before."
	accepted := func(d *runDir, at time.Time) {
		d.event(rollout.Event{Event: rollout.EventCancel, Time: at, Host: "ankarana", Reason: "interrupted while building"})
	}
	for name, c := range map[string]struct {
		ask, answer string
		first       func(*runDir, time.Time)
		outcome     rollout.Outcome
		told        bool
	}{
		"it was well":             {"c", "y", nil, rollout.OutcomeOK, true},
		"it had failed":           {"c", "y", nil, rollout.OutcomeFailed, true},
		"on the way out":          {"q", "c", nil, rollout.OutcomeOK, true},
		"it was cancelled":        {"c", "y", nil, rollout.OutcomeCancelled, false},
		"it was heard in time":    {"c", "y", accepted, rollout.OutcomeFailed, false},
		"nobody wanted to cancel": {"c", "n", nil, rollout.OutcomeOK, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 80, 24)
			d := s.showRun(4, false)
			s.keys("2", c.ask)
			s.advance(time.Second)
			s.keys(c.answer)
			if c.first != nil {
				c.first(d, s.clock)
			}
			s.ends(d, c.outcome, "ankarana")
			if told := slices.ContainsFunc(s.m.told, func(n notice) bool { return n.message == late }); told != c.told {
				t.Errorf("told: %v:\n%s", told, s.text())
			}
		})
	}
}

// The question whether to quit while something runs goes away with what runs.
func TestTheQuitQuestionGoesWithTheRun(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("q")
	s.advance(time.Second)
	s.sees("Quit while 1 run goes on?")
	d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(int) time.Time { return s.clock })
	s.advance(time.Second)
	s.sees("Nothing runs any more.", "Press q again to quit.")
	if s.m.dialog != nil || s.quit {
		t.Error("the question is still there, or was answered")
	}
	s.keys("q")
	if !s.quit {
		t.Error("q does not quit")
	}
}

// A reboot is called one: while its host is down it is restarting, and what the
// question says of it is about a restart.
func TestARebootIsCalledOne(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	plan := planFor([]string{"andasibe", "indri"})
	plan.Action, plan.Flake = nixcmd.Reboot, rollout.Flake{}
	d := newRunDir(t, plan)
	d.supervise()
	d.event(rollout.Event{Event: rollout.EventStart, Time: s.clock})
	d.event(rollout.Event{Event: rollout.EventPhase, Time: s.clock, Host: "andasibe", Phase: nixcmd.PhaseActivating})
	s.backend.dir, s.backend.proposal = d.dir, proposalFor([]string{"andasibe", "indri"})
	s.keys("R", "r")
	s.advance(time.Second)
	s.keys("y")
	s.sees("andasibe  ◑ restarting")
	s.seesNot("activating")
	s.keys("v")
	s.sees("◑ restarting")
	s.keys("v", "2", "c")
	s.sees("Nothing has been restarted there yet.")
	s.seesNot("activated", "built")
	s.keys("esc", "1", "c")
	s.sees("andasibe: restarting now, which cannot be called back", "To wait no longer")
}

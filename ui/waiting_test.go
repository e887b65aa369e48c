package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

const heldByEve = "the run 20261123T010000Z-switch-3f2a of eve (as indri) has had its machine since 01:00:00"

// showHeld asks to deploy to a host that another run has, and to one that nobody has.
func (s *stage) showHeld() {
	s.showFleet()
	s.backend.proposal = proposalFor([]string{"indri", "vanga"})
	p := &s.backend.proposal
	p.Held = true
	p.Plan.Hosts[0].Skip = "refused: " + heldByEve
	p.Findings = []Finding{{"indri", Blocker, heldByEve, "Let this run wait for it."}}
	s.keys("d", "s")
	s.advance(time.Second)
}

// TestOthersCanBeWaitedFor: who is left out because another run has its machine
// is taken in again by waiting, and waiting can be taken back.
func TestOthersCanBeWaitedFor(t *testing.T) {
	s := newStage(t, 110, 30)
	s.showHeld()
	s.sees("indri is left out", "of eve", "w wait for them")
	p := &s.backend.proposal
	p.Held, p.Plan.Wait, p.Plan.Hosts[0].Skip = false, true, ""
	p.Findings = []Finding{{"indri", Note, "it waits for its turn: " + heldByEve, ""}}
	s.keys("w")
	if r := s.backend.request; !r.Wait || r.Insist {
		t.Errorf("asked for %+v", r)
	}
	s.advance(time.Second)
	s.sees("Switch 2 hosts", "it waits for its turn: the run", "w do not wait")
	s.seesNot("left out", "insist")
	s.keys("w")
	if s.backend.request.Wait {
		t.Error("waiting cannot be taken back")
	}
	s.advance(time.Second)
	s.keys("y")
	if !s.launched() {
		t.Error("it was not started")
	}
}

func TestWaitingIsOfferedWhereOthersAre(t *testing.T) {
	s := newStage(t, 110, 30)
	s.showConfirmation()
	s.advance(time.Second)
	s.seesNot("w wait")
}

// TestTheZoomedPaneShowsWhatIsCopied, with paths and bytes.
func TestTheZoomedPaneShowsWhatIsCopied(t *testing.T) {
	s := newStage(t, 100, 30)
	d := s.showRun(4, false)
	s.keys("2", "z")
	d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: "ankarana", Progress: &nixcmd.Progress{
		CopiesDone: 4, CopiesExpected: 20, BytesDone: 3 << 20, BytesExpected: 40 << 20, Download: "linux-6.12.60"}})
	s.advance(tickEvery)
	s.sees("copying linux-6.12.60  path 5 of 20, 3.0 MiB of 40.0 MiB")
	d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: "ankarana", Progress: &nixcmd.Progress{BuildsExpected: 2}})
	s.advance(tickEvery)
	s.seesNot("copying linux")
}

// TestAHostThatWaitsSaysSo in its pane.
func TestAHostThatWaitsSaysSo(t *testing.T) {
	task := rollout.TaskView{Host: "indri", Phase: nixcmd.PhasePreparing, State: rollout.TaskWaiting, Started: begin(), Reason: "waits for the run 3f2a"}
	if got := taskSign(task); got.word != "waiting" {
		t.Errorf("its sign is %q", got.word)
	}
	p := newPane("indri", nil)
	p.task = task
	p.setSize(12, 4)
	b := newStage(t, 80, 24).m.brush
	if first, second := p.inside(b, 0), p.inside(b, 1); !strings.Contains(first+second, "waits for") || !strings.Contains(second, "run 3f2a") {
		t.Errorf("its pane says %q, %q", first, second)
	}
	task.State = rollout.TaskPrepared
	if got := taskSign(task); got.word != "preparing" {
		t.Errorf("then its sign is %q", got.word)
	}
}

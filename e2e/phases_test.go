//go:build lab

package e2e

import (
	"path/filepath"
	"syscall"
	"testing"
)

// stage is how a test catches a run in a phase: a host of its own, of whose
// system something lasts, or a step at which the run is held, or one after the other.
type stage struct {
	phase string
	host  string
	lasts string // "" where the step is enough
	step  string // "" where what lasts is enough
	then  string // what else lasts on the host, when the first has come to its end
	flags string // of the command
}

var stages = []stage{
	// Who is to put a host back reads it anew, whatever preflight saw.
	{phase: "preparing", host: "h5", step: holdLogin, flags: "--rollback-on-failure"},
	{phase: "evaluating", host: "h3", step: holdEval},
	{phase: "copying", host: "h4", step: holdCopy},
	{phase: "building", host: "h9", lasts: itsBuild},
	{phase: "activating", host: "h7", lasts: itsActivation},
	{phase: "verifying", host: "h8", lasts: itsActivation, then: itsReading},
}

// catch begins a run of the stage's host alone and returns when it is in the phase.
func (s stage) catch(w *where, command string) (u *underWay, release func()) {
	w.t.Helper()
	if s.lasts != "" {
		release = w.stall(s.host)
	} else {
		release = w.hold(s.step)
	}
	u = w.begin("%s --on %s --yes %s", command, s.host, s.flags)
	if s.then == itsReading {
		u.reaches(s.host, "activating")
		held := w.stallReading(s.host)
		release()
		release = held
	}
	u.reaches(s.host, s.phase)
	return u, release
}

// inEachPhase runs a test on all stages' hosts at once.
func inEachPhase(t *testing.T, test func(t *testing.T, w *where, s stage)) {
	for _, s := range stages {
		t.Run(s.phase, func(t *testing.T) {
			need(t, s.host)
			w := place(t)
			w.holding()
			if s.lasts != "" {
				w.lasting(s.host, s.lasts, "")
			} else {
				w.shape(s.host, "")
			}
			test(t, w, s)
		})
	}
}

// TestKilledInEachPhase kills whoever watches and supervises a run, and then
// the task parent too. `runs` has it concluded, and truthfully.
func TestKilledInEachPhase(t *testing.T) {
	t.Parallel()
	inEachPhase(t, func(t *testing.T, w *where, s stage) {
		w.killed(s, "run-supervisor")
		if s.phase != "preparing" && s.phase != "verifying" { // there is no task parent then
			w.newRevision()
			w.killed(s, "run-supervisor", "run-task")
		}
	})
}

// killed kills a run of the stage in its phase, lets it go on, and sees whether
// it ends as if nothing had been.
func (w *where) killed(s stage, victims ...string) {
	w.t.Helper()
	before, want := w.standing(s.host), w.wanted(s.host)
	u, release := s.catch(w, "switch")
	u.cmd.Process.Signal(syscall.SIGKILL)
	u.ends()
	for _, victim := range victims {
		pids := processes(w.t, victim, "/runs/"+u.id())
		if len(pids) == 0 {
			w.t.Fatalf("%s: there is no %s to kill", s.phase, victim)
		}
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if len(victims) == 1 {
		w.runs() // which adopts it in that phase, and not only when its task has ended
	}
	release()
	w.eventually("the run ends", aRun, func() bool { return w.find(u.id()).State == "ended" })
	v := u.verdict(s.host)
	if v.Verdict != "ok" || !v.Changed {
		w.t.Errorf("killed while %s, with %v: %+v", s.phase, victims, v)
	}
	if now := w.standing(s.host); now == before || now != want+"\n"+want {
		w.t.Errorf("killed while %s, with %v: %s stands at %s, not %s", s.phase, victims, s.host, now, want)
	}
	if len(victims) == 1 && s.phase != "preparing" && v.ExitCode == nil {
		w.t.Errorf("killed while %s: the exit status is lost", s.phase)
	}
	complete(w.t, u.dir, s.host, 12, "Done. The new configuration is")
	w.leavesNothing(u.id())
}

// leavesNothing waits until no process of this test's runs is left: no
// supervisor, task parent or nixos-rebuild, and no shared connection.
func (w *where) leavesNothing(id string) {
	w.t.Helper()
	var left []int
	if !within(soon, func() bool { left = processes(w.t, w.dir); return len(left) == 0 }) {
		w.t.Errorf("run %s has left %v: %s", id, left, describe(left))
	}
	if sockets, err := filepath.Glob(file(w.dir + "/s/nixfleet/s/*")); err != nil || len(sockets) > 0 {
		w.t.Errorf("run %s has left %v", id, sockets)
	}
}

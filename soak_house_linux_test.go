package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nixfleet-tui/e2e/soak"
)

const (
	stateSize = 48 << 20        // bytes of the disk that gets full
	patience  = 3 * time.Minute // for anything to end: nobody is in a hurry
	pollEvery = 50 * time.Millisecond
)

// soaked is a house of which the state lies on a small disk of its own, with a
// dashboard that stands open.
type soaked struct {
	*house
	board, viewer *terminal // viewer is nil while nobody watches on a terminal
	boardPID      int
	agents        *agents
	bereft, moved bool            // of the agent; which has another socket since the round began
	lender        *exec.Cmd       // looks at the run so as to lend the agent; nil while nobody does
	known         map[string]bool // runs of earlier rounds
	held          counts          // by the dashboard, when it was last looked at
	run           soak.Run        // that goes on; its Dir is "" before there is one
	sum           *tally
}

// newSoaked makes one. It takes root, for the disk.
func newSoaked(t *testing.T, sum *tally) *soaked {
	t.Helper()
	h := &soaked{house: newHouse(t), known: map[string]bool{}, agents: newAgents(t), sum: sum}
	h.env = append(h.env, countsVariable+"="+filepath.Join(h.dir, "tmp"), "NIXFLEET_DEMO_SUDO=agent")
	h.useAgent()
	if err := unix.Mount("tmpfs", h.state(), "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", stateSize)); err != nil {
		t.Fatalf("a small disk cannot be had (%v): run this as root", err)
	}
	t.Cleanup(func() {
		h.signal(syscall.SIGKILL, "") // what a test that failed has left
		if err := unix.Unmount(h.state(), unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *soaked) state() string { return filepath.Join(h.dir, "state") }
func (h *soaked) demo() string  { return filepath.Join(h.state(), "nixfleet", "demo") }

// open opens the dashboard, for hosts with such clocks.
func (h *soaked) open(clock time.Duration) {
	h.env = append(h.env, "NIXFLEET_DEMO_CLOCK="+clock.String())
	h.openDashboard()
}

func (h *soaked) openDashboard() {
	c := h.command("demo")
	h.board = onTerminal(h.t, c)
	h.boardPID = c.Process.Pid
}

// leaveDashboard has the dashboard end, in one way or another.
func (h *soaked) leaveDashboard(how func(*terminal)) {
	board := h.board
	how(board)
	select {
	case <-board.ended:
	case <-time.After(patience):
		h.t.Errorf("the dashboard does not end\n%s", board.text())
	}
	h.crashed(board.text())
}

// close ends all, and looks for what is left.
func (h *soaked) close() {
	h.leaveDashboard(func(board *terminal) {
		h.eventually("the dashboard has gone", func() bool {
			board.press("q") // the first ones close what is open over it
			return len(h.processes("\x00demo\x00")) == len(h.processes("\x00serve-hosts\x00"))
		})
		board.lose()
	})
	var out []byte
	h.eventually("nothing is left", func() bool {
		var err error
		out, err = h.command("demo", "reset").CombinedOutput()
		return err == nil && len(h.processes("")) == 0
	})
	h.t.Logf("in the end the dashboard held %+v", h.held)
	if h.t.Failed() {
		h.t.Logf("demo reset: %s\nprocesses: %v", out, h.processes(""))
	}
}

// eventually waits until ok says so.
func (h *soaked) eventually(what string, ok func() bool) bool {
	h.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Errorf("not within %s: %s", patience, what)
			return false
		}
	}
	return true
}

// renew makes the hosts what they were in the beginning.
func (h *soaked) renew() {
	states, err := filepath.Glob(filepath.Join(h.demo(), "hosts", "*.json"))
	if err != nil {
		h.t.Error(err)
	}
	for _, path := range states {
		if err := os.Remove(path); err != nil {
			h.t.Error(err)
		}
	}
	h.signal(syscall.SIGKILL, "\x00serve-hosts\x00")
}

// play deploys once, lets the round's faults happen, and looks at all of it
// while it goes on and when it is over.
func (h *soaked) play(r soak.Round) {
	h.sum.rounds++
	h.renew()
	all := faults()
	onTerm, exact := r.Terminal, true
	for _, b := range r.Blows {
		onTerm, exact = onTerm || all[b.Fault].terminal, exact && all[b.Fault].exact
	}
	args := []string{"demo", "switch", "--on", "ankarana,andasibe,masoala", "--yes"}
	var said bytes.Buffer
	ended := make(chan error, 1)
	if onTerm {
		h.viewer = onTerminal(h.t, h.command(args...))
		ended = h.viewer.ended
	} else {
		c := h.command(append(args, "--plain")...)
		c.Stdout, c.Stderr = &said, &said
		if err := c.Start(); err != nil {
			h.t.Fatal(err)
		}
		go func() { ended <- c.Wait() }()
	}
	h.run = soak.Run{Torn: len(r.Blows)}
	keys := r.Keys
	inTime := r.Play(ended, patience, func(b soak.Blow) func() {
		lift, hit := all[b.Fault].strike(h)
		if !hit {
			h.sum.late++
			return nil
		}
		h.sum.struck[b.Fault]++
		return lift
	}, func() {
		if keys != "" && !h.board.lost {
			h.board.press(keys[:1])
			keys = keys[1:]
		}
		h.look()
	})
	if !inTime {
		h.t.Errorf("the viewer does not end")
		h.signal(syscall.SIGQUIT, "\x00demo\x00switch\x00")
	}
	text := said.String()
	if h.viewer != nil {
		text = h.viewer.text()
		h.viewer.lose()
		h.viewer = nil
	}
	h.crashed(text)
	if h.board.lost {
		h.openDashboard()
	}
	h.after(exact)
	if h.t.Failed() {
		h.t.Logf("in %s: the viewer said\n%s", r, text)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// fault is something that goes wrong while a run goes on.
type fault struct {
	exact    bool // the verdicts must be as if nothing had happened
	terminal bool // it takes a viewer on a terminal
	// strike says whether there was something to hit, and may return what lifts
	// the fault again.
	strike func(h *soaked) (lift func(), struck bool)
}

// faults are all that can go wrong.
func faults() map[string]fault {
	return map[string]fault{
		"nothing":                              {exact: true, strike: func(*soaked) (func(), bool) { return nil, true }},
		"the viewer killed":                    {exact: true, strike: killed("\x00demo\x00switch\x00")},
		"the supervisor killed":                {exact: true, strike: killed("\x00run-supervisor\x00")},
		"all of ours but nixos-rebuild killed": {strike: killed("\x00run-", "\x00demo\x00switch\x00")},
		"the task parents killed":              {strike: killed("\x00run-task\x00")},
		"the hosts' daemon killed":             {strike: killed("\x00serve-hosts\x00")},
		"one host's links cut":                 {strike: func(h *soaked) (func(), bool) { return nil, h.cut("ankarana") }},
		"all links cut":                        {strike: func(h *soaked) (func(), bool) { return nil, h.cut("ankarana", "andasibe", "masoala") }},
		"all links silent":                     {exact: true, strike: stopped("\x00serve-hosts\x00")},
		"the supervisor stopped":               {exact: true, strike: stopped("\x00run-supervisor\x00")},
		"the disk full":                        {strike: (*soaked).fill},
		"the state directory read-only":        {strike: (*soaked).freeze},
		"the agent killed, for a while":        {exact: true, strike: (*soaked).killAgent},
		"the agent killed, another elsewhere":  {exact: true, strike: (*soaked).moveAgent},
		"the terminals resized":                {exact: true, terminal: true, strike: (*soaked).resize},
		"the viewer's terminal lost":           {exact: true, terminal: true, strike: (*soaked).loseViewer},
		"the dashboard's terminal lost":        {exact: true, strike: (*soaked).loseDashboard},
	}
}

// signal sends a signal to all that have one of the words in their command lines.
func (h *soaked) signal(signal syscall.Signal, words ...string) (pids []int) {
	for _, word := range words {
		for _, pid := range h.processes(word) {
			if syscall.Kill(pid, signal) == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func killed(words ...string) func(*soaked) (func(), bool) {
	return func(h *soaked) (func(), bool) { return nil, len(h.signal(syscall.SIGKILL, words...)) > 0 }
}

// stopped keeps processes from going on for a while.
func stopped(word string) func(*soaked) (func(), bool) {
	return func(h *soaked) (func(), bool) {
		pids := h.signal(syscall.SIGSTOP, word)
		return func() {
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGCONT) // another fault may have killed it meanwhile
			}
		}, len(pids) > 0
	}
}

// cut breaks the connections to hosts, as a router does that forgets them.
func (h *soaked) cut(hosts ...string) (struck bool) {
	var at struct{ Hosts map[string]struct{ Port int } }
	content, err := os.ReadFile(filepath.Join(h.demo(), "endpoint.json"))
	if err != nil || json.Unmarshal(content, &at) != nil {
		return false // the daemon does not serve just now
	}
	for _, host := range hosts {
		out, err := exec.Command("ss", "-HK", "dst", "127.0.0.1", "dport", "=", ":"+strconv.Itoa(at.Hosts[host].Port)).Output()
		if err != nil {
			h.t.Errorf("cutting the links of %s: %v", host, err)
		}
		struck = struck || len(out) > 0
	}
	return struck
}

// fill leaves no space where the state is.
func (h *soaked) fill() (func(), bool) {
	ballast := filepath.Join(h.state(), "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		return nil, false // it is read-only just now
	}
	for block := make([]byte, 64<<10); err == nil && len(block) > 0; {
		if _, err = f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block, err = block[:len(block)/2], nil
		}
	}
	if err := errors.Join(err, f.Close()); err != nil {
		h.t.Error(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			h.t.Error(err)
		}
	}, true
}

// freeze lets nothing be made, renamed or removed where the state is.
func (h *soaked) freeze() (func(), bool) {
	dirs, err := h.directories()
	if err != nil {
		h.t.Error(err)
	}
	for _, dir := range dirs {
		h.setImmutable(dir, true)
	}
	return func() {
		for _, dir := range dirs {
			h.setImmutable(dir, false)
		}
	}, true
}

// directories are those of the state.
func (h *soaked) directories() (dirs []string, err error) {
	err = filepath.WalkDir(filepath.Join(h.state(), "nixfleet"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile
		}
		return err
	})
	return dirs, err
}

// setImmutable does for root what a mode does for others.
func (h *soaked) setImmutable(dir string, on bool) {
	const immutable = 0x10 // FS_IMMUTABLE_FL of linux/fs.h
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		h.t.Error(err)
		return
	}
	defer f.Close()
	flags := 0
	if on {
		flags = immutable
	}
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags); err != nil {
		h.t.Errorf("%s: %v", dir, err)
	}
}

// resize gives the terminals other sizes, also such in which there is no room.
func (h *soaked) resize() (func(), bool) {
	for _, size := range [][2]uint16{{20, 5}, {200, 50}, {2, 2}, {60, 15}, {80, 24}} {
		for _, term := range []*terminal{h.viewer, h.board} {
			if term != nil && !term.lost {
				term.resize(h.t, size[0], size[1])
			}
		}
	}
	return nil, true
}

// loseViewer closes the window in which the run is watched.
func (h *soaked) loseViewer() (func(), bool) {
	if h.viewer == nil || h.viewer.lost {
		return nil, false
	}
	h.viewer.lose()
	return nil, true
}

// loseDashboard closes the window of the dashboard. Another is opened after the
// round, since none can be while the state directory is read-only.
func (h *soaked) loseDashboard() (func(), bool) {
	if h.board.lost {
		return nil, false
	}
	h.leaveDashboard((*terminal).lose)
	return nil, true
}

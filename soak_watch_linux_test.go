package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// What a process may hold at any moment. Here a run has three hosts, and the
// dashboard a dozen.
const (
	filesAtMost     = 120
	residentAtMost  = 400 << 20 // bytes, of a test binary
	processesAtMost = 30
)

// What the dashboard may hold when nothing goes on. With every host connected
// it has some 150 goroutines and two dozen files; a leak adds up.
const (
	goroutinesKept = 200
	filesKept      = 40
	childrenKept   = 2
	heapKept       = 16 << 20 // bytes
)

// look holds what goes on to what must be so at every moment.
func (h *soaked) look() {
	h.sum.looks++
	h.crashed("")
	h.bounded()
	if h.run.Dir == "" {
		h.run.Dir = h.newRun("events.jsonl")
	}
	if h.run.Dir == "" {
		return
	}
	if err := h.run.Look(); err != nil {
		h.t.Error(err)
	}
	h.lend()
}

// newRun is the directory of the run that was not there before this round, and
// has this file; or "".
func (h *soaked) newRun(file string) string {
	dirs, err := filepath.Glob(filepath.Join(h.demo(), "runs", "2*", file))
	if err != nil {
		h.t.Error(err)
	}
	i := slices.IndexFunc(dirs, func(path string) bool { return !h.known[filepath.Dir(path)] })
	if i < 0 {
		return ""
	}
	return filepath.Dir(dirs[i])
}

// crashed fails the test if the program met a defect of its own.
func (h *house) crashed(said string) {
	traces, err := filepath.Glob(filepath.Join(h.dir, "state", "nixfleet", "crash-*"))
	if err != nil || len(traces) > 0 || strings.Contains(said, "a defect in this program") || strings.Contains(said, "goroutine ") {
		h.t.Errorf("it crashed: %v, %v\n%s", traces, err, said)
	}
}

// bounded holds every process to what it may hold.
func (h *soaked) bounded() {
	pids := h.processes("")
	if len(pids) > processesAtMost {
		h.t.Errorf("%d processes", len(pids))
	}
	for _, pid := range pids {
		of := "/proc/" + strconv.Itoa(pid)
		files, err := os.ReadDir(of + "/fd")
		statm, serr := os.ReadFile(of + "/statm")
		if err != nil || serr != nil {
			continue // it has ended meanwhile
		}
		var size, resident int
		fmt.Sscan(string(statm), &size, &resident) // zeros of one that has ended are no leak
		if bytes := resident * os.Getpagesize(); len(files) > filesAtMost || bytes > residentAtMost {
			line, _ := os.ReadFile(of + "/cmdline") // to say who it is, if it can still be said
			h.t.Errorf("%q has %d files open and %d MiB", line, len(files), bytes>>20)
		}
	}
}

// leaks holds the dashboard to what it may hold when nothing goes on.
func (h *soaked) leaks() {
	fits := h.eventually("the dashboard holds no more than it may", func() bool {
		var err error
		if h.held, err = h.countsOf(h.boardPID); err != nil {
			h.t.Error(err)
			return true
		}
		return h.held.goroutines <= goroutinesKept && h.held.files <= filesKept && h.held.children <= childrenKept && h.held.heap <= heapKept
	})
	if !fits {
		h.t.Errorf("the dashboard holds %+v", h.held)
	}
}

// countsOf asks a process what it holds.
func (h *soaked) countsOf(pid int) (c counts, err error) {
	path := filepath.Join(h.dir, "tmp", "counts."+strconv.Itoa(pid))
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return c, err
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		return c, err
	}
	h.eventually("the process tells what it holds", func() bool {
		content, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(content), &c.goroutines, &c.heap)
		return err == nil
	})
	of := "/proc/" + strconv.Itoa(pid)
	files, err := os.ReadDir(of + "/fd")
	if err != nil {
		return c, err
	}
	threads, err := filepath.Glob(of + "/task/*/children")
	if err != nil {
		return c, err
	}
	for _, path := range threads {
		if content, err := os.ReadFile(path); err == nil { // else the thread has ended
			c.children += len(strings.Fields(string(content)))
		}
	}
	c.files = len(files)
	return c, nil
}

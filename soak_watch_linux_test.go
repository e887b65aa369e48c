package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// What a process may hold at any moment. Here a run has three hosts, and the
// dashboard a dozen.
const (
	filesAtMost     = 120
	residentAtMost  = 400 << 20 // bytes, of a test binary
	processesAtMost = 30
)

// How much more the dashboard may hold than when it was young.
const (
	moreGoroutines = 12
	moreFiles      = 8
	moreHeap       = 24 << 20
)

// watched is what was seen of a round so far.
type watched struct {
	dir  string           // of the run; "" before there is one
	logs map[string]int64 // how long they were
	last int64            // event
}

// look holds what goes on to what must be so at every moment.
func (h *soaked) look(r round) {
	h.sum.looks++
	h.crashed("")
	h.bounded()
	if h.watched.dir == "" {
		if h.watched.dir = h.newRun(); h.watched.dir == "" {
			return
		}
		h.watched.logs = map[string]int64{}
	}
	last := h.events(r, h.watched.dir)
	if last < h.watched.last {
		h.t.Errorf("there were %d events, and are %d", h.watched.last, last)
	}
	h.watched.last = last
	h.logs(h.watched.dir, false)
}

// newRun is the directory of the run that was not there before this round, or "".
func (h *soaked) newRun() string {
	dirs, err := filepath.Glob(filepath.Join(h.demo(), "runs", "2*", "events.jsonl"))
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

// events looks for gaps in a run's events. Who is killed, or finds the disk
// full, in the middle of a line leaves half of it.
func (h *soaked) events(r round, dir string) (last int64) {
	content, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		h.t.Error(err)
		return 0
	}
	garbled := 0
	for line := range bytes.Lines(content) {
		var e rollout.Event
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if json.Unmarshal(line, &e) != nil {
			garbled++
			continue
		}
		if e.Seq != last+1 {
			h.t.Errorf("%s: event %d comes after %d", dir, e.Seq, last)
		}
		last = e.Seq
	}
	if garbled > 1+len(r.blows) { // the one that is just being written
		h.t.Errorf("%s: %d lines are no events\n%s", dir, garbled, content)
	}
	return last
}

// logs compares the readable logs with the raw ones, from which they follow:
// as far as they have come, or all of them when the run is over. A raw log
// grows, and does nothing else.
func (h *soaked) logs(dir string, over bool) {
	raws, err := filepath.Glob(filepath.Join(dir, "hosts", "*.log"))
	if err != nil {
		h.t.Error(err)
	}
	for _, path := range raws {
		readable, err := os.ReadFile(strings.TrimSuffix(path, ".log") + ".txt")
		if err != nil && (over || !errors.Is(err, fs.ErrNotExist)) {
			h.t.Error(err)
		}
		raw, err := os.ReadFile(path) // after it: what it follows from is there by now
		if err != nil {
			h.t.Error(err)
		}
		if n := int64(len(raw)); n < h.watched.logs[path] {
			h.t.Errorf("%s had %d bytes, and has %d", path, h.watched.logs[path], n)
		} else if h.watched.logs != nil {
			h.watched.logs[path] = n
		}
		d := nixcmd.NewLogDecoder(nixcmd.Switch, time.Now)
		want := d.Write(nil, raw)
		if over {
			want = d.Close(want)
		}
		if over {
			h.sum.bytes += int64(len(raw))
		}
		if over && !bytes.Equal(want, readable) || !over && !bytes.HasPrefix(d.Close(want), readable) {
			h.t.Errorf("%s (over: %v): of it follow %d readable bytes, and %d are there", path, over, len(want), len(readable))
		}
	}
}

// leaks compares what the dashboard holds with what it held when it was young.
func (h *soaked) leaks() {
	var err error
	if h.kept == (counts{}) {
		if h.kept, err = h.countsOf(h.boardPID); err != nil {
			h.t.Error(err)
		}
		return
	}
	fits := h.eventually("the dashboard holds no more than when it was young", func() (fits bool) {
		if h.held, err = h.countsOf(h.boardPID); err != nil {
			h.t.Error(err)
			return true
		}
		return h.held.goroutines <= h.kept.goroutines+moreGoroutines && h.held.files <= h.kept.files+moreFiles &&
			h.held.children <= h.kept.children+1 && h.held.heap <= h.kept.heap+moreHeap
	})
	if !fits {
		h.t.Errorf("the dashboard held %+v, and holds %+v", h.kept, h.held)
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

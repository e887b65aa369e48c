package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// soakVariable says how long the soak lasts ("30s", "30m"), seedVariable which
// plan of faults it follows.
const (
	soakVariable = "NIXFLEET_SOAK"
	seedVariable = "NIXFLEET_SOAK_SEED"
)

// fault is what goes wrong in a round: the processes that have all these words
// in their command lines are killed.
type fault struct {
	name  string
	words []string
	exact bool // the verdicts must be as if nothing had happened
}

// faults are dealt in an order that the seed says.
func faults() []fault {
	return []fault{
		{"nothing", nil, true},
		{"the viewer", []string{"\x00demo\x00switch\x00"}, true},
		{"the supervisor", []string{"\x00run-supervisor\x00"}, true},
		{"all of ours but nixos-rebuild", []string{"\x00run-", "\x00demo\x00switch\x00"}, false},
		{"the task parents", []string{"\x00run-task\x00"}, false},
		{"the hosts' daemon, and with it all links", []string{"\x00serve-hosts\x00"}, false},
	}
}

// undisturbed are the verdicts of the demo's hosts in a run to which nothing happens.
func undisturbed() map[string]rollout.Outcome {
	return map[string]rollout.Outcome{"ankarana": rollout.OutcomeOK, "andasibe": rollout.OutcomeDegraded, "masoala": rollout.OutcomeFailed}
}

// TestSoak deploys the demo again and again while processes are killed from a
// seeded plan, and holds each round to what must never happen: a crash, a
// wrong verdict, a lost byte, a process or a socket that is left.
func TestSoak(t *testing.T) {
	given := os.Getenv(soakVariable)
	if given == "" {
		t.Skipf("it takes a while: %s=30s go test -run Soak .", soakVariable)
	}
	length, err := time.ParseDuration(given)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedVariable); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	h := newHouse(t)
	count := map[string]int{}
	for begun := time.Now(); time.Since(begun) < length && !t.Failed(); {
		all := faults()
		for _, i := range random.Perm(len(all)) {
			if time.Since(begun) >= length || t.Failed() {
				break
			}
			delay := time.Duration(random.IntN(1500)) * time.Millisecond
			if h.round(all[i], delay) {
				count[all[i].name]++
			} else {
				count["(too late for) "+all[i].name]++
			}
		}
	}
	t.Logf("rounds: %v", count)
}

// round deploys once, lets the fault happen after the delay, and looks at what
// is left. It says whether there was something to kill.
func (h *house) round(f fault, delay time.Duration) (struck bool) {
	t := h.t
	var said bytes.Buffer
	c := h.command("demo", "switch", "--on", "ankarana,andasibe,masoala", "--yes", "--plain")
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	over := false
	select {
	case <-time.After(delay):
	case <-ended:
		over = true
	}
	for _, words := range f.words {
		for _, pid := range h.processes(words) {
			struck = syscall.Kill(pid, syscall.SIGKILL) == nil || struck
		}
	}
	if !over {
		<-ended
	}
	h.crashed(&said)
	dirs, err := filepath.Glob(filepath.Join(h.dir, "state", "nixfleet", "demo", "runs", "2*"))
	if err != nil || len(dirs) > 1 {
		t.Errorf("%s: %d runs, %v", f.name, len(dirs), err)
	}
	for _, dir := range dirs {
		h.concludes(dir)
		h.verdicts(f, dir)
		h.nothingLost(f, dir)
	}
	h.nothingLeft(f, delay)
	if t.Failed() {
		t.Logf("%s after %s; it said\n%s", f.name, delay, &said)
	}
	return struck || f.words == nil
}

// concludes attaches to the run until it is over, which adopts it if it must.
func (h *house) concludes(dir string) {
	const tries = 5
	for range tries {
		out, err := h.command("demo", "runs", "attach", filepath.Base(dir)).CombinedOutput()
		h.crashed(bytes.NewBuffer(out))
		if view := h.view(dir); view.Over() {
			return
		}
		h.t.Logf("it goes on: %v\n%s", err, out)
	}
	h.t.Errorf("the run has no end")
}

// view is the run as its directory tells it.
func (h *house) view(dir string) rollout.View {
	r, err := rollout.NewReader(dir)
	if err != nil {
		h.t.Error(err)
		return rollout.View{}
	}
	if _, err := r.Next(); err != nil {
		h.t.Error(err)
	}
	return r.View()
}

// crashed fails the test if the program met a defect of its own.
func (h *house) crashed(said *bytes.Buffer) {
	traces, err := filepath.Glob(filepath.Join(h.dir, "state", "nixfleet", "crash-*"))
	if err != nil || len(traces) > 0 || bytes.Contains(said.Bytes(), []byte("a defect in this program")) || bytes.Contains(said.Bytes(), []byte("goroutine ")) {
		h.t.Errorf("it crashed: %v, %v\n%s", traces, err, said)
	}
}

// verdicts holds those of a run to what would have been, or to what the hosts
// say themselves.
func (h *house) verdicts(f fault, dir string) {
	out, err := h.command("demo", "status", "--json").Output()
	var status fleet.StatusDocument
	if jerr := json.Unmarshal(out, &status); jerr != nil {
		h.t.Errorf("status: %v, %v", err, jerr)
	}
	view, want := h.view(dir), undisturbed()
	for _, task := range view.Tasks {
		v := task.Verdict
		if v == nil {
			h.t.Errorf("%s has no verdict", task.Host)
			continue
		}
		if f.exact && v.Outcome != want[task.Host] {
			h.t.Errorf("%s was killed, and %s became %s: %s", f.name, task.Host, v.Outcome, v.Reason)
		}
		if v.Outcome != rollout.OutcomeOK && v.Outcome != rollout.OutcomeDegraded {
			continue
		}
		i := slices.IndexFunc(status.Hosts, func(host fleet.HostDocument) bool { return host.Name == task.Host })
		if i < 0 || status.Hosts[i].Running == nil || *status.Hosts[i].Running != v.System {
			h.t.Errorf("%s is said to run %s, and does not", task.Host, v.System)
		}
	}
}

// nothingLost compares the readable logs with the raw ones, and looks for gaps
// in the events. Who is killed in the middle of a line leaves half of it.
func (h *house) nothingLost(f fault, dir string) {
	raws, err := filepath.Glob(filepath.Join(dir, "hosts", "*.log"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range raws {
		raw, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		readable, err := os.ReadFile(strings.TrimSuffix(path, ".log") + ".txt")
		if err != nil {
			h.t.Error(err)
		}
		d := nixcmd.NewLogDecoder(nixcmd.Switch, time.Now)
		want := d.Close(d.Write(nil, raw))
		if !bytes.Equal(want, readable) {
			h.t.Errorf("%s: %d readable bytes, and %d follow from the log", path, len(readable), len(want))
		}
	}
	events, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		h.t.Fatal(err)
	}
	last, garbled := int64(0), 0
	for line := range bytes.Lines(events) {
		var e rollout.Event
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if json.Unmarshal(line, &e) != nil {
			garbled++
			continue
		}
		if e.Seq != last+1 {
			h.t.Errorf("event %d comes after %d", e.Seq, last)
		}
		last = e.Seq
	}
	if allowed := len(f.words); garbled > allowed || last == 0 {
		h.t.Errorf("%d events, and %d lines that are none", last, garbled)
	}
}

// nothingLeft ends the demo, and looks for processes and sockets that outlived it.
func (h *house) nothingLeft(f fault, delay time.Duration) {
	var out []byte
	err := errors.New("not tried")
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for err != nil || len(h.processes("")) > 0 {
		if out, err = h.command("demo", "reset").CombinedOutput(); err == nil && len(h.processes("")) == 0 {
			break
		}
		select {
		case <-tick.C: // the last steps of a supervisor, or of the daemon
		case <-deadline:
			h.t.Errorf("%s killed after %s left %v: %v\n%s", f.name, delay, h.processes(""), err, out)
			return
		}
	}
	werr := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() == fs.ModeSocket {
			return fmt.Errorf("a socket is left: %s", path)
		}
		return err
	})
	if werr != nil {
		h.t.Error(werr)
	}
}

// processes are those of this house that have word in their command lines,
// whose words end in zeros.
func (h *house) processes(word string) []int {
	h.t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		h.t.Fatal(err)
	}
	var found []int
	for _, path := range entries {
		environ, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(environ, []byte(h.dir+"/state")) {
			continue // somebody else's, or it has gone
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err != nil || len(line) == 0 || !bytes.Contains(line, []byte(word)) {
			continue // a zombie has none
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

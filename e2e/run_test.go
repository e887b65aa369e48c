//go:build lab

package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"encoding/json"

	"nixfleet-tui/rollout"
)

// event is what the tests read of a line of events.jsonl.
type event struct {
	Time     time.Time
	Invoked  *time.Time
	Host     string
	Event    string
	State    string
	Phase    string
	PID      int
	ExitCode *int
	Verdict  string
	Changed  bool
	Undone   bool
	Accepted *bool
	Moved    bool `json:"profileMoved"`
	Reboot   bool `json:"rebootNeeded"`
	Units    []string
	Reason   string
	Hint     string
	Decisive []string
	System   string
	Running  string
	Log      string
}

// runDoc is what the tests read of `runs --json`.
type runDoc struct {
	ID, State, Dir string
	ExitCode       *int
	Hosts          []struct {
		Name, Phase, Reason, Log string
		Verdict                  *string
	}
}

func (w *where) runs() []runDoc {
	w.t.Helper()
	return decode[struct{ Runs []runDoc }](w.t, w.must("nixfleet-tui runs --json")).Runs
}

func (w *where) find(id string) runDoc {
	w.t.Helper()
	for _, r := range w.runs() {
		if r.ID == id {
			return r
		}
	}
	w.t.Fatalf("there is no run %s", id)
	return runDoc{}
}

// only is the one run that there is, as its directory says, without asking the
// program (which would adopt it).
func (w *where) only() string {
	w.t.Helper()
	dirs, err := filepath.Glob(file(w.dir + "/s/nixfleet/runs/*"))
	if err != nil || len(dirs) != 1 {
		w.t.Fatalf("there are %d runs, not one", len(dirs))
	}
	return dirs[0]
}

// last is the newest run, likewise, also of several in one second.
func (w *where) last() string {
	w.t.Helper()
	dir, err := (&rollout.Store{Dir: file(w.dir + "/s/nixfleet")}).Find("last")
	if err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// events reads a run's events; broken lines fail the test.
func events(t *testing.T, dir string) []event {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "events.jsonl"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []event
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %q", err, lines.Text())
		}
		all = append(all, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// verdicts are the verdicts of a run by host.
func verdicts(t *testing.T, dir string) map[string]event {
	t.Helper()
	by := map[string]event{}
	for _, e := range events(t, dir) {
		if e.Event == "verdict" {
			if _, twice := by[e.Host]; twice {
				t.Errorf("%s was judged twice", e.Host)
			}
			by[e.Host] = e
		}
	}
	return by
}

// reached says whether a host of the run has entered a phase.
func reached(t *testing.T, dir, host, phase string) bool {
	t.Helper()
	for _, e := range events(t, dir) {
		if e.Event == "phase" && e.Host == host && e.Phase == phase {
			return true
		}
	}
	return false
}

// ended says whether a run is over.
func ended(t *testing.T, dir string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(dir, "summary.json"))
	return err == nil
}

// processes are those whose command line holds all words.
func processes(t *testing.T, words ...string) []int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range dirs {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		line, all := strings.ReplaceAll(string(data), "\x00", " "), true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); all && err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// readLog is the raw log of a host.
func readLog(t *testing.T, dir, host string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "hosts", host+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// complete checks that a log has its beginning, every line of the build, and its end.
func complete(t *testing.T, dir, host string, lines int, end string) {
	t.Helper()
	log := readLog(t, dir, host)
	if !strings.Contains(log, "building the system configuration...") {
		t.Errorf("the log of %s lacks its beginning:\n%s", host, log)
	}
	rest := log
	for i := range lines {
		var found bool
		want := "generating file " + strconv.Itoa(i) + " of " + host
		if _, rest, found = strings.Cut(rest, want); !found {
			t.Errorf("the log of %s lacks %q where it should be", host, want)
			return
		}
	}
	if !strings.Contains(log, end) {
		t.Errorf("the log of %s lacks %q:\n%s", host, end, log)
	}
}

// describe gives the command lines of processes.
func describe(pids []int) string {
	var lines []string
	for _, pid := range pids {
		if data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil {
			lines = append(lines, strings.ReplaceAll(string(data), "\x00", " "))
		}
	}
	return strings.Join(lines, "\n")
}

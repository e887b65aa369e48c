package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"nixfleet-tui/e2e/soak"
	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// undisturbed are the verdicts of the demo's hosts in a run to which nothing happens.
func undisturbed() map[string]rollout.Outcome {
	return map[string]rollout.Outcome{"ankarana": rollout.OutcomeOK, "andasibe": rollout.OutcomeDegraded, "masoala": rollout.OutcomeFailed}
}

// after sees the round's run to its end, and looks at all that it has left.
func (h *soaked) after(exact bool) {
	// With its plan a run can be adopted, by whomever: also one whose supervisor
	// was killed, or never started, before the first event.
	if dir := h.newRun("run.json"); dir != "" {
		h.run.Dir = dir
		h.concludes(dir)
		h.verdicts(dir, exact)
		bytes, err := h.run.Whole()
		if err != nil {
			h.t.Error(err)
		}
		h.known[dir] = true
		h.sum.runs++
		h.sum.bytes += bytes
	}
	h.lentAll()
	if !h.eventually("the run's processes have gone", func() bool { return len(h.signal(0, runWords()...)) == 0 }) {
		h.whatDoes(runWords()...)
	}
	h.eventually("nobody holds on to the agent", func() bool { return h.agents.files() <= h.agents.alone })
	h.leaks()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() == fs.ModeSocket {
			return fmt.Errorf("a socket is left: %s", path)
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
}

// runWords are what the processes of a run have in their command lines.
func runWords() []string { return []string{"\x00run-", "\x00rebuild\x00", "\x00switch\x00"} }

// whatDoes has processes that should have gone tell what their goroutines do:
// supervisors write it into their run directories.
func (h *soaked) whatDoes(words ...string) {
	for _, pid := range h.signal(syscall.SIGQUIT, words...) {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		h.t.Logf("still there: %d %q %v", pid, line, err)
	}
	h.eventually("who is told to end so ends", func() bool { return len(h.signal(0, words...)) == 0 })
	said, err := os.ReadFile(filepath.Join(h.run.Dir, "supervisor.log"))
	h.t.Logf("supervisor.log: %v\n%s", err, said)
}

// concludes attaches to the run until it is over, which adopts it if it must.
func (h *soaked) concludes(dir string) {
	const tries = 5
	for range tries {
		out, err := h.command("demo", "runs", "attach", filepath.Base(dir)).CombinedOutput()
		h.crashed(string(out))
		if view := h.view(dir); view.Over() {
			return
		}
		h.t.Logf("it goes on: %v\n%s", err, out)
	}
	h.t.Errorf("the run has no end")
}

// view is the run as its directory tells it.
func (h *soaked) view(dir string) rollout.View {
	view, err := soak.View(dir)
	if err != nil {
		h.t.Error(err)
	}
	return view
}

// verdicts holds those of a run to what would have been, or to what the hosts
// say themselves.
func (h *soaked) verdicts(dir string, exact bool) {
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
		h.sum.verdicts[v.Outcome]++
		// Where it is not known that sudo wants the agent, as with a clock by
		// which its certificate is not valid, one that was dead before the task
		// began is not asked for.
		host, _ := view.Plan.Host(task.Host)
		if exact && (!h.bereft || host.SudoAgent) && v.Outcome != want[task.Host] {
			h.t.Errorf("%s became %s: %s", task.Host, v.Outcome, v.Reason)
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

//go:build lab

package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestKilled kills a part of a run while h5 builds, and leaves the others alone.
// The hosts end as they would have, and the run as well.
func TestKilled(t *testing.T) {
	need(t, "h5", "h7")
	for name, victims := range map[string][]string{
		"command":     {"command"},
		"supervisor":  {"run-supervisor"},
		"task parent": {"run-task"},
	} {
		t.Run(name, func(t *testing.T) {
			w := place(t)
			w.lasting("h5", itsBuild, "")
			release := w.stall("h5")
			w.shape("h7", "")
			before := w.profile("h5")
			cmd, _ := w.start("switch --on h5,h7 --yes")
			w.building("h5")
			dir := w.only()
			for _, victim := range victims {
				if victim == "command" {
					cmd.Process.Signal(syscall.SIGKILL)
					continue
				}
				pids := processes(t, victim, dir[strings.LastIndex(dir, "/runs/"):])
				if len(pids) == 0 {
					t.Fatalf("there is no %s to kill", victim)
				}
				for _, pid := range pids {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			release()
			w.endsWell(t, cmd, dir, victims)
			if w.profile("h5") == before || w.profile("h5") != w.system("h5") {
				t.Errorf("h5 has not become what it should: %s", w.system("h5"))
			}
		})
	}
}

// building waits until a host of the only run builds.
func (w *where) building(host string) {
	w.t.Helper()
	w.eventually("a run", aRun, func() bool { return len(w.dirs()) == 1 })
	dir := w.only()
	w.reaches(dir, host, "building")
}

// reaches waits until a host of a run enters a phase; a run that ends before
// that never will.
func (w *where) reaches(dir, host, phase string) {
	w.t.Helper()
	w.eventually(host+" is "+phase, aRun, func() bool {
		there := reached(w.t, dir, host, phase)
		if !there && ended(w.t, dir) {
			w.t.Fatalf("the run ended before %s was %s: %+v", host, phase, verdicts(w.t, dir))
		}
		return there
	})
}

// dirs are the runs that have begun.
func (w *where) dirs() []string {
	return w.files("events.jsonl")
}

// files are the runs' files of that name.
func (w *where) files(name string) []string {
	found, err := filepath.Glob(file(w.dir + "/s/nixfleet/runs/*/" + name))
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// endsWell waits for the end of a run of h5 and h7 of which a part was killed,
// and reads what came of it.
func (w *where) endsWell(t *testing.T, cmd *exec.Cmd, dir string, victims []string) {
	t.Helper()
	if !slices.Contains(victims, "command") {
		// Who watches sees to it that another supervisor takes the run over.
		if err := cmd.Wait(); err != nil {
			t.Errorf("the command: %v", err)
		}
	} else {
		cmd.Wait()
	}
	id := dir[strings.LastIndex(dir, "/")+1:]
	w.eventually("the run ends", aRun, func() bool { return w.find(id).State == "ended" })
	run := w.find(id)
	if run.ExitCode == nil || *run.ExitCode != 0 {
		t.Errorf("the run: %+v", run)
	}
	for _, h := range run.Hosts {
		if h.Verdict == nil || *h.Verdict != "ok" {
			t.Errorf("%s: %+v", h.Name, h)
		}
		complete(t, dir, h.Name, 12, "Done. The new configuration is")
		shown := w.must("nixfleet-tui runs show %s %s", id, h.Name)
		if shown != strings.TrimSpace(readLog(t, dir, h.Name)) {
			t.Errorf("`runs show` prints another log of %s than there is", h.Name)
		}
	}
	if left := processes(t, "run-", id); len(left) > 0 {
		w.eventually("the run's processes end", soon, func() bool { return len(processes(t, "run-", id)) == 0 })
	}
}

func TestInterruptedOnceCancels(t *testing.T) {
	need(t, "h2")
	w := place(t)
	w.lasting("h2", itsBuild, "")
	w.stall("h2")
	before := w.profile("h2")
	cmd, out := w.start("switch --on h2 --yes")
	w.building("h2")
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	dir := w.only()
	if v := verdicts(t, dir)["h2"]; v.Verdict != "cancelled" {
		t.Errorf("%+v", v)
	}
	if w.profile("h2") != before {
		t.Error("h2's profile has moved")
	}
	if !ended(t, dir) {
		t.Error("the run goes on")
	}
}

func TestInterruptedTwiceDetaches(t *testing.T) {
	need(t, "h8")
	w := place(t)
	w.lasting("h8", itsActivation, "")
	release := w.stall("h8")
	cmd, out := w.start("switch --on h8 --yes")
	w.eventually("a run", aRun, func() bool { return len(w.dirs()) == 1 })
	dir := w.only()
	w.reaches(dir, "h8", "activating")
	cmd.Process.Signal(syscall.SIGINT)
	w.eventually("the answer", soon, func() bool {
		return slices.ContainsFunc(events(t, dir), func(e event) bool { return e.Event == "cancel" && e.Host == "h8" })
	})
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(out.String(), "runs attach") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if ended(t, dir) {
		t.Error("the run has ended with its viewer")
	}
	release()
	w.wants(0, "runs attach last --plain")
	if v := verdicts(t, dir)["h8"]; v.Verdict != "ok" || v.Running != w.system("h8") {
		t.Errorf("%+v", v)
	}
}

func TestHangupDetaches(t *testing.T) {
	need(t, "h9")
	w := place(t)
	w.lasting("h9", itsBuild, "")
	release := w.stall("h9")
	cmd, _ := w.start("switch --on h9 --yes")
	w.building("h9")
	cmd.Process.Signal(syscall.SIGHUP)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	release()
	w.wants(0, "runs attach last")
	if v := verdicts(t, w.only())["h9"]; v.Verdict != "ok" {
		t.Errorf("%+v", v)
	}
}

package rollout

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// parentOf is the parent of a process.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// supervisorOf is the supervisor above a nixos-rebuild.
func supervisorOf(t *testing.T, pid int) int { return parentOf(t, parentOf(t, pid)) }

// Whoever is killed, whenever: nothing of the log is lost, and the verdict is right.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name       string
		supervisor bool // is killed
		parent     bool // is killed
		reason     string
	}{
		{"supervisor", true, false, ""},
		{"task parent", false, true, ""},
		{"both", true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTestWorld(t)
			wait, open := w.gate("g")
			w.host("h1", "m1", `echo before >&2; `+wait+`; echo after >&2; `+wellStory)
			w.host("h3", "m3", wait+`; set_profile; activate; echo "warning: the following units failed: bar.service" >&2; exit 4`)
			w.host("h4", "m4", wait+`; echo "error: the option is missing" >&2; exit 1`)
			f := w.start(w.plan(nixcmd.Switch, "h1", "h3", "h4"))
			groups := map[string]int{}
			for len(groups) < 3 {
				e := f.until("the tasks to start", func(e Event) bool { return e.State == TaskStarted })
				groups[e.Host] = e.PID
			}
			if c.supervisor {
				kill(t, supervisorOf(t, groups["h1"]))
			}
			if c.parent {
				for _, pid := range groups {
					kill(t, parentOf(t, pid))
				}
			}
			open()
			if c.supervisor {
				waitUntil(t, "the run to be lost", func() bool {
					held, err := isHeld(runDir(f.dir).lock())
					return err == nil && !held
				})
				adopted, err := w.store.Adopt(t.Context(), testLauncher())
				if err != nil || len(adopted) != 1 || adopted[0] != f.dir {
					t.Fatalf("Adopt = %v, %v", adopted, err)
				}
			}
			if got, want := outcomes(f.end()), "h1:ok h3:degraded h4:failed"; got != want {
				t.Errorf("outcomes = %s, want %s", got, want)
			}
			if log := f.log("h1"); !strings.Contains(log, "before\nafter\n") || !strings.HasSuffix(log, "Done. The new configuration is\n") {
				t.Errorf("the log is not whole: %q", log)
			}
		})
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// What could not be known when the run ended is known when the host answers.
func TestUnknownIsResolvedLater(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", `set_profile; activate; : >"$root/down"; echo "Command 'systemd-run' returned non-zero exit status 255." >&2; exit 255`)
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.until("the host to be waited for", func(e Event) bool { return e.State == TaskNote && strings.Contains(e.Reason, "waits for") })
	// The supervisor waits for two minutes; what it would write then is written here.
	kill(t, supervisorIn(t, f.dir))
	waitUntil(t, "the run to be lost", func() bool {
		held, err := isHeld(runDir(f.dir).lock())
		return err == nil && !held
	})
	unknown := Verdict{Outcome: OutcomeUnknown, ExitCode: exit(255), Phase: nixcmd.PhaseActivating, Reason: "lost"}
	view, err := readAll(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	log, err := openEventLog(runDir(f.dir).events(), view.Plan.ID, view.Seq, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	one := 1
	for _, e := range []Event{{Event: EventVerdict, Host: "h1", Verdict: &unknown}, {Event: EventEnd, ExitCode: &one}} {
		if _, err := log.append(e); err != nil {
			t.Fatal(err)
		}
	}
	log.close()
	if err := writeJSON(runDir(f.dir).summary(), summary{Version: 1, Hosts: map[string]Verdict{"h1": unknown}}); err != nil {
		t.Fatal(err)
	}
	f.end()
	if err := os.Remove(filepath.Join(w.hosts, "h1/down")); err != nil {
		t.Fatal(err)
	}
	if adopted, err := w.store.Adopt(t.Context(), testLauncher()); err != nil || len(adopted) != 1 {
		t.Fatalf("Adopt = %v, %v", adopted, err)
	}
	v := f.end()
	if d := v.Task("h1").Verdict; d.Outcome != OutcomeOK || !d.Changed || v.ExitCode != 0 {
		t.Errorf("%s, changed %v, exit code %d: %s", d.Outcome, d.Changed, v.ExitCode, d.Reason)
	}
}

// supervisorIn is the supervisor of the run in dir.
func supervisorIn(t *testing.T, dir string) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		line, err := os.ReadFile(path)
		if err == nil && bytes.HasSuffix(line, []byte("\x00"+wordSupervisor+"\x00"+dir+"\x00")) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatal("there is no supervisor of " + dir)
	return 0
}

package rollout

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

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

package rollout

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

func decoded(lines ...string) *nixcmd.LogDecoder {
	d := nixcmd.NewLogDecoder(nixcmd.Switch, time.Now)
	d.Write(nil, []byte(strings.Join(append(lines, ""), "\n")))
	return d
}

const (
	copiesOne  = "copying 1 paths..."
	copyBegins = "copying path '/nix/store/00000000000000000000000000000000-a' to 'ssh://h1'..."
	buildBegun = `@nix {"action":"start","fields":["/nix/store/00000000000000000000000000000000-a.drv","",1,1],"id":1,"level":3,"parent":0,"text":"","type":105}`
	buildEnds  = `@nix {"action":"stop","id":1}`
	activates  = "activating the configuration..."
)

// TestWhatMustNotBeInterrupted: an activation, and any silence in which one may
// have begun, of an action that has one.
func TestWhatMustNotBeInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		log  []string
		may  bool // be interrupted
	}{
		{"it evaluates", nil, true},
		{"it copies", []string{copiesOne, copyBegins}, true},
		{"it builds", []string{buildBegun}, true},
		{"it has copied", []string{copiesOne, copyBegins, "something else"}, false},
		{"it has built", []string{buildBegun, buildEnds}, false},
		{"it activates", []string{activates}, false},
		{"it activates, and something is built", []string{buildBegun, activates}, false},
	} {
		for _, action := range []nixcmd.Action{nixcmd.Switch, nixcmd.Boot, nixcmd.Test, nixcmd.Build, nixcmd.DryActivate} {
			task := &task{run: &run{plan: Plan{Action: action}}, host: PlanHost{Name: "h1"}}
			why := task.mustNotInterrupt(t.Context(), decoded(c.log...))
			changesNothing := action == nixcmd.Build || action == nixcmd.DryActivate
			if may := why == ""; may != (c.may || changesNothing) {
				t.Errorf("%s of %s: %q", c.name, action, why)
			}
		}
	}
}

func TestMoved(t *testing.T) {
	before := &Before{Profile: oldSystem, Running: oldSystem}
	for _, c := range []struct {
		after *fleet.Reading
		want  bool
	}{
		{stands(oldSystem, oldSystem), false},
		{stands(newSystem, oldSystem), true},
		{stands(oldSystem, newSystem), true},
	} {
		if moved(before, c.after) != c.want {
			t.Errorf("profile %s, running %s: moved %v", c.after.Profile, c.after.Current, !c.want)
		}
	}
}

// TestInterruptEscalates: who does not end of an interrupt gets SIGTERM, and
// then SIGKILL, each when its time has come and not before.
func TestInterruptEscalates(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	r := &run{Supervisor: Supervisor{Now: func() time.Time { return now }}, dir: runDir(t.TempDir())}
	task := &task{run: r, host: PlanHost{Name: "h1"}}
	if err := os.MkdirAll(filepath.Dir(task.file(".pid")), 0o700); err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		cmd := exec.Command("sleep", "600")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		since, err := processStart(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(task.file(".pid"), []byte(strconv.Itoa(cmd.Process.Pid)+" "+since+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	endsOf := func(cmd *exec.Cmd) syscall.Signal {
		_ = cmd.Wait() // its error says what the state does
		return cmd.ProcessState.Sys().(syscall.WaitStatus).Signal()
	}

	child := start()
	var none interruption
	if none.escalate(task); none != (interruption{}) {
		t.Errorf("nobody wanted an end, and next is %v", none.next)
	}
	s := interruption{next: syscall.SIGTERM, after: now.Add(time.Second)}
	if s.escalate(task); s.next != syscall.SIGTERM {
		t.Errorf("before its time, next is %v", s.next)
	}
	now = s.after
	s.escalate(task)
	if got := endsOf(child); got != syscall.SIGTERM {
		t.Errorf("the first ended of %v", got)
	}
	if s.next != syscall.SIGKILL || !s.after.After(now) {
		t.Errorf("after SIGTERM comes %v, at %v", s.next, s.after)
	}
	now = s.after
	if s.escalate(task); s.after != now {
		t.Error("it has gone, and somebody got its signal")
	}

	child = start()
	s.escalate(task)
	if got := endsOf(child); got != syscall.SIGKILL {
		t.Errorf("the second ended of %v", got)
	}
}

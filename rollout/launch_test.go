package rollout

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"nixfleet-tui/nixcmd"
)

// The files in a host's folder that make its task parent die early: before or
// after it has started nixos-rebuild, and in either case before it says so.
const (
	diesBefore = "parent-dies-before"
	diesAfter  = "parent-dies-after"
)

// dieEarly kills this task parent as its host's folder wants it; only once, if
// the file holds "once".
func dieEarly(dir, host string) {
	for _, when := range []string{diesBefore, diesAfter} {
		path := filepath.Join(os.Getenv("TEST_HOSTS"), host, when)
		how, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if string(how) == "once" && os.Remove(path) != nil {
			continue
		}
		if when == diesAfter {
			p, err := newParent(runDir(dir), host, os.Environ())
			if err == nil {
				_, err = p.start(nil)
			}
			if err != nil {
				panic(err)
			}
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {}
	}
}

// A task parent that is killed before it could say that nixos-rebuild runs:
// either nothing runs, and it is replaced, or the task goes on by itself.
func TestTaskParentDiesEarly(t *testing.T) {
	w := newTestWorld(t)
	for _, h := range []string{"h1", "h2", "h3"} {
		w.host(h, "m-"+h, wellStory)
	}
	w.write("h1/"+diesBefore, "once", 0o644)
	w.write("h2/"+diesBefore, "always", 0o644)
	w.write("h3/"+diesAfter, "always", 0o644)
	f := w.start(w.plan(nixcmd.Switch, "h1", "h2", "h3"))
	v := f.end()
	if got, want := outcomes(v), "h1:ok h2:failed h3:ok"; got != want {
		t.Errorf("outcomes = %s, want %s (%+v)", got, want, v.Task("h1").Verdict)
	}
	if d := v.Task("h2").Verdict; !strings.Contains(d.Reason, "could not be started") || d.Hint == "" {
		t.Errorf("h2: %+v", d)
	}
	if d := v.Task("h3").Verdict; d.ExitCode != nil || !d.Changed {
		t.Errorf("h3: %+v", d)
	}
	for _, h := range []string{"h1", "h3"} {
		if log := f.log(h); strings.Count(log, "activating the configuration...") != 1 {
			t.Errorf("%s was not activated once: %s", h, log)
		}
	}
}

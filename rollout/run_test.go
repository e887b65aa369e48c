package rollout

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

const wellStory = "set_profile; activate; finish"

func TestRunToTheEnd(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	w.host("h3", "m3", `set_profile; activate; echo "warning: the following units failed: bar.service" >&2; exit 4`)
	w.host("h4", "m4", `echo "error: builder for '/nix/store/22222222222222222222222222222222-etc-h4.drv' failed with exit code 1" >&2; exit 1`)
	w.host("h5", "m5", wellStory)
	w.write("h5/down", "", 0o644)

	v := w.start(w.plan(nixcmd.Switch, "h1", "h3", "h4", "h5")).end()
	if got, want := outcomes(v), "h1:ok h3:degraded h4:failed h5:failed"; got != want {
		t.Errorf("outcomes = %s, want %s", got, want)
	}
	if v.ExitCode != 1 {
		t.Errorf("exit code = %d, want 1", v.ExitCode)
	}
	if d := v.Task("h3").Verdict; len(d.Units) != 1 || d.Units[0] != "bar.service" {
		t.Errorf("units of h3 = %v, want bar.service", d.Units)
	}
	if d := v.Task("h5").Verdict; !strings.Contains(d.Reason, "no route to h5") || d.Hint == "" {
		t.Errorf("h5: %q, hint %q", d.Reason, d.Hint)
	}
	if !v.Task("h1").Verdict.Changed {
		t.Error("h1 has changed")
	}
	v = w.start(w.plan(nixcmd.Switch, "h1")).end()
	if d := v.Task("h1").Verdict; d.Outcome != OutcomeOK || d.Changed {
		t.Errorf("the second time: %s, changed %v; want ok, not changed", d.Outcome, d.Changed)
	}
}

func TestSummaryIsTheLastWord(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.end()
	plan, err := runDir(f.dir).readPlan()
	if err != nil {
		t.Fatal(err)
	}
	var s summary
	waitUntil(t, "the summary", func() bool { return readJSON(runDir(f.dir).summary(), &s) == nil })
	// A supervisor that is killed before that is replaced; one with a summary is not.
	if _, err := os.Stat(plan.Sockets); !os.IsNotExist(err) {
		t.Errorf("the directory for sockets is left: %v", err)
	}
	if s.ExitCode != 0 || s.Hosts["h1"].Outcome != OutcomeOK || s.Ended.IsZero() {
		t.Errorf("summary = %+v", s)
	}
	if s.Hosts["h1"].System == "" || s.Hosts["h1"].Log != LogPath(f.dir, "h1") {
		t.Errorf("the verdict lacks the system or the log: %+v", s.Hosts["h1"])
	}
}

func TestOneMachineUnderTwoNames(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "same", wait+"; "+wellStory)
	w.host("h2", "same", wait+"; "+wellStory)
	f := w.start(w.plan(nixcmd.Switch, "h1", "h2"))
	waiting := f.until("one to wait", func(e Event) bool { return e.State == TaskWaiting })
	first := map[string]string{"h1": "h2", "h2": "h1"}[waiting.Host]
	if !strings.Contains(waiting.Reason, first) {
		t.Errorf("it waits with %q, which does not name %s", waiting.Reason, first)
	}
	open()
	verdict := f.until("a verdict", func(e Event) bool {
		if e.State == TaskStarted && e.Host != first {
			t.Errorf("%s started before %s was judged", e.Host, first)
		}
		return e.Event == EventVerdict
	})
	if verdict.Host != first {
		t.Errorf("%s was judged first, want %s", verdict.Host, first)
	}
	if got := outcomes(f.end()); got != "h1:ok h2:ok" {
		t.Errorf("outcomes = %s", got)
	}
}

func TestTwoRunsOnOneMachine(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", wait+"; "+wellStory)
	one := w.start(w.plan(nixcmd.Switch, "h1"))
	one.started("h1")
	two := w.start(w.plan(nixcmd.Switch, "h1"))
	e := two.until("the second to wait", func(e Event) bool { return e.State == TaskWaiting })
	if id := filepath.Base(one.dir); !strings.Contains(e.Reason, id) {
		t.Errorf("it waits with %q, which does not name the run %s", e.Reason, id)
	}
	open()
	if got := outcomes(one.end()); got != "h1:ok" {
		t.Errorf("the first: %s", got)
	}
	if got := outcomes(two.end()); got != "h1:ok" {
		t.Errorf("the second: %s", got)
	}
}

func TestDirtyTreeThatMoved(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	w.write("fingerprint", "two", 0o644)
	p := w.plan(nixcmd.Switch, "h1")
	p.Flake.Dirty, p.Flake.Fingerprint = true, "one"
	v := w.start(p).end()
	if d := v.Task("h1").Verdict; d.Outcome != OutcomeSkipped || !strings.Contains(d.Reason, "tree changed") {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
	if v.ExitCode != 3 {
		t.Errorf("exit code = %d, want 3", v.ExitCode)
	}
	p = w.plan(nixcmd.Switch, "h1")
	p.Flake.Dirty, p.Flake.Fingerprint, p.Follow = true, "one", true
	if got := outcomes(w.start(p).end()); got != "h1:ok" {
		t.Errorf("followed: %s", got)
	}
}

func TestUnreachableHostsCanBeSkipped(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	w.write("h1/down", "", 0o644)
	p := w.plan(nixcmd.Switch, "h1")
	p.SkipDown = true
	if got := outcomes(w.start(p).end()); got != "h1:skipped" {
		t.Errorf("outcomes = %s", got)
	}
}

func TestCancelWhileBuilding(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", `trap 'echo interrupted >&2; exit 130' INT; cat >&2 <<'LOG'
@nix {"action":"start","fields":["/nix/store/22222222222222222222222222222222-etc-h1.drv","",1,1],"id":1,"level":3,"parent":0,"text":"building '/nix/store/22222222222222222222222222222222-etc-h1.drv'","type":105}
LOG
while :; do sleep 0.02; done`)
	w.host("h2", "m2", wellStory)
	p := w.plan(nixcmd.Switch, "h1", "h2")
	p.Parallel = 1
	f := w.start(p)
	f.until("the build", func(e Event) bool { return e.Host == "h1" && e.Phase == nixcmd.PhaseBuilding })
	if err := Cancel(f.dir, nil, false); err != nil {
		t.Fatal(err)
	}
	v := f.end()
	if got := outcomes(v); got != "h1:cancelled h2:cancelled" {
		t.Errorf("outcomes = %s (%s)", got, v.Task("h1").Reason)
	}
	if v.ExitCode != 130 {
		t.Errorf("exit code = %d, want 130", v.ExitCode)
	}
	if !strings.Contains(f.log("h1"), "interrupted") {
		t.Error("nixos-rebuild was not interrupted first")
	}
}

func TestActivationIsNotInterrupted(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", "set_profile; activate; "+wait+"; finish")
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.until("the activation", func(e Event) bool { return e.Phase == nixcmd.PhaseActivating })
	if err := Cancel(f.dir, []string{"h1"}, false); err != nil {
		t.Fatal(err)
	}
	e := f.until("the answer", func(e Event) bool { return e.Event == EventCancel })
	if e.Accepted == nil || *e.Accepted || e.Reason == "" {
		t.Errorf("the answer is %+v", e)
	}
	open()
	if d := f.verdict("h1"); d.Outcome != OutcomeOK {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
}

func TestNoProgramToStart(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.Program = []string{filepath.Join(w.hosts, "missing")}
	v := w.start(p).end()
	if d := v.Task("h1").Verdict; d.Outcome != OutcomeFailed || !strings.Contains(d.Reason, "could not be started") {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
}

// A run that nobody adopts for long does not deploy hosts out of the blue.
func TestOldRunsDoNotGoOn(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	dir := filepath.Join(w.store.runs(), p.ID)
	if err := os.MkdirAll(dir+"/hosts", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeJSON(runDir(dir).plan(), p); err != nil {
		t.Fatal(err)
	}
	old := `{"version":1,"seq":1,"time":"2020-01-01T00:00:00Z","run":"` + p.ID + `","event":"start"}` + "\n" + `{"version":1,"se`
	if err := os.WriteFile(runDir(dir).events(), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Adopt(t.Context(), testLauncher()); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(w.follow(dir).end()); got != "h1:skipped" {
		t.Errorf("outcomes = %s", got)
	}
}

func TestRootWhereItWasBuilt(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	w.host("builder", "m2", wellStory)
	w.write("bin/nix-store", `#!/bin/sh
case $* in *--realise*) for last; do :; done; ln -sfn "$last" "$2" ;; esac
`, 0o755)
	home := filepath.Join(w.hosts, "home")
	t.Setenv("HOME", home)
	t.Setenv("PATH", filepath.Join(w.hosts, "bin")+":"+os.Getenv("PATH"))
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].BuildOn = "builder"
	v := w.start(p).end()
	if got := outcomes(v); got != "h1:ok" {
		t.Fatalf("outcomes = %s", got)
	}
	roots, err := w.store.Roots()
	if err != nil || len(roots) != 1 {
		t.Fatalf("roots = %v, %v; want one (%s)", roots, err, v.Task("h1").Reason)
	}
	root := filepath.Join(home, roots[0].Link)
	if to, err := os.Readlink(root); err != nil || to != v.Task("h1").Verdict.System {
		t.Errorf("the root is %q, %v; want %s", to, err, v.Task("h1").Verdict.System)
	}
	if err := w.store.RemoveRoot(t.Context(), roots[0], folders(w.hosts)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(root); !os.IsNotExist(err) {
		t.Errorf("the root is still there: %v", err)
	}
	if roots, err := w.store.Roots(); err != nil || len(roots) != 0 {
		t.Errorf("roots = %v, %v; want none", roots, err)
	}
}

// A supervisor lives on; a lock or pipe that the caller was handed must not.
func TestInheritedFilesAreNotPassedOn(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", wait+"; "+wellStory)
	said, saying, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	inherited, err := syscall.Dup(int(saying.Fd())) // a copy without close-on-exec, as a shell hands it on
	if err != nil {
		t.Fatal(err)
	}
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.started("h1")
	saying.Close()
	if err := syscall.Close(inherited); err != nil {
		t.Fatal(err)
	}
	if err := said.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := said.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("reading the pipe: %v; want its end, since nobody else should hold it", err)
	}
	open()
	f.end()
}

// ssh passes no signal on: what builds on the other machine is ended by us.
func TestCancelEndsWhatBuildsElsewhere(t *testing.T) {
	w := newTestWorld(t)
	const drv = "/nix/store/33333333333333333333333333333333-nixos-system-h1-2.drv"
	w.write("remote-nix", "#!/bin/sh\ntrap 'exit 130' INT\necho $$ >\"$TEST_HOSTS/remote-pid\"\nwhile :; do sleep 0.02; done\n", 0o755)
	w.host("h1", "m1", `trap 'exit 130' INT; cat >&2 <<'LOG'
@nix {"action":"start","fields":["`+drv+`","",1,1],"id":1,"level":3,"parent":0,"text":"building '`+drv+`'","type":105}
LOG
setsid -f "$TEST_HOSTS/remote-nix" build '`+drv+`^*' </dev/null >/dev/null 2>&1
while :; do sleep 0.02; done`)
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.until("the build", func(e Event) bool { return e.Phase == nixcmd.PhaseBuilding })
	var pid int
	waitUntil(t, "the remote build", func() bool {
		data, err := os.ReadFile(filepath.Join(w.hosts, "remote-pid"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
		return err == nil
	})
	if err := Cancel(f.dir, nil, false); err != nil {
		t.Fatal(err)
	}
	if d := f.verdict("h1"); d.Outcome != OutcomeCancelled {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
	waitUntil(t, "the remote build to end", func() bool { return syscall.Kill(pid, 0) != nil })
}

func TestGenerationThatAppeared(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Generation = 7
	f := w.start(p)
	e := f.until("the note", func(e Event) bool { return e.State == TaskNote })
	if e.Reason != "generation 1 has appeared since preflight, which saw 7" {
		t.Errorf("it says %q", e.Reason)
	}
	f.end()
}

// A system that somebody activates is in the way of an activation, not of a build.
func TestSomebodySwitches(t *testing.T) {
	for action, want := range map[nixcmd.Action]string{nixcmd.Switch: "h1:failed", nixcmd.DryBuild: "h1:ok"} {
		w := newTestWorld(t)
		w.host("h1", "m1", wellStory)
		w.write("h1/run/systemd/transient/nixos-rebuild-switch-to-configuration.service", "", 0o644)
		if got := outcomes(w.start(w.plan(action, "h1")).end()); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}

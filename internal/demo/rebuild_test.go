package demo

import (
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestSwitch(t *testing.T) {
	dir, d := fleetHere(t)
	want := wanted(t, "ankarana")
	before := read(t, d, "ankarana")
	got := callRebuild(t.Context(), dir, deployArgs("switch", "ankarana", "ankarana")...)
	if got.status != 0 || got.out != want {
		t.Fatalf("status %d, stdout %q, want %q; log:\n%s", got.status, got.out, want, got.log)
	}
	after := read(t, d, "ankarana")
	if after.Current != want || after.Profile != want {
		t.Errorf("it runs %s and would boot %s, want %s", after.Current, after.Profile, want)
	}
	if after.Generation != before.Generation+1 || after.BootID != before.BootID {
		t.Errorf("generation %d after %d, boot %s after %s", after.Generation, before.Generation, after.BootID, before.BootID)
	}
	f := findings(nixcmd.Switch, got.log)
	if f.SystemDrv != systemOf(hostNamed(t, "ankarana"), revisions()[0]).drv || !f.SwitchStarted || len(f.FailedUnits) > 0 || len(f.Decisive) > 0 {
		t.Errorf("the log reads as %+v", f)
	}
	again := callRebuild(t.Context(), dir, deployArgs("switch", "ankarana", "ankarana")...)
	if again.status != 0 || again.out != want || strings.Contains(again.log, "building '") || strings.Contains(again.log, "copying") {
		t.Errorf("a second switch is not idle: status %d, log:\n%s", again.status, again.log)
	}
	if now := read(t, d, "ankarana"); now.Generation != after.Generation {
		t.Errorf("a second switch made generation %d after %d", now.Generation, after.Generation)
	}
}

// TestBuiltElsewhere: boraha builds for the Pi, and keeps what it built.
func TestBuiltElsewhere(t *testing.T) {
	dir, d := fleetHere(t)
	want := wanted(t, "sambirano")
	got := callRebuild(t.Context(), dir, deployArgs("switch", "sambirano", "boraha")...)
	if got.status != 0 || got.out != want {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	if r := read(t, d, "sambirano"); r.Current != want {
		t.Errorf("sambirano runs %s", r.Current)
	}
	const root = "/nix/var/nix/gcroots/per-user/korfuri/nixfleet-sambirano"
	if said := printed(t, d, "boraha", "nix-store --add-root "+root+" -r "+want); said != root {
		t.Errorf("adding a root prints %q", said)
	}
	printed(t, d, "boraha", "test -e "+root)
	printed(t, d, "boraha", "rm -f "+root)
	if r := on(t, d, "boraha", "test -e "+root, ""); r.ExitCode == 0 {
		t.Error("a root that was removed is still there")
	}
	if r := on(t, d, "kelyus", "test -e "+want, ""); r.ExitCode == 0 {
		t.Error("kelyus has the Pi's system in its store")
	}
}

func TestBuiltHere(t *testing.T) {
	dir, d := fleetHere(t)
	args := []string{"switch", "--flake", "x#tsingy", "--target-host", "korfuri@tsingy", "--sudo", "--log-format", "internal-json"}
	got := callRebuild(t.Context(), dir, args...)
	if got.status != 0 {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	if !strings.Contains(got.log, `"ssh://nix-builder@indri.example.org",1,1]`) {
		t.Error("the kernel was not sent to a builder")
	}
	r := read(t, d, "tsingy")
	if r.Current != wanted(t, "tsingy") || r.Reboot == nil || !*r.Reboot {
		t.Errorf("after its new kernel tsingy reads %+v", r)
	}
}

func TestActions(t *testing.T) {
	want := func(t *testing.T) string { return wanted(t, "ankarana") }
	for action, check := range map[string]func(t *testing.T, r fleet.Reading, before fleet.Reading){
		"boot": func(t *testing.T, r, before fleet.Reading) {
			if r.Profile != want(t) || r.Current != before.Current || fleet.Judge(r, want(t), "") != fleet.DriftBootPending {
				t.Errorf("after boot: %+v", r)
			}
		},
		"test": func(t *testing.T, r, before fleet.Reading) {
			if r.Current != want(t) || r.Profile != before.Profile || fleet.Judge(r, want(t), "") != fleet.DriftTesting {
				t.Errorf("after test: %+v", r)
			}
		},
		"build":        unmoved,
		"dry-build":    unmoved,
		"dry-activate": unmoved,
	} {
		t.Run(action, func(t *testing.T) {
			dir, d := fleetHere(t)
			before := read(t, d, "ankarana")
			got := callRebuild(t.Context(), dir, deployArgs(action, "ankarana", "ankarana")...)
			if got.status != 0 {
				t.Fatalf("status %d, log:\n%s", got.status, got.log)
			}
			check(t, read(t, d, "ankarana"), before)
			valid := on(t, d, "ankarana", "test -e "+want(t), "").ExitCode == 0
			if valid != (action != "dry-build") {
				t.Errorf("the system is in the store: %v", valid)
			}
			if action == "dry-activate" && !strings.Contains(got.log, "would restart the following units: nginx.service") {
				t.Errorf("dry-activate says:\n%s", got.log)
			}
		})
	}
}

func unmoved(t *testing.T, r, before fleet.Reading) {
	if r.Current != before.Current || r.Profile != before.Profile || r.Generation != before.Generation {
		t.Errorf("it moved from %+v to %+v", before, r)
	}
}

func TestRollback(t *testing.T) {
	dir, d := fleetHere(t)
	before := read(t, d, "tenrec")
	got := callRebuild(t.Context(), dir, "switch", "--rollback", "--target-host", "tenrec", "--sudo")
	if got.status != 0 || !strings.Contains(got.log, "switching profile from version 45 to 44") {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	r := read(t, d, "tenrec")
	if r.Generation != before.Generation-1 || r.Current != r.Profile || r.Current == before.Current {
		t.Errorf("from %+v it went to %+v", before, r)
	}
}

func TestFailures(t *testing.T) {
	for name, want := range map[string]struct {
		build, target string
		args          []string
		status        int
		says          string // in the log
		hint          string // a word of nixcmd's hint
		moved         bool
	}{
		"units fail":       {target: "andasibe", status: 4, says: "warning: the following units failed: acme-andasibe.example.org.service", moved: true},
		"build fails":      {target: "masoala", status: 1, says: "last 10 log lines:"},
		"offline":          {target: "sifaka", status: 1, says: "Connection refused", hint: "sshd"},
		"changed key":      {target: "vanga", status: 1, says: "REMOTE HOST IDENTIFICATION HAS CHANGED", hint: "reinstalled"},
		"daemon is down":   {target: "kelyus", status: 1, says: "cannot connect to socket"},
		"builder is away":  {target: "ayeaye", build: "sifaka", status: 1, says: "Connection refused", hint: "sshd"},
		"no such host":     {target: "tenrec", args: []string{"switch", "--flake", "x#nosuch", "--target-host", "tenrec", "--build-host", "tenrec"}, status: 1, says: "does not provide attribute", hint: "no such host"},
		"unknown argument": {target: "tenrec", args: []string{"switch", "--flake", "x#tenrec", "--no-such-flag"}, status: 2, says: "unrecognized arguments: --no-such-flag"},
		"this machine":     {target: "tenrec", args: []string{"switch", "--flake", "x#tenrec"}, status: 1, says: "changes nothing on this machine"},
		"without sudo":     {target: "ankarana", args: []string{"switch", "--flake", "x#ankarana", "--target-host", "ankarana", "--build-host", "ankarana"}, status: 1, says: "Permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, d := fleetHere(t)
			reachable := want.target != "sifaka" && want.target != "vanga"
			var before fleet.Reading
			if reachable {
				before = read(t, d, want.target)
			}
			args := want.args
			if args == nil {
				args = deployArgs("switch", want.target, orString(want.build, want.target))
			}
			got := callRebuild(t.Context(), dir, args...)
			if got.status != want.status || !strings.Contains(got.log, want.says) {
				t.Errorf("status %d, want %d with %q; log:\n%s", got.status, want.status, want.says, got.log)
			}
			if f := findings(nixcmd.Switch, got.log); !strings.Contains(f.Hint, want.hint) {
				t.Errorf("nixcmd's hint is %q, want one about %q", f.Hint, want.hint)
			}
			if reachable {
				if r := read(t, d, want.target); (r.Profile != before.Profile) != want.moved {
					t.Errorf("the profile went from %s to %s", before.Profile, r.Profile)
				}
			}
		})
	}
}

func orString(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TestLogReadsLikeNix has package nixcmd read what the stand-in prints.
func TestLogReadsLikeNix(t *testing.T) {
	dir, _ := fleetHere(t)
	f := findings(nixcmd.Switch, callRebuild(t.Context(), dir, deployArgs("switch", "andasibe", "andasibe")...).log)
	if !slices.Equal(f.FailedUnits, []string{"acme-andasibe.example.org.service"}) || f.SwitchPath != wanted(t, "andasibe") || f.ChildStatus != 4 {
		t.Errorf("units that fail read as %+v", f)
	}
	f = findings(nixcmd.Switch, callRebuild(t.Context(), dir, deployArgs("switch", "masoala", "masoala")...).log)
	decisive := strings.Join(f.Decisive, "\n")
	if !strings.Contains(decisive, "postgresql.conf") || !strings.Contains(decisive, "wal_keep_segments") || f.SwitchStarted || f.ChildStatus != 1 {
		t.Errorf("a build that fails reads as %+v", f)
	}
}

// TestPhases: a deployment passes through all of them, counting as it goes.
func TestPhases(t *testing.T) {
	dir, _ := fleetHere(t)
	log := callRebuild(t.Context(), dir, deployArgs("switch", "indri", "indri")...).log
	dec := nixcmd.NewLogDecoder(nixcmd.Switch, time.Now)
	var phases []nixcmd.Phase
	var last nixcmd.Progress
	for line := range strings.Lines(log) {
		dec.Write(nil, []byte(line))
		if p := dec.Phase(); len(phases) == 0 || phases[len(phases)-1] != p {
			phases = append(phases, p)
		}
		if p := dec.Progress(); p.BuildsExpected > 0 {
			last = p
		}
	}
	for _, want := range []nixcmd.Phase{nixcmd.PhaseEvaluating, nixcmd.PhaseCopying, nixcmd.PhaseBuilding, nixcmd.PhaseActivating} {
		if !slices.Contains(phases, want) {
			t.Errorf("no phase %s in %v", want, phases)
		}
	}
	if last.BuildsDone == 0 || last.BuildsDone != last.BuildsExpected || last.BytesDone != last.BytesExpected {
		t.Errorf("in the end the count is %+v", last)
	}
}

func TestDialect(t *testing.T) {
	got, err := nixcmd.DetectDialect(t.Context(), []string{os.Args[0], RebuildCommand, t.TempDir()}, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if want := (nixcmd.Dialect{Kind: nixcmd.KindNG, Sudo: true, NoReexec: true, StorePath: true}); got != want {
		t.Errorf("it is taken for %+v", got)
	}
}

// TestInterrupted sends SIGINT to the stand-in as a child process, while it
// builds and while it activates.
func TestInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		when string // the line of the log at which to interrupt
		done bool   // the activation goes on without us
	}{
		"building":   {when: `"type":105}`},
		"activating": {when: "stopping the following units", done: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir, d := fleetHere(t)
			before := read(t, d, "ankarana")
			child := exec.Command(os.Args[0], append([]string{RebuildCommand, dir}, deployArgs("switch", "ankarana", "ankarana")...)...)
			child.Env = append(os.Environ(), speedVariable+"=12")
			log, err := child.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			said := interruptAt(t, child, log, c.when)
			child.Wait()
			if got := child.ProcessState.ExitCode(); got != exitInterrupted {
				t.Errorf("exit status %d; log:\n%s", got, said)
			}
			for c.done && read(t, d, "ankarana").Switching {
			}
			after := read(t, d, "ankarana")
			if moved := after.Current == wanted(t, "ankarana"); moved != c.done {
				t.Errorf("interrupted while %s, it went from %s to %s", name, before.Current, after.Current)
			}
		})
	}
}

// interruptAt reads the log to its end and sends SIGINT at the line.
func interruptAt(t *testing.T, child *exec.Cmd, log io.Reader, when string) string {
	t.Helper()
	var said strings.Builder
	buf := make([]byte, 4096)
	sent := false
	for {
		n, err := log.Read(buf)
		said.Write(buf[:n])
		if !sent && strings.Contains(said.String(), when) {
			sent = true
			if err := child.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
		if err != nil {
			break
		}
	}
	if !sent {
		t.Errorf("the log never said %q", when)
	}
	return said.String()
}

// TestCancelledContext is the same in this process: no goroutine stays.
func TestCancelledContext(t *testing.T) {
	dir, _ := fleetHere(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := callRebuild(ctx, dir, deployArgs("switch", "ankarana", "ankarana")...); got.status == 0 {
		t.Errorf("a run that was cancelled before it began ended well:\n%s", got.log)
	}
}

func read(t *testing.T, d *sshutil.Dialer, host string) fleet.Reading {
	t.Helper()
	c, err := d.Dial(t.Context(), host)
	if err != nil {
		t.Fatalf("dialling %s: %v", host, err)
	}
	defer c.Close()
	r, err := fleet.Read(t.Context(), c, true, time.Now)
	if err != nil {
		t.Fatalf("reading %s: %v", host, err)
	}
	return r
}

// findings are what package nixcmd makes of a log.
func findings(action nixcmd.Action, log string) nixcmd.Findings {
	dec := nixcmd.NewLogDecoder(action, time.Now)
	dec.Write(nil, []byte(log))
	dec.Close(nil)
	return dec.Findings()
}

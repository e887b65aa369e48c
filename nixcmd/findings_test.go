package nixcmd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestUndoingTellsNothing: what a host prints while its deployment is undone is
// no part of what is known of that deployment.
func TestUndoingTellsNothing(t *testing.T) {
	before, _ := dec(Switch, "activating the configuration...", "warning: the following units failed: web.service")
	after, _ := dec(Switch, "activating the configuration...", "warning: the following units failed: web.service", UndoBegins,
		"warning: the following units failed: other.service", "Failed to run activate script", "copying 3 paths...",
		"won't take effect until you reboot", "error: No space left on device", "Connection to h1 closed by remote host.")
	if got, want := asJSON(after.Findings()), asJSON(before.Findings()); got != want {
		t.Errorf("with the undoing: %s\nwithout: %s", got, want)
	}
	if got := after.Progress(); got.CopiesExpected != 0 {
		t.Errorf("the undoing copies %d paths", got.CopiesExpected)
	}
}

// TestActivationAlone: of a log that is one from its beginning, nothing is left
// to be found out before setting the profile.
func TestActivationAlone(t *testing.T) {
	d := NewLogDecoder(Switch, noon)
	d.Activating()
	if d.Phase() != PhaseActivating || !d.Findings().Evaluated {
		t.Errorf("it is in phase %s, evaluated: %v", d.Phase(), d.Findings().Evaluated)
	}
}

// TestPlainCopiesAreCounted: the one that was named last is on its way until
// something else is said.
func TestPlainCopiesAreCounted(t *testing.T) {
	const begun = "copying path '/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-a' to 'ssh://h1'..."
	d := NewLogDecoder(Switch, noon)
	for _, step := range []struct {
		line           string
		done, expected int
		running        int
	}{
		{"copying 2 paths...", 0, 2, 0},
		{begun, 0, 2, 1},
		{begun, 1, 2, 1},
		{"something else", 2, 2, 0},
		{"copying 1 paths...", 1, 3, 1},
		{begun, 2, 3, 1},
		{begun, 3, 4, 1}, // one more than was announced
		{"copying many paths...", 4, 4, 0},
	} {
		d.Write(nil, []byte(step.line+"\n"))
		p := d.Progress()
		if p.CopiesDone != step.done || p.CopiesExpected != step.expected || d.copies.running() != step.running {
			t.Errorf("%s: %d of %d are done and %d run, want %d of %d and %d", step.line, p.CopiesDone, p.CopiesExpected, d.copies.running(), step.done, step.expected, step.running)
		}
	}
}

// TestDecisiveLines: what is shown of a failure.
func TestDecisiveLines(t *testing.T) {
	mismatch := "error: hash mismatch in fixed-output derivation '" + fooDrv + "':\n         specified: sha256-AAA=\n            got:    sha256-BBB="
	quoting := "error: Cannot build '" + fooDrv + "'.\n       Reason: builder failed with exit code 2.\n       Last 2 log lines:\n       > one\n       > two"
	far := "error: build of '" + fooDrv + "' on 'ssh://b1' failed: exit code 1"
	group := "error: build of '" + fooDrv + "', '" + barDrv + "' failed"
	msg := func(said string) string { return fmt.Sprintf(`@nix {"action":"msg","level":0,"msg":%q}`, said) }
	for _, c := range []struct {
		name string
		log  []string
		want []string
	}{
		{"both hashes", []string{msg(mismatch)}, []string{"hash mismatch in fixed-output derivation 'foo-1.0': specified: sha256-AAA= got: sha256-BBB="}},
		{"a log that only the error quotes", []string{msg(quoting)}, []string{"Cannot build 'foo-1.0': builder failed with exit code 2", "foo-1.0> one", "foo-1.0> two"}},
		{"the same build again", []string{msg(quoting), msg(quoting)}, []string{"Cannot build 'foo-1.0': builder failed with exit code 2", "foo-1.0> one", "foo-1.0> two"}},
		{"on a builder", []string{msg(far), msg(group)}, []string{"build of 'foo-1.0' on 'ssh://b1' failed: exit code 1"}},
		{"of nixos-rebuild", []string{"chatter", "Error: it failed", "Error: it failed", "nixos-rebuild: error: no such thing"}, []string{"Error: it failed", "nixos-rebuild: error: no such thing"}},
		{"nobody foresaw", []string{"1", "2", "3", "4", "5", "6", "7", "8", "", "9"}, []string{"2", "3", "4", "5", "6", "7", "8", "9"}},
		{"it went well in the end", []string{"error: passing", "Done. The new configuration is /nix/store/x"}, nil},
	} {
		d, _ := dec(Switch, c.log...)
		if got := d.Findings().Decisive; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestDecisiveLinesOfManyBuilds: when more builds failed than there is room
// for, the first of them are shown.
func TestDecisiveLinesOfManyBuilds(t *testing.T) {
	var log []string
	for i := range maxErrors + 5 {
		drv := fmt.Sprintf("/nix/store/075jlwb0ilsvcrfhpmsdg6p1xg057jbg-p%d.drv", i)
		log = append(log, fmt.Sprintf(`@nix {"action":"msg","level":0,"msg":"error: builder for '%s' failed with exit code 2;\n  > one\n  > two"}`, drv))
	}
	d, _ := dec(Switch, log...)
	got := d.Findings().Decisive
	if len(got) != maxDecisive || got[0] != "builder for 'p0' failed with exit code 2" || got[maxDecisive-1] != "p9> two" {
		t.Errorf("%d lines: %q", len(got), got)
	}
	if len(d.found.builds) != maxErrors {
		t.Errorf("%d failed builds are kept", len(d.found.builds))
	}
}

// TestFailedUnits: each once, at most maxUnits, and nothing that is no unit.
func TestFailedUnits(t *testing.T) {
	d, _ := dec(Switch, "activating the configuration...",
		"Failed to start the engine: no fuel", "Failed to start Web Server.", "Failed to restart a.service: timeout", "Failed to start user unit b.timer: no",
		"warning: the following units failed: a.service, c.socket,", "warning: the following user units failed: b.timer")
	if got, want := d.Findings().FailedUnits, []string{"a.service", "b.timer", "c.socket"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var units []string
	for i := range maxUnits + 1 {
		units = append(units, fmt.Sprintf("u%d.service", i))
	}
	d, _ = dec(Switch, "warning: the following units failed: "+strings.Join(units, ", "))
	if got := d.Findings().FailedUnits; !slices.Equal(got, units[:maxUnits]) {
		t.Errorf("%d units are kept, the last is %s", len(got), got[len(got)-1])
	}
}

// TestFindingsStay: what one line told, later ones do not take back.
func TestFindingsStay(t *testing.T) {
	d, _ := dec(Switch, "These changes won't take effect until you reboot", "more")
	if !d.Findings().NeedsReboot {
		t.Error("the reboot is forgotten")
	}
	for _, line := range []string{
		"debug: nixos_rebuild.process: calling run with args=['nix-env', '-p', '/nix/var/nix/profiles/system', '--set', '/nix/store/x']",
		"Command '['nix-env', '-p', '/nix/var/nix/profiles/system', '--set', '/nix/store/x']' returned non-zero exit status 1.",
	} {
		d, _ := dec(Switch, line, "debug: nixos_rebuild.process: calling run with args=['true']", "Command '['true']' returned non-zero exit status 7.")
		if f := d.Findings(); !f.ProfileCommand || f.ChildStatus != 7 {
			t.Errorf("after %q: profile command %v, status %d", line, f.ProfileCommand, f.ChildStatus)
		}
	}
	for _, words := range []string{"['nix-env', '--list-generations']", "['x', '--set', 'y']"} {
		d, _ := dec(Switch, "Command '"+words+"' returned non-zero exit status 1.")
		if d.Findings().ProfileCommand {
			t.Errorf("%s sets no profile", words)
		}
	}
	d, _ = dec(Switch, "Command '['ssh', 'h1', '/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-nixos-system-h1-1/bin/switch-to-configuration', 'switch']' returned non-zero exit status 4.")
	if f := d.Findings(); f.SwitchPath != "/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-nixos-system-h1-1" || !f.ProfileCommand || f.ChildStatus != 4 {
		t.Errorf("of switch-to-configuration: %s", asJSON(f))
	}
}

// TestPlanned: the derivations of a plan, and nothing that only looks like it.
func TestPlanned(t *testing.T) {
	said := "these 2 derivations will be built:\n  " + fooDrv + "\n  " + barDrv + "\n  " + strings.TrimSuffix(barDrv, ".drv") + "\n  " + barDrv + " and more\n" + barDrv
	d, _ := dec(Switch, fmt.Sprintf(`@nix {"action":"msg","level":0,"msg":%q}`, said))
	if got, want := d.Planned(), []string{"foo-1.0", "bar"}; !slices.Equal(got, want) {
		t.Errorf("planned are %q, want %q", got, want)
	}
}

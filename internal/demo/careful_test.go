package demo

import (
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestCareful arms and confirms a host, and puts one back, by the very scripts
// that are sent to real ones.
func TestCareful(t *testing.T) {
	_, d := fleetHere(t)
	c, err := d.Dial(t.Context(), "kelyus")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run := func(line string) (string, int) {
		t.Helper()
		res, err := c.Run(t.Context(), sshutil.Command{Line: line})
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(res.Stdout) + string(res.Stderr)), res.ExitCode
	}
	asRoot := func(script string) string { return nixcmd.ShellLine([]string{"sudo", "-n", "/bin/sh", "-c", script}) }

	if _, status := run(nixcmd.ConfirmStateLine); status == 0 {
		t.Error("something is armed from the start")
	}
	arm := nixcmd.Confirmation{Action: nixcmd.Switch, Within: 30, Longest: 900}.ArmScript()
	if said, status := run(asRoot(arm)); status != 0 {
		t.Fatalf("arming: %d: %s", status, said)
	}
	if _, status := run(asRoot(arm)); status == 0 {
		t.Error("it was armed twice")
	}
	if said, _ := run(nixcmd.ConfirmStateLine); said != "armed" {
		t.Errorf("it is %q", said)
	}
	if said, status := run(asRoot(nixcmd.ConfirmLine)); status != 0 {
		t.Errorf("confirming: %d: %s", status, said)
	}
	if said, _ := run(nixcmd.ConfirmStateLine); said != "confirmed" {
		t.Errorf("it is %q", said)
	}

	running, _ := run("readlink -f /run/current-system")
	back := nixcmd.Restoration{Generation: 210, Profile: running, Running: running, Action: nixcmd.Switch}
	if said, status := run(asRoot(back.Script())); status != 0 || !strings.Contains(said, "goes back to generation 210") {
		t.Errorf("going back: %d: %s", status, said)
	}
	if link, _ := run("readlink /nix/var/nix/profiles/system"); link != "system-210-link" {
		t.Errorf("the profile is %s", link)
	}
}

package ui

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// What ssh said stays until it has been read.
func TestAFailedVisitLingers(t *testing.T) {
	for line, waits := range map[string]bool{"exit 255": true, "exit 1": false, "exit 0": false} {
		var out strings.Builder
		v := &visit{guest: &guest{}, Cmd: exec.Command("/bin/sh", "-c", "echo ssh: no route; "+line), lingers: cutOff}
		v.SetStdin(strings.NewReader("\n"))
		v.SetStdout(&out)
		v.SetStderr(&out)
		err := v.Run()
		if said := strings.Contains(out.String(), "enter goes back"); said != waits || !strings.HasPrefix(out.String(), "ssh: no route") {
			t.Errorf("%s: wrote %q", line, out.String())
		}
		if (err == nil) != (line == "exit 0") {
			t.Errorf("%s: %v", line, err)
		}
		if v.guest.process != nil {
			t.Errorf("%s: the guest is still there", line)
		}
	}
}

func TestAVisitThatCannotBeginDoesNotLinger(t *testing.T) {
	v := &visit{guest: &guest{}, Cmd: exec.Command("/nonexistent/ssh"), lingers: func(error) bool { return anyFailure(exec.ErrNotFound) }}
	if err := v.Run(); err == nil || exitOf(err) >= 0 {
		t.Errorf("it says %v", err)
	}
	hung := &guest{}
	hung.hangUp()
	v = &visit{guest: hung, Cmd: exec.Command("true"), lingers: func(error) bool { return true }}
	if err := v.Run(); !errors.Is(err, errHungUp) {
		t.Errorf("it says %v", err)
	}
}

package rollout

import (
	"os/exec"
	"syscall"
	"testing"
)

// A connection that was logging in when its supervisor was killed is found by
// its command line; those of other runs are left alone.
func TestLoginsThatAreLeft(t *testing.T) {
	ours, other := t.TempDir(), t.TempDir()
	start := func(words ...string) *exec.Cmd {
		cmd := exec.Command("/bin/sh", append([]string{"-c", "sleep 20; exit", "ssh"}, words...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	ended := func(cmd *exec.Cmd) syscall.Signal {
		cmd.Wait()
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it had started
		return cmd.ProcessState.Sys().(syscall.WaitStatus).Signal()
	}
	left := start("-M", "-N", "-o", "ControlPath="+ours+"/%C", "h1")
	elsewhere := start("-M", "-N", "-o", "ControlPath="+other+"/%C", "h1")
	child := start("-o", "ControlPath="+ours+"/%C", "h1")
	if err := endLogins(ours); err != nil {
		t.Fatal(err)
	}
	if got := ended(left); got != syscall.SIGTERM {
		t.Errorf("the one that is left was ended with %v", got)
	}
	for what, cmd := range map[string]*exec.Cmd{"another run's": elsewhere, "nixos-rebuild's": child} {
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if got := ended(cmd); got != syscall.SIGKILL {
			t.Errorf("%s connection was ended with %v", what, got)
		}
	}
}

//go:build lab

package e2e

import (
	"strings"
	"testing"
)

// The agent by which sudo works goes away while the host builds, as a forwarded
// one does with its login. Whoever attaches lends another, and the run goes on.
func TestAgentIsLent(t *testing.T) {
	need(t, "h2")
	s := bySudoAgent(t, "h2")
	s.must("ssh-keygen -q -t ed25519 -N '' -f %s/key", s.dir)
	s.setUp("Defaults env_keep += SSH_AUTH_SOCK\nops ALL=(ALL:ALL) ALL\n", "auth sufficient pam_ssh_agent_auth.so file=/etc/security/sudo_keys", s.must("cat %s/key.pub", s.dir)+"\n")
	begin := func(name string) (pid string) {
		pid = s.must("ssh-agent -a %s/%s | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\);.*/\\1/p'; SSH_AUTH_SOCK=%[1]s/%[2]s ssh-add -q %[1]s/key", s.dir, name)
		t.Cleanup(func() { s.sh("kill %s", pid) })
		return pid
	}
	first := begin("first")
	c := s.onConsole(s.command("export SSH_AUTH_SOCK=" + s.dir + "/first; exec nixfleet-tui switch --on h2 --yes --plain"))
	c.await("-- building")
	s.must("kill %s", first)
	c.await("the agent has gone")
	if r := s.wants(0, "runs"); !strings.Contains(r.stdout, "waits for an answer about h2") {
		t.Errorf("the list of runs does not say who waits:\n%s", r.stdout)
	}
	begin("second")
	other := s.onConsole(s.command("export SSH_AUTH_SOCK=" + s.dir + "/second; exec nixfleet-tui runs attach last --plain"))
	for _, viewer := range []*console{c, other} {
		if code := viewer.code(); code != 0 {
			t.Errorf("a viewer exited with %d\n%s", code, viewer.text())
		}
	}
	if v := verdicts(t, s.last())["h2"]; v.Verdict != "ok" || !v.Changed {
		t.Errorf("verdict = %+v", v)
	}
}

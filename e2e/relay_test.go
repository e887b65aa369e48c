//go:build lab

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// The agent by which sudo works goes away while the host builds, as a forwarded
// one does with its login. Whoever attaches lends another, and the run goes on;
// also one that began where nobody could be asked.
func TestAgentIsLent(t *testing.T) {
	need(t, "h2")
	s := bySudoAgent(t, "h2")
	s.must("ssh-keygen -q -t ed25519 -N '' -f %s/key", s.dir)
	s.setUp("Defaults env_keep += SSH_AUTH_SOCK\nops ALL=(ALL:ALL) ALL\n", "auth sufficient pam_ssh_agent_auth.so file=/etc/security/sudo_keys", s.must("cat %s/key.pub", s.dir)+"\n")
	s.lasting("h2", itsBuild, "")
	begin := func(name string) (pid string) {
		pid = s.must("ssh-agent -a %s/%s | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\);.*/\\1/p'; SSH_AUTH_SOCK=%[1]s/%[2]s ssh-add -q %[1]s/key", s.dir, name)
		t.Cleanup(func() { s.sh("kill %s", pid) })
		return pid
	}
	for _, by := range []struct{ name, run, lend, leave string }{
		{"attaching", "switch --on h2 --yes --plain", "runs attach last --plain", ""},
		{"a dashboard, to a run that asks nobody", "switch --on h2 --yes --plain </dev/null", "--on h2", "q"},
	} {
		t.Run(by.name, func(t *testing.T) {
			s.newRevision()
			release := s.stall("h2")
			dead, alive := begin(by.leave+"dead"), by.leave+"alive"
			c := s.onConsole(s.command(fmt.Sprintf("export SSH_AUTH_SOCK=%s/%sdead; exec nixfleet-tui %s", s.dir, by.leave, by.run)))
			c.await("-- building")
			s.must("kill %s", dead)
			release()
			c.await("the agent has gone")
			if r := s.wants(0, "runs"); !strings.Contains(r.stdout, "waits for an answer about h2") {
				t.Errorf("the list of runs does not say who waits:\n%s", r.stdout)
			}
			begin(alive)
			other := s.onConsole(s.command(fmt.Sprintf("stty rows 40 cols 120; export SSH_AUTH_SOCK=%s/%s; exec nixfleet-tui %s", s.dir, alive, by.lend)))
			if code := c.code(); code != 0 {
				t.Errorf("the run's own viewer exited with %d\n%s", code, c.text())
			}
			if _, err := other.master.Write([]byte(by.leave)); err != nil {
				t.Error(err)
			}
			if code := other.code(); code != 0 {
				t.Errorf("who lent an agent exited with %d\n%s", code, other.text())
			}
			if v := verdicts(t, s.last())["h2"]; v.Verdict != "ok" || !v.Changed {
				t.Errorf("verdict = %+v", v)
			}
		})
	}
}

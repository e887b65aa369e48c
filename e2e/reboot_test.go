//go:build lab

package e2e

import (
	"os"
	"strings"
	"testing"
)

// bootID tells one boot of a host from the next.
func (w *where) bootID(host string) string {
	w.t.Helper()
	return w.must("ssh %s cat /proc/sys/kernel/random/boot_id", host)
}

// TestReboot restarts two hosts in two waves, one of them into what it was to
// boot; and then one that does not come back until it is told to.
func TestReboot(t *testing.T) {
	need(t, "h4", "h6")
	w := place(t)
	w.shape("h4", "settle = 0;")
	w.wants(0, "boot --on h4 --yes")
	before := map[string]string{"h4": w.bootID("h4"), "h6": w.bootID("h6")}
	next := w.profile("h4")
	if w.system("h4") == next {
		t.Fatal("h4 runs already what it is to boot")
	}
	r := w.wants(0, "reboot --on h4,h6 --wave 1 --yes")
	for host, id := range before {
		if now := w.bootID(host); now == id {
			t.Errorf("%s has not been restarted: %s", host, now)
		}
	}
	if w.system("h4") != next || !strings.Contains(r.stdout, "wave 2 of 2") {
		t.Errorf("h4 runs %s, not %s\n%s", w.system("h4"), next, r.stdout)
	}

	// However fast the host comes back, its sshd does not before it may.
	mask := root("h6", "etc/systemd/system/ssh.service")
	if err := os.Symlink("/dev/null", mask); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(mask); err != nil {
			t.Error(err)
		}
		if !within(aRun, func() bool { return enter("h6", "systemctl daemon-reload && systemctl start ssh.service") == nil }) {
			t.Error("h6 gets no sshd any more")
		}
	})
	u := w.begin("reboot --on h6 --yes --return-timeout 10")
	u.ends()
	v := u.verdict("h6")
	if v.Verdict != "unknown" || !strings.Contains(v.Reason, "it has not come back from its reboot") || v.Hint == "" {
		t.Errorf("of a host that did not come back: %+v", v)
	}
	if !u.logHas("h6", "it has gone down") {
		t.Error("the log does not say that it has gone down")
	}
}

//go:build lab

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mending gives a host a system that mends it while it is activated, and that
// breaking can make one that breaks it.
func (w *where) mending(host, mend string) {
	w.t.Helper()
	w.shape(host, `fail = "this";`)
	w.must(`cd %s/flake && sed -i 's#ip link set e0 .{if fail == "network".*#if [ "${fail}" = this ] \&\& false; then true; else %s; fi#' flake.nix && grep -q 'false; then true; else' flake.nix`, w.dir, mend)
	w.newRevision()
}

// breaking has the new system of a host that is mended by its old one break it.
func (w *where) breaking(by string) {
	w.t.Helper()
	w.must(`cd %s/flake && sed -i 's#false; then true; else#true; then %s; else#' flake.nix`, w.dir, by)
	w.newRevision()
}

// heals makes sure that a host can be used again, whatever became of the test.
func heals(t *testing.T, host, mend string) {
	t.Helper()
	t.Cleanup(func() {
		if err := enter(host, mend); err != nil {
			t.Errorf("%s cannot be mended: %v", host, err)
		}
	})
}

// enter runs a line as root on a host without sshd and sudo, through the
// namespaces of its first process.
func enter(host, line string) error {
	const find = `for p in /proc/[0-9]*; do grep -q "nixfleet-lab-$1\\b" $p/cgroup 2>/dev/null && grep -q "^NSpid:.*[[:space:]]1$" $p/status 2>/dev/null && exec nsenter -t ${p#/proc/} -a /bin/sh -c "$2"; done; exit 1`
	if out, err := exec.Command("bash", "-c", find, "bash", theLab.prefix+host, line).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// A host whose activation cuts it off, or takes sshd or sudo from us, is back
// on its old system in time.
func TestUnconfirmedHostsGoBack(t *testing.T) {
	t.Run("network, and nobody of us is left", func(t *testing.T) {
		need(t, "h9")
		w := place(t)
		t.Cleanup(func() { link(t, "h9", "up") })
		profile, system := w.profile("h9"), w.system("h9")
		cmd, _ := w.start("switch --on h9 --yes --confirm-timeout 15")
		w.eventually("a run", aRun, func() bool { return len(w.dirs()) == 1 })
		dir := w.only()
		w.eventually("h9 is armed", aRun, func() bool { return has(t, dir, "h9", "armed") })
		for _, pid := range append(processes(t, "run-supervisor", dir[strings.LastIndex(dir, "/runs/"):]), cmd.Process.Pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		w.eventually("h9 is back", aRun, func() bool {
			return w.sh("ssh -o ConnectTimeout=2 h9 true").code == 0 && w.profile("h9") == profile && w.system("h9") == system
		})
		w.eventually("the run is concluded", aRun, func() bool {
			h := w.find(idOf(dir)).Hosts[0]
			return h.Verdict != nil && *h.Verdict == "failed"
		})
		w.eventually("nobody writes the run any more", soon, func() bool {
			return len(processes(t, "run-supervisor", dir[strings.LastIndex(dir, "/runs/"):])) == 0
		})
		if v := verdicts(t, dir)["h9"]; !v.Undone || !strings.Contains(v.Reason, "the host undid it by itself") {
			t.Errorf("%+v", v)
		}
	})
	for _, c := range []struct{ host, what, by, mend string }{
		{"h4", "sshd", "systemctl stop ssh.socket ssh.service", "systemctl start ssh.service"},
		{"h8", "sudo", "mv /etc/sudoers.d/ops /root/ops", "[ ! -e /root/ops ] || mv /root/ops /etc/sudoers.d/ops"},
	} {
		t.Run(c.what, func(t *testing.T) {
			need(t, c.host)
			w := place(t)
			heals(t, c.host, c.mend)
			w.mending(c.host, c.mend)
			w.wants(0, "switch --on %s --yes", c.host)
			profile := w.profile(c.host)
			w.breaking(c.by)
			w.wants(1, "switch --on %s --yes --confirm-timeout 8", c.host)
			if v := verdicts(t, w.last())[c.host]; v.Verdict != "failed" || !v.Undone || !strings.Contains(v.Reason, "could not be confirmed") {
				t.Errorf("%+v", v)
			}
			if now := w.profile(c.host); now != profile || w.system(c.host) != profile {
				t.Errorf("the profile is %s and it runs %s, not %s", now, w.system(c.host), profile)
			}
		})
	}
}

// What fails its health check is undone, and stops the waves behind it.
func TestHealthCheckStopsTheWavesAndUndoesItsHost(t *testing.T) {
	need(t, "h1", "h2")
	w := place(t)
	w.must(`cd %s/flake; sed -i 's#h1 = {#h1 = { healthChecks = [ "! test -e /tmp/ill || { echo sorry >\&2; exit 3; }" ];#' fleet.nix`, w.dir)
	t.Cleanup(func() { w.must("ssh h1 rm -f /tmp/ill") })
	for _, c := range []struct{ name, action string }{{"switch", "switch"}, {"test", "test"}, {"nothing to do", "switch"}} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "nothing to do" {
				w.must("ssh h1 rm /tmp/ill")
				w.wants(0, "switch --on h1 --yes")
			}
			w.must("ssh h1 touch /tmp/ill")
			profile, system := w.profile("h1"), w.system("h1")
			r := w.wants(1, "%s --on h1,h2 --yes --canary 1 --rollback-on-failure --health-timeout 1", c.action)
			got := verdicts(t, w.last())
			if v := got["h1"]; v.Verdict != "failed" || !v.Undone || !strings.Contains(v.Reason, "it exited with 3 (sorry)") {
				t.Errorf("h1: %+v", v)
			}
			if v := got["h2"]; v.Verdict != "skipped" || !strings.HasPrefix(v.Reason, "wave stopped: h1 ") || !strings.Contains(r.stdout, "h2") {
				t.Errorf("h2: %+v", v)
			}
			if w.profile("h1") != profile || w.system("h1") != system {
				t.Errorf("h1 is on %s and runs %s, not %s and %s", w.profile("h1"), w.system("h1"), profile, system)
			}
		})
	}
}

// What was shown is what is activated, and equal hosts are shown once.
func TestDiffThenJustThat(t *testing.T) {
	need(t, "h1", "h2")
	w := place(t)
	w.shape("h2", "")
	r := w.wants(0, "switch --on h1,h2 --yes --diff")
	if !strings.Contains(r.stdout, "\nh1, h2:\n") || !strings.Contains(r.stdout, "would restart the following units: foo.service") {
		t.Errorf("the page:\n%s", r.stdout)
	}
	dirs := w.dirs()
	if len(dirs) != 2 {
		t.Fatalf("there are %d runs", len(dirs))
	}
	shown := map[string]string{}
	for _, path := range dirs {
		dir := filepath.Dir(path)
		for host, v := range verdicts(t, dir) {
			if strings.Contains(dir, "-dry-activate-") {
				shown[host] = v.System
			}
		}
	}
	for host, path := range shown {
		if path == "" || w.profile(host) != path || w.system(host) != path {
			t.Errorf("%s was shown %s, has %s and runs %s", host, path, w.profile(host), w.system(host))
		}
		if roots := w.must("ssh %[1]s 'cd .local/state/nixfleet/roots && ls | grep -x %[1]s || true'", host); roots != "" {
			t.Errorf("%s keeps roots that nobody needs: %s", host, roots)
		}
	}
}

// has says whether a task of the run came to a state.
func has(t *testing.T, dir, host, state string) bool {
	t.Helper()
	for _, e := range events(t, dir) {
		if e.Event == "task" && e.Host == host && e.State == state {
			return true
		}
	}
	return false
}

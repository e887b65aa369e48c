//go:build lab

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// refused runs a command that must be refused before anything is started, and
// checks what it says of it.
func (w *where) refused(command string, says ...string) {
	w.t.Helper()
	before := len(w.runs())
	r := w.wants(2, "%s", command)
	for _, want := range append(says, "nothing was started", "--insist") {
		if !strings.Contains(r.stderr, want) {
			w.t.Errorf("%s does not say %q:\n%s", command, want, r.stderr)
		}
	}
	if after := len(w.runs()); after != before {
		w.t.Errorf("%s started %d runs", command, after-before)
	}
}

// root is a file of a host as this machine sees it.
func root(host, path string) string { return filepath.Join(theLab.dir, host, "root", path) }

func TestPreflightFullBoot(t *testing.T) {
	need(t, "h4")
	w := place(t)
	w.shape("h4", "")
	mount := func(size string, fill string) {
		w.must(`ssh h4 "sudo mount -t tmpfs -o size=%s tmpfs /boot && { sudo dd if=/dev/zero of=/boot/kernel bs=%s count=1 2>/dev/null || true; }"`, size, fill)
	}
	unmount := func() { w.sh("ssh h4 sudo umount /boot") }
	t.Cleanup(unmount)
	mount("2M", "4M")
	w.refused("switch --on h4 --yes", "refused: h4: /boot is full: 0 MiB of 2 MiB are free", "Old kernels")
	w.wants(0, "test --on h4 --yes") // which writes no boot loader
	unmount()
	mount("100M", "1M")
	if r := w.wants(0, "switch --on h4 --yes"); !strings.Contains(r.stderr, "warning: h4: /boot is nearly full: 99 MiB of 100 MiB") {
		t.Errorf("it does not warn:\n%s", r.stderr)
	}
	if r := w.wants(0, "runs show last"); !strings.Contains(r.stdout, "warning: h4: /boot is nearly full") {
		t.Errorf("the run does not tell what was found before it:\n%s", r.stdout)
	}
}

func TestPreflightWithoutSudo(t *testing.T) {
	need(t, "h3")
	w := place(t)
	rule := root("h3", "etc/sudoers.d/ops")
	if err := os.Rename(rule, root("h3", "root/sudoers-ops")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Rename(root("h3", "root/sudoers-ops"), rule); err != nil {
			t.Error(err)
		}
	})
	w.refused("switch --on h3 --yes", "refused: h3: sudo wants a password of ops")
	w.wants(0, "build --on h3 --yes") // for which nobody has to be root
}

func TestPreflightSomebodySwitches(t *testing.T) {
	need(t, "h7")
	w := place(t)
	const unit = "nixos-rebuild-switch-to-configuration"
	stop := func() { w.sh("ssh h7 sudo systemctl stop " + unit) }
	t.Cleanup(stop)
	other := w.command("exec ssh h7 sudo systemd-run --collect --quiet --pipe --unit=" + unit + " sleep infinity")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		other.Wait()
	})
	w.eventually("the unit", soon, func() bool { return w.sh("ssh h7 systemctl is-active "+unit).code == 0 })
	<-time.After(1100 * time.Millisecond) // a duration of 0 s is not told
	w.refused("switch --on h7 --yes", "refused: h7: somebody is activating a system on it right now: by ops, for ", "with `/usr/bin/sleep infinity`")
	w.wants(0, "build --on h7 --yes") // which disturbs nobody
	u := w.begin("switch --on h7 --yes --wait-for-others")
	if waits := u.waits("h7"); !strings.Contains(waits.Reason, "somebody else") {
		t.Errorf("it waits with %q", waits.Reason)
	}
	stop()
	if code, v := u.ends(), u.verdict("h7"); code != 0 || v.Verdict != "ok" {
		t.Errorf("exit code %d: %+v", code, v)
	}
}

func TestPreflightTree(t *testing.T) {
	need(t, "h9")
	w := place(t)
	w.must("echo '{ }' >%[1]s/flake/web.nix; echo '# changed' >>%[1]s/flake/flake.nix", w.dir)
	r := w.wants(0, "build --on h9 --yes")
	for _, want := range []string{"is dirty", "warning: git does not track web.nix, so Nix does not see it", "git add web.nix"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("it does not say %q:\n%s", want, r.stderr)
		}
	}
}

func TestPreflightTrust(t *testing.T) {
	need(t, "h2", "h4")
	w := place(t)
	w.shape("h4", "")
	w.refused("switch --on h4 --build-on local --yes", "refused: h4: its Nix does not trust ops, and would refuse what this machine has built", "trusted-users")
	w.refused("switch --on h4 --build-on h2 --yes", "and would refuse what h2 has built")
	if r := w.wants(1, "switch --on h4 --build-on local --yes --insist"); !strings.Contains(r.stderr, "insisted: h4: its Nix does not trust ops") {
		t.Errorf("it does not say what is insisted on:\n%s", r.stderr)
	}
	if v := verdicts(t, w.last())["h4"]; !strings.Contains(strings.Join(v.Decisive, " "), "signature") {
		t.Errorf("preflight was wrong: %+v", v)
	}
}

func TestPreflightPlatform(t *testing.T) {
	need(t, "h5")
	w := place(t)
	w.must("nixfleet-tui status --on h5") // which evaluates it
	w.refused("switch --on h5 --yes", "to confirm: h5: nobody builds for aarch64-linux: the host itself is x86_64-linux", "must be confirmed by name: h5")
	w.wants(1, "switch --on h5 --yes --insist")
	if v := verdicts(t, w.last())["h5"]; v.Verdict != "failed" || v.Phase != "building" {
		t.Errorf("preflight was wrong: %+v", v)
	}
}

func TestPreflightDrift(t *testing.T) {
	need(t, "h7")
	w := place(t)
	commit := func(name string) {
		w.must("cd %[1]s/flake && echo %[2]s-$(date +%%s%%N) >rev && git -c user.name=e2e -c user.email=e2e@localhost commit -qam %[2]s && git branch -f %[2]s", w.dir, name)
	}
	first := w.must("cd %s/flake && git rev-parse HEAD", w.dir)
	t.Cleanup(func() { // whose systems tell no revision, as other tests expect
		w.must("cd %s/flake && git checkout -q %s && nixfleet-tui switch --on h7 --yes --insist", w.dir, first)
	})
	checkout := func(name string) { w.must("cd %s/flake && git checkout -q %s", w.dir, name) }
	w.must(`cd %s/flake && sed -i 's|${builtins.substring 0 2 rev}c0ffee|${self.rev or ""}|' flake.nix && grep -q self.rev flake.nix`, w.dir)
	commit("ours")
	checkout("ours")
	commit("theirs")
	w.wants(0, "switch --on h7 --yes --insist") // whatever h7 has run before
	w.must("cd %s/flake && git reset -q --hard HEAD~1", w.dir)
	w.refused("switch --on h7 --yes", "to confirm: h7: it is ahead: it runs ", "must be confirmed by name: h7")
	commit("mine")
	w.refused("boot --on h7 --yes", "to confirm: h7: it has diverged: it runs ", "must be confirmed by name: h7")
	w.wants(0, "build --on h7 --yes") // which undoes nothing
	w.wants(0, "switch --on h7 --yes --insist")
}

func TestPreflightReach(t *testing.T) {
	need(t, "h2", "h4")
	w := place(t)
	w.refused("switch --on h4,gone --yes", "refused: gone: it cannot be reached: ", "it would fail on 1 host of 2: gone")
	cutOff(t, "h2")
	begun := time.Now()
	w.refused("switch --on h2 --yes", "refused: h2: it cannot be reached: ")
	t.Logf("it took %s to learn that a host does not answer", time.Since(begun).Round(time.Second)) // on this machine, as loaded as it is
}

func TestPreflightLockFile(t *testing.T) {
	need(t, "h9")
	w := place(t)
	w.must(`mkdir %[1]s/other && echo '{ outputs = _: { }; }' >%[1]s/other/flake.nix && cd %[1]s/flake &&
sed -i 's|outputs = { self }:|inputs.other.url = "path:%[1]s/other"; outputs = { self, other }:|' flake.nix && git -c user.name=e2e -c user.email=e2e@localhost commit -qam input`, w.dir)
	r := w.wants(2, "build --on h9 --yes")
	for _, want := range []string{"requires lock file changes", "nix flake lock"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("it does not say %q:\n%s", want, r.stderr)
		}
	}
	w.must("cd %s/flake && nix flake lock 2>/dev/null && git add flake.lock && git -c user.name=e2e -c user.email=e2e@localhost commit -qm lock", w.dir)
	w.wants(0, "build --on h9 --yes")
}

//go:build lab

package e2e

import (
	"strings"
	"testing"
)

func TestPreflightWithoutDaemon(t *testing.T) {
	need(t, "h5")
	w := place(t)
	w.shape("h5", "")
	w.must("ssh h5 sudo systemctl stop nix-daemon.socket nix-daemon.service")
	start := func() { w.must("ssh h5 sudo systemctl start nix-daemon.socket nix-daemon.service") }
	t.Cleanup(start)
	w.refused("switch --on h5 --yes", "refused: h5: the Nix daemon does not listen where it is built, on the host itself", "systemctl status nix-daemon.socket")
	start()
	w.wants(0, "switch --on h5 --yes")
}

// TestPreflightFullStore lays a full disk over the store, from which nothing
// is needed to look at the host.
func TestPreflightFullStore(t *testing.T) {
	need(t, "h4")
	w := place(t)
	w.shape("h4", "")
	unmount := func() { w.sh("ssh h4 sudo umount /nix/store") }
	t.Cleanup(unmount)
	w.must(`ssh h4 "sudo mount -t tmpfs -o size=2M tmpfs /nix/store && { sudo dd if=/dev/zero of=/nix/store/full bs=4M count=1 2>/dev/null || true; }"`)
	w.refused("switch --on h4 --yes", "refused: h4: /nix/store is full: 0 MiB of 2 MiB are free", "Collect garbage there")
	w.refused("build --on h4 --yes", "refused: h4: /nix/store is full")
	unmount()
	w.wants(0, "switch --on h4 --yes")
}

// TestPreflightNotes: what only has to be known stands in the confirmation, and
// in the run's record.
func TestPreflightNotes(t *testing.T) {
	need(t, "h4", "h6")
	w := place(t)
	w.shape("h4", "")
	found := func() string { return w.wants(0, "runs show last").stdout }
	w.wants(0, "test --on h4 --yes")
	w.wants(0, "build --on h4 --yes")
	if said := found(); strings.Contains(said, "it is testing") {
		t.Errorf("a build undoes nothing, and was told:\n%s", said)
	}
	w.wants(0, "boot --on h4 --yes")
	if said := found(); !strings.Contains(said, "note: h4: it is testing a system that is not its profile") {
		t.Errorf("nobody was told that h4 tests a system:\n%s", said)
	}
	w.newRevision()
	w.wants(0, "boot --on h4 --yes")
	w.wants(0, "switch --on h4 --yes")
	if said := found(); !strings.Contains(said, "note: h4: it ") {
		t.Errorf("nobody was told of the system that was to be booted:\n%s", said)
	}
	w.must("nixfleet-tui status --on h6") // which evaluates it
	r := w.wants(1, "build --on h6 --yes")
	if !strings.Contains(r.stderr, "warning: h6: it did not evaluate when this tree was last looked at") {
		t.Errorf("nobody was told that h6 does not evaluate:\n%s", r.stderr)
	}
}

// TestPreflightAgent: the old nixos-rebuild copies from builder to target by
// itself, and needs the agent there.
func TestPreflightAgent(t *testing.T) {
	need(t, "h1", "h2")
	w := place(t)
	w.dialect = "bash"
	w.must(`echo '{ hosts.h2.forwardAgent = true; }' >%[1]s/flake/fleet.nix && cd %[1]s/flake && git add fleet.nix && git -c user.name=e2e -c user.email=e2e@localhost commit -qm fleet`, w.dir)
	if r := w.wants(0, "build --on h2 --build-on h1 --yes"); !strings.Contains(r.stderr, "warning: h2: the agent is forwarded to h1 too") {
		t.Errorf("nobody was told who gets the agent:\n%s", r.stderr)
	}
}

//go:build lab

package e2e

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hosts lends the lab's hosts to tests, each to one at a time, so that tests of
// different hosts run beside each other.
type hosts struct {
	mu      sync.Mutex
	lent    map[string]bool
	waiting []*loan
}

// loan is a test's request for hosts.
type loan struct {
	hosts   []string
	granted chan struct{}
}

// many hosts are not easily free at once: who waits for them keeps others from taking them.
const many = 4

// borrow waits until all of these hosts are this test's.
func (h *hosts) borrow(names []string) {
	l := &loan{names, make(chan struct{})}
	h.mu.Lock()
	h.waiting = append(h.waiting, l)
	slices.SortStableFunc(h.waiting, func(a, b *loan) int { return cmp.Compare(len(b.hosts), len(a.hosts)) })
	h.lend()
	h.mu.Unlock()
	<-l.granted
}

func (h *hosts) giveBack(names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		delete(h.lent, name)
	}
	h.lend()
}

// lend grants what can be granted, the larger requests first.
func (h *hosts) lend() {
	kept := map[string]bool{}
	h.waiting = slices.DeleteFunc(h.waiting, func(l *loan) bool {
		taken := slices.ContainsFunc(l.hosts, func(name string) bool { return h.lent[name] || kept[name] })
		for _, name := range l.hosts {
			switch {
			case !taken:
				h.lent[name] = true
			case len(l.hosts) >= many:
				kept[name] = true
			}
		}
		if !taken {
			close(l.granted)
		}
		return !taken
	})
}

// need takes hosts for this test alone, and resets them. h1 comes with h2 and
// h3, to which it sends its builds.
func need(t *testing.T, names ...string) {
	t.Helper()
	t.Parallel()
	if slices.Contains(names, "h1") {
		names = append(names, "h2", "h3")
	}
	slices.Sort(names)
	names = slices.Compact(names)
	have(t, names...)
	theLab.hosts.borrow(names)
	t.Cleanup(func() { theLab.hosts.giveBack(names) })
	resetAll(t, names)
}

// alone takes hosts for a test that runs beside no other.
func alone(t *testing.T, names ...string) {
	t.Helper()
	have(t, names...)
	resetAll(t, names)
}

func resetAll(t *testing.T, names []string) {
	var resets sync.WaitGroup
	for _, h := range names {
		resets.Go(func() { reset(t, h) })
	}
	resets.Wait()
}

// reset makes a host what it was when the lab was started, whatever a test
// before has left; but it uses no build users any more. All labs of a machine
// have them under the same numbers, and whoever builds outside of a host's
// process namespace kills all that runs under the number that it takes.
func reset(t *testing.T, host string) {
	link(t, host, "up")
	out, err := theLab.controller("ssh " + host + ` '
first=$(readlink -f /nix/var/nix/profiles/system-1-link)
sudo systemctl stop nixos-rebuild-switch-to-configuration 2>/dev/null
grep -qx "build-users-group =" /etc/nix/nix.conf || {
  echo "build-users-group =" | sudo tee -a /etc/nix/nix.conf >/dev/null && sudo systemctl restart nix-daemon.service; }
[ "$first" = "$(readlink -f /nix/var/nix/profiles/system)" ] || sudo nix-env -p /nix/var/nix/profiles/system --set $first
sudo ln -sfn $first /run/current-system && sudo ln -sfn $first /run/booted-system'`).CombinedOutput()
	if err != nil {
		t.Errorf("%s cannot be reset: %v: %s", host, err, out)
	}
}

// have skips no test: a host that is not there is a lab that is too small.
func have(t *testing.T, hosts ...string) {
	t.Helper()
	for _, h := range hosts {
		if _, err := os.Stat(filepath.Join(theLab.dir, h, "pid")); err != nil {
			t.Fatalf("the lab has no %s: start it with `up %s`", h, strings.TrimPrefix(h, "h"))
		}
	}
}

//go:build lab

package e2e

import (
	"strconv"
	"testing"
)

// TestOneDeploymentIsOneLogin counts in h1's journal: preflight, the run's own
// readings and all that nixos-rebuild does over ssh share one login.
func TestOneDeploymentIsOneLogin(t *testing.T) {
	need(t, "h1")
	for _, dialect := range []string{"ng", "bash"} {
		t.Run(dialect, func(t *testing.T) {
			w := place(t)
			w.dialect = dialect
			before := logins(t, "h1")
			w.wants(0, "switch --on h1 --yes")
			if got := logins(t, "h1") - before; got != 1 {
				t.Errorf("%d logins", got)
			}
		})
	}
}

// logins is how often the controller has logged in on a host.
func logins(t *testing.T, host string) int {
	t.Helper()
	out, err := inside(t, host, "sudo journalctl -u ssh --no-pager -o cat | grep -c 'Accepted publickey for .* from 10.99.0.1 '")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(out)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

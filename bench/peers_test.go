package main

import (
	"errors"
	"os/exec"
	"testing"

	"nixfleet-tui/bench/loopback"
)

// Every fast reader that is here reads those that answer, however many of the first
// ones are broken: xargs would stop when an ssh ends as it does for such a host.
func TestReadersGoOnBehindBrokenHosts(t *testing.T) {
	dir := t.TempDir()
	hosts, err := loopback.Start(t.Context(), dir, parallel+12, (parallel+12)/2)
	if errors.Is(err, loopback.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hosts.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := newReading(dir, hosts)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range readers() {
		if c := p.cmd(t.Context(), r); p.slow || errors.Is(c.Err, exec.ErrNotFound) && p.name != "OpenSSH" {
			continue // the peers of a benchmark are not needed to work on this
		}
		if _, err := p.time(t.Context(), r); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

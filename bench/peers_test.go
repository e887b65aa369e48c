package main

import (
	"errors"
	"testing"

	"nixfleet-tui/bench/loopback"
)

// ssh under xargs reads those that answer, however many of the first ones are
// broken: xargs would stop when an ssh ends as it does for such a host.
func TestXargsGoesOnBehindBrokenHosts(t *testing.T) {
	dir := t.TempDir()
	hosts, err := loopback.Start(t.Context(), dir, parallel+4, parallel/2)
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
	if _, err := readers()[0].time(t.Context(), r); err != nil {
		t.Error(err)
	}
}

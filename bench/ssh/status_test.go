package main

import (
	"errors"
	"strings"
	"testing"

	"nixfleet-tui/bench/loopback"
)

// BenchmarkStatus reads the status of 200 addresses of a real sshd on the
// loopback, all peers in turn: what bench/ssh.sh does on a lab, for those who
// have none. The ratios are the figures to look at.
func BenchmarkStatus(b *testing.B) {
	s := many(b, 200)
	var all []map[string][]sample
	for n := 0; b.Loop(); n++ {
		r := map[string][]sample{}
		for _, peer := range []struct {
			name string
			read func(setting) ([]sample, error)
		}{{"ours", ours}, {"floor", bare}, {"openssh", program}} {
			samples, err := peer.read(s)
			if err != nil {
				b.Fatalf("%s: %v", peer.name, err)
			}
			r[peer.name] = samples
		}
		all = append(all, r)
	}
	for _, g := range goals() {
		var sum float64
		for _, r := range all {
			sum += g.of(r)
		}
		b.ReportMetric(sum/float64(len(all)), strings.NewReplacer(" ", "-", ",", "", "-/-", "/").Replace(g.name))
	}
}

// TestPeersRead: all peers read a few addresses of a real sshd.
func TestPeersRead(t *testing.T) {
	s := many(t, 3)
	for name, read := range map[string]func(setting) ([]sample, error){"ours": ours, "floor": bare, "openssh": program} {
		samples, err := read(s)
		if err != nil || phaseOf(samples, "cold").Wall == 0 {
			t.Errorf("%s: %+v, %v", name, samples, err)
		}
		for _, phase := range samples {
			if name == "ours" && phase.Phase != "ssh -G" && phase.Children != 0 {
				t.Errorf("%s asked a program: %+v", phase.Phase, phase)
			}
		}
	}
}

// many starts an sshd that listens on many addresses of this machine.
func many(tb testing.TB, addresses int) setting {
	tb.Helper()
	hosts, err := loopback.Start(tb.Context(), tb.TempDir(), addresses, 0)
	if errors.Is(err, loopback.ErrMissing) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := hosts.Close(); err != nil {
			tb.Error(err)
		}
	})
	return setting{config: hosts.Config, key: hosts.Key, hosts: hosts.Names}
}

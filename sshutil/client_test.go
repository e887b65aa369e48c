package sshutil

import (
	"context"
	"testing"
)

func TestRun(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, s.knownHosts(t))
	c := dial(t, p.dialer(), "host")
	r, err := c.Run(context.Background(), Command{Line: "cat; echo err >&2; exit 3", Stdin: []byte("in")})
	if err != nil || string(r.Stdout) != "in" || string(r.Stderr) != "err\n" || r.ExitCode != 3 {
		t.Errorf("got %q %q %d %v", r.Stdout, r.Stderr, r.ExitCode, err)
	}
	if c.Latency() <= 0 || c.Via() != "direct" {
		t.Errorf("latency %v, via %q", c.Latency(), c.Via())
	}
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// reader answers as a host that has nothing to say does, or not at all.
type reader struct{ silent bool }

func (r reader) Run(ctx context.Context, _ sshutil.Command) (sshutil.Result, error) {
	if r.silent {
		<-ctx.Done()
		return sshutil.Result{}, ctx.Err()
	}
	return sshutil.Result{Stdout: []byte("NF1\tos\tLinux\nNF1\tnow\t1795413435\n")}, nil
}

func (reader) Close() error { return nil }

// TestSilentHostsAreNotWaitedFor when the others have answered.
func TestSilentHostsAreNotWaitedFor(t *testing.T) {
	inv := &fleet.Inventory{}
	for _, name := range []string{"a", "b", "c", "d"} {
		inv.Hosts = append(inv.Hosts, fleet.Host{Name: name, Hidden: name == "d"})
	}
	for _, c := range []struct {
		silent []string
		wait   time.Duration // --wait
		most   time.Duration
	}{
		{nil, defaultWait, 0}, {[]string{"b", "c"}, defaultWait, listedQuiet}, {[]string{"a", "b", "c"}, defaultWait, lookTimeout}, {[]string{"b"}, time.Second, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &gathering{buildersOptions: &buildersOptions{Program: &Program{IO: &IO{Err: &bytes.Buffer{}}}, Wait: c.wait}, statuses: map[string]fleet.Status{}}
			g.progress = newTallies(g.IO)
			began := time.Now()
			g.read(t.Context(), inv, &fleet.Prober{Connect: func(_ context.Context, host string) (sshutil.Runner, error) {
				return reader{slices.Contains(c.silent, host)}, nil
			}})
			if took := time.Since(began); took != c.most {
				t.Errorf("%q are silent: it took %s, not %s", c.silent, took, c.most)
			}
			if !slices.Equal(g.silent, c.silent) || len(g.statuses) != 3-len(c.silent) {
				t.Errorf("%q are silent: it says %q, and has read %d", c.silent, g.silent, len(g.statuses))
			}
			if words := g.progress.words(); words != "asked 3 of 3 hosts" {
				t.Errorf("it says %q", words)
			}
			g.note()
			said := g.IO.Err.(*bytes.Buffer).String()
			if strings.Contains(said, strings.Join(c.silent, ", ")+" could not be read") != (len(c.silent) > 0) {
				t.Errorf("%q are silent: it says %q", c.silent, said)
			}
			g.progress.end()
		})
	}
}

// TestFailuresAreWaitedForOnce: what could not be connected to is not tried
// again, unless that was our doing.
func TestFailuresAreWaitedForOnce(t *testing.T) {
	var f failures
	tried := 0
	dead := errors.New("no route")
	connect := func(ctx context.Context, _ string) (fleet.Link, error) {
		tried++
		return nil, errors.Join(dead, ctx.Err())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	f.note(gone, "a", connect)
	if _, err := f.links(connect)(t.Context(), "a"); !errors.Is(err, dead) || tried != 2 {
		t.Errorf("after an attempt that was called off, it tried %d times: %v", tried, err)
	}
	f.note(t.Context(), "a", connect)
	if _, err := f.links(connect)(t.Context(), "a"); !errors.Is(err, dead) || tried != 3 {
		t.Errorf("after a failure, it tried %d times: %v", tried, err)
	}
	f.forget()
	if _, err := f.links(connect)(t.Context(), "a"); !errors.Is(err, dead) || tried != 4 {
		t.Errorf("after forgetting, it tried %d times: %v", tried, err)
	}
}

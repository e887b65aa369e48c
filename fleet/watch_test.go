package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

// wire stands for the connections to a fleet: it answers what is set for each
// host and notes who was asked when, and with which script.
type wire struct {
	mu     sync.Mutex
	began  time.Time
	fail   map[string]error
	slow   map[string]time.Duration
	system map[string]string
	asked  []string // "h1 fast 30s"
	now    int      // reads under way
	most   int
}

func newWire() *wire {
	return &wire{began: time.Now(), fail: map[string]error{}, slow: map[string]time.Duration{}, system: map[string]string{}}
}

func (w *wire) prober() *Prober {
	return &Prober{
		Connect: func(_ context.Context, host string) (sshutil.Runner, error) { return session{w, host}, nil },
		Random:  func() float64 { return 0.5 }, // no jitter
	}
}

type session struct {
	*wire
	host string
}

func (s session) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	which := "fast"
	if bytes.Equal(c.Stdin, Script(true)) {
		which = "full"
	}
	s.mu.Lock()
	s.asked = append(s.asked, fmt.Sprintf("%s %s %v", s.host, which, time.Since(s.began).Round(time.Second)))
	s.now++
	s.most = max(s.most, s.now)
	slow, err, system := s.slow[s.host], s.fail[s.host], keep(s.system[s.host], "/nix/store/a-1")
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return sshutil.Result{}, &sshutil.Error{Kind: sshutil.KindCanceled, Host: s.host, Message: "stopped", Err: ctx.Err()}
	}
	if err != nil {
		return sshutil.Result{}, err
	}
	return sshutil.Result{Stdout: []byte(lines("host", s.host, "current", system, "profile", system, "end", "1"))}, nil
}

func (session) Close() error { return errors.New("the prober closed what others share") }

func (session) Latency() time.Duration { return 3 * time.Millisecond }

func (session) Via() string { return "direct" }

// take returns what was asked since the last time.
func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

func (w *wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// seen keeps the last status of each host.
type seen struct {
	mu   sync.Mutex
	last map[string]Status
}

func (s *seen) got(host string, status Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[string]Status{}
	}
	s.last[host] = status
}

func (s *seen) of(host string) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[host]
}

// watching runs a watch within a bubble of time while body turns its knobs.
// watching runs body beside a Watch, over a wire as the before leave it: what
// body sets first may come after the first reads.
func watching(t *testing.T, hosts []string, body func(w *Watch, net *wire, last *seen), before ...func(net *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net, last := newWire(), &seen{}
		for _, set := range before {
			set(net)
		}
		w := NewWatch(net.prober(), hosts, last.got)
		ctx, cancel := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { w.Run(ctx) })
		body(w, net, last)
		cancel()
		owner.Wait()
	})
}

func after(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

func expect(t *testing.T, when string, net *wire, want ...string) {
	t.Helper()
	got := net.take()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: asked %q, want %q", when, got, want)
	}
}

func TestWatchAtRest(t *testing.T) {
	watching(t, []string{"h1", "h2"}, func(_ *Watch, net *wire, last *seen) {
		after(time.Second)
		expect(t, "at first contact", net, "h1 full 0s", "h2 full 0s")
		if s := last.of("h1"); s.State != StateUp || s.Reading.Host != "h1" || s.Via != "direct" || s.Latency != 3*time.Millisecond || !s.Reading.Full {
			t.Errorf("h1 is %+v", s)
		}
		after(60 * time.Second)
		expect(t, "at rest", net, "h1 fast 30s", "h2 fast 30s", "h1 fast 1m0s", "h2 fast 1m0s")
		after(4*time.Minute - 2*time.Second)
		net.take()
		after(2 * time.Second)
		expect(t, "after five minutes", net, "h1 full 5m0s", "h2 full 5m0s")
	})
}

func TestWatchBacksOff(t *testing.T) {
	watching(t, []string{"h1", "h2"}, func(w *Watch, net *wire, last *seen) {
		after(16 * time.Minute)
		var times []string
		for _, q := range net.take() {
			if q[:2] == "h1" {
				times = append(times, q)
			}
		}
		want := []string{"h1 full 0s", "h1 full 30s", "h1 full 1m30s", "h1 full 3m30s", "h1 full 7m30s", "h1 full 12m30s"}
		if s := last.of("h1"); s.State != StateDown || s.Failures != 6 || !slices.Equal(times[len(times)-6:], want) {
			t.Errorf("h1 failed %d times, asked %q, want %q", s.Failures, times, want)
		}
		net.set(func() { delete(net.fail, "h1") })
		w.Refresh("h1")
		after(31 * time.Second)
		got := slices.DeleteFunc(net.take(), func(q string) bool { return q[:2] != "h1" })
		if !reflect.DeepEqual(got, []string{"h1 full 16m0s", "h1 fast 16m30s"}) {
			t.Errorf("back again, asked %q", got)
		}
	}, func(net *wire) { net.fail["h1"] = &sshutil.Error{Kind: sshutil.KindTimeout, Message: "no answer"} })
}

func TestWatchDuringARun(t *testing.T) {
	watching(t, []string{"h1", "h2"}, func(w *Watch, net *wire, _ *seen) {
		after(10 * time.Second)
		net.take()
		w.Busy([]string{"h1"})
		after(11 * time.Second)
		expect(t, "busy", net, "h1 fast 15s", "h1 fast 20s")
		net.set(func() { net.fail["h1"] = &sshutil.Error{Kind: sshutil.KindTimeout} })
		after(39 * time.Second)
		expect(t, "busy and failing", net, "h1 fast 25s", "h2 fast 30s", "h1 full 30s", "h1 full 40s", "h1 full 55s", "h2 fast 1m0s")
		net.set(func() { delete(net.fail, "h1") })
		w.Busy(nil)
		after(time.Second)
		expect(t, "let go", net, "h1 full 1m0s")
		after(29 * time.Second)
		expect(t, "at rest again", net, "h1 fast 1m30s", "h2 fast 1m30s")
	})
}

func TestWatchReadsAllOfAnotherSystem(t *testing.T) {
	watching(t, []string{"h1"}, func(_ *Watch, net *wire, last *seen) {
		after(time.Second)
		net.set(func() { net.system["h1"] = "/nix/store/b-2" })
		after(30 * time.Second)
		expect(t, "a colleague deployed", net, "h1 full 0s", "h1 fast 30s", "h1 full 30s")
		if r := last.of("h1").Reading; !r.Full || r.Current != "/nix/store/b-2" {
			t.Errorf("h1 is %+v", r)
		}
	})
}

func TestWatchWithoutFocus(t *testing.T) {
	watching(t, []string{"h1"}, func(w *Watch, net *wire, _ *seen) {
		after(time.Second)
		w.Focus(false)
		after(5 * time.Minute)
		expect(t, "nobody looks", net, "h1 full 0s", "h1 fast 30s", "h1 fast 2m30s", "h1 fast 4m30s")
		w.Focus(true)
		after(time.Second)
		expect(t, "somebody looks again", net, "h1 full 5m1s")
	})
}

func TestWatchPaused(t *testing.T) {
	watching(t, []string{"h1"}, func(w *Watch, net *wire, _ *seen) {
		after(time.Second)
		w.Pause(true)
		net.take()
		w.Refresh("h1")
		after(time.Hour)
		expect(t, "paused", net)
		w.Pause(false)
		after(time.Second)
		expect(t, "resumed", net, "h1 full 1h0m1s")
	})
}

func TestWatchAnswersRefreshDuringARead(t *testing.T) {
	watching(t, []string{"h1"}, func(w *Watch, net *wire, _ *seen) {
		after(31 * time.Second)
		expect(t, "slowly", net, "h1 full 0s")
		after(3 * time.Second) // the read of second 33 has begun
		w.Refresh("h1")
		w.Refresh("h1", "nobody")
		after(10 * time.Second)
		expect(t, "asked twice for once", net, "h1 fast 33s", "h1 full 36s")
	}, func(net *wire) { net.slow["h1"] = 3 * time.Second })
}

func TestWatchTakesNewHosts(t *testing.T) {
	watching(t, []string{"h1", "h2"}, func(w *Watch, net *wire, last *seen) {
		after(time.Second)
		w.SetHosts([]string{"h3", "h1", "h3"})
		after(9 * time.Second)
		expect(t, "named", net, "h1 full 0s", "h2 full 0s", "h3 full 1s")
		if s := last.of("h2"); s.State != "" {
			t.Errorf("h2 is not watched any more, got %+v", s)
		}
		after(21 * time.Second)
		expect(t, "later", net, "h1 fast 30s", "h3 fast 31s")
	}, func(net *wire) { net.slow["h2"] = 5 * time.Second })
}

func TestWatchKeepsToItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, last := newWire(), &seen{}
		hosts := make([]string, 50)
		for i := range hosts {
			hosts[i] = fmt.Sprintf("h%02d", i)
			net.slow[hosts[i]] = time.Second
		}
		p := net.prober()
		p.Limit = 8
		w := NewWatch(p, hosts, last.got)
		ctx, cancel := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { w.Run(ctx) })
		after(8 * time.Second)
		if net.most != 8 || len(last.last) != 50 {
			t.Errorf("%d at a time, %d answered", net.most, len(last.last))
		}
		first := net.take()[:8]
		slices.Sort(first)
		if first[0] != "h00 full 0s" || first[7] != "h07 full 0s" {
			t.Errorf("%v came first", first)
		}
		cancel()
		owner.Wait()
	})
}

// A got that turns knobs must not wait for itself.
func TestKnobsFromWithinGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newWire()
		var w *Watch
		told := 0
		w = NewWatch(net.prober(), []string{"h1"}, func(string, Status) {
			if told++; told == 1 {
				w.Refresh("h1")
				w.Busy([]string{"h1"})
				w.Focus(false)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Run(ctx)
		if told != 2 {
			t.Errorf("told %d times, want twice", told)
		}
	})
}

func TestIntervalsStray(t *testing.T) {
	p := newWire().prober()
	w := NewWatch(p, []string{"h1"}, nil)
	for random, want := range map[float64]time.Duration{0: 27 * time.Second, 0.5: 30 * time.Second, 1: 33 * time.Second} {
		p.Random = func() float64 { return random }
		if got := w.pause(w.rows["h1"]); got != want {
			t.Errorf("random %v: %v, want %v", random, got, want)
		}
	}
}

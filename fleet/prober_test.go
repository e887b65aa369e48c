package fleet

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

func TestReadAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, last := newWire(), &seen{}
		net.slow["h2"] = time.Minute
		net.fail["h3"] = &sshutil.Error{Kind: sshutil.KindAuthRejected, Message: "refused", Hint: "key"}
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		net.prober().ReadAll(ctx, []string{"h1", "h2", "h3"}, true, last.got)
		if d := time.Since(net.began); d != 8*time.Second {
			t.Errorf("took %v", d)
		}
		if s := last.of("h1"); s.State != StateUp {
			t.Errorf("h1 is %+v", s)
		}
		if s := last.of("h2"); s.State != StateDown || s.Kind != sshutil.KindTimeout || s.Error == "" || s.Hint == "" {
			t.Errorf("h2 is %+v", s)
		}
		if s := last.of("h3"); s.State != StateAuth || s.Error != "refused" {
			t.Errorf("h3 is %+v", s)
		}
	})
}

func TestReadAllTellsAHostThatNobodyGotTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, last := newWire(), &seen{}
		net.slow["h1"], net.slow["h2"] = time.Minute, time.Minute
		p := net.prober()
		p.Limit = 1
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		p.ReadAll(ctx, []string{"h1", "h2"}, false, last.got)
		for _, h := range []string{"h1", "h2"} {
			if s := last.of(h); s.State != StateDown || s.Kind != sshutil.KindTimeout {
				t.Errorf("%s is %+v", h, s)
			}
		}
	})
}

// readOne reads a host that shares its place with nobody.
func readOne(t *testing.T, p *Prober, host string) Status {
	return p.readLending(t.Context(), host, Status{}, false, func(int) {})
}

func TestASilentHostIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newWire()
		net.slow["h1"] = time.Hour
		s := readOne(t, net.prober(), "h1")
		if s.State != StateDown || s.Kind != sshutil.KindTimeout || time.Since(net.began) != readTimeout {
			t.Errorf("after %v: %+v", time.Since(net.began), s)
		}
	})
}

func TestPoolIsAConnector(t *testing.T) {
	p := &Prober{Connect: PoolConnect(sshutil.NewPool(&sshutil.Dialer{Resolver: noNames{}}))}
	s := readOne(t, p, "h1")
	if s.State != StateUnknown || s.Kind != sshutil.KindConfigBad || s.Error == "" {
		t.Errorf("got %+v", s)
	}
}

// noNames resolves nothing.
type noNames struct{}

func (noNames) Resolve(_ context.Context, name string) (sshutil.Target, error) {
	return sshutil.Target{}, &sshutil.Error{Kind: sshutil.KindConfigBad, Host: name, Message: "no such file", Hint: "mend it"}
}

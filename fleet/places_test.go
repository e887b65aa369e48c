package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

// site is a fleet of which some hosts are silent: their connections come to
// nothing after some time, or late. It counts how many others are connected to
// at once.
type site struct {
	*wire
	silent map[string]time.Duration // until it ends
	late   map[string]bool          // it ends well
	login  time.Duration            // of the others
	mute   bool                     // nobody can say who is silent

	calls   int // of hosts that are not silent, now
	most    int
	called  int // of all, now
	largest int
}

func newSite() *site {
	return &site{wire: newWire(), silent: map[string]time.Duration{}, late: map[string]bool{}, login: 100 * time.Millisecond}
}

var errSilent = &sshutil.Error{Kind: sshutil.KindTimeout, Message: "silent", Hint: "wait"}

func (s *site) prober(limit int) *Prober {
	p := s.wire.prober()
	p.Limit, p.Connect = limit, s.connect
	p.Silent = func(host string) bool { return s.silent[host] > 0 }
	if s.mute {
		p.Silent = nil
	}
	return p
}

func (s *site) connect(ctx context.Context, host string) (sshutil.Runner, error) {
	takes, silent := s.silent[host]
	if !silent {
		takes = s.login
	}
	s.count(silent, 1)
	defer s.count(silent, -1)
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if silent && !s.late[host] {
		return nil, errSilent
	}
	return session{s.wire, host}, nil
}

func (s *site) count(silent bool, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.called += by
	s.largest = max(s.largest, s.called)
	if !silent {
		s.calls += by
		s.most = max(s.most, s.calls)
	}
}

// numbered are n names that begin alike.
func numbered(prefix string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s%03d", prefix, i))
	}
	return names
}

// readSite reads the hosts, and returns when the last host that is not silent
// had answered, and how long all took.
func readSite(s *site, p *Prober, hosts []string) (well, all time.Duration, got *seen) {
	got = &seen{}
	p.ReadAll(context.Background(), hosts, false, func(host string, status Status) {
		if s.silent[host] == 0 {
			well = time.Since(s.began)
		}
		got.got(host, status)
	})
	return well, time.Since(s.began), got
}

// TestSilentHostsLendTheirPlaces has more silent hosts than places, and they
// keep nobody waiting for longer than it takes to find them silent.
func TestSilentHostsLendTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		dead, well := numbered("dead", 40), numbered("well", 40)
		for _, host := range dead {
			s.silent[host] = 8 * time.Second
		}
		answered, all, got := readSite(s, s.prober(4), slices.Concat(dead, well))
		// Ten logins of 100 ms in each place, and as many times the least patience, or the first.
		if most := 10*(s.login+silentLeast) + silentFirst; answered > most {
			t.Errorf("the last that is well answered after %v, want %v at most", answered, most)
		}
		if most := 8*time.Second + 10*(s.login+silentLeast) + silentFirst; all > most {
			t.Errorf("all took %v, want %v at most", all, most)
		}
		if s.most > 4 {
			t.Errorf("%d hosts that were well were called at once", s.most)
		}
		for _, host := range dead {
			if last := got.of(host); last.State != StateDown || last.Error != errSilent.Message {
				t.Errorf("%s is %+v", host, last)
			}
		}
		for _, host := range well {
			if last := got.of(host); last.State != StateUp {
				t.Errorf("%s is %+v", host, last)
			}
		}
	})
}

// TestHostsThatAreNotSilentKeepTheirPlaces: what is slow for another reason,
// such as a login or the way over a jump host, counts as long as it lasts.
func TestHostsThatAreNotSilentKeepTheirPlaces(t *testing.T) {
	for _, mute := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite()
			s.mute, s.login = mute, 8*time.Second
			_, all, _ := readSite(s, s.prober(4), numbered("h", 12))
			if s.largest != 4 || all != 24*time.Second {
				t.Errorf("%d were called at once, and all took %v", s.largest, all)
			}
		})
	}
}

// TestWhoIsSlowIsNotSilentWhereAllAre: where logins take long, a host that says
// nothing for as long as they take is not yet taken for silent, so that
// a busy machine does not make itself busier.
func TestWhoIsSlowIsNotSilentWhereAllAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.login = 900 * time.Millisecond
		hosts := numbered("h", 40)
		for _, host := range hosts[:10] {
			s.silent[host], s.late[host] = 800*time.Millisecond, true
		}
		if readSite(s, s.prober(4), hosts); s.largest != 4 {
			t.Errorf("%d were called at once", s.largest)
		}
	})
}

// TestALateAnswerTakesItsPlaceAgain: a host that answers after all is read at
// once, and meanwhile nobody is begun in the place that it had lent.
func TestALateAnswerTakesItsPlaceAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.login = time.Second
		s.silent["late"], s.late["late"], s.slow["late"] = 5500*time.Millisecond, true, 3*time.Second
		answered, _, got := readSite(s, s.prober(1), append([]string{"late"}, numbered("well", 20)...))
		if last := got.of("late"); last.State != StateUp {
			t.Errorf("it is %+v", last)
		}
		// From the first second on one after the other takes one; the fifth is
		// under way when the late one answers, and the sixth waits for its end.
		if want := 23500 * time.Millisecond; answered != want || s.most != 1 {
			t.Errorf("all were read after %v, want %v; %d were called at once", answered, want, s.most)
		}
	})
}

// TestPlaces: nobody takes a place that others were given beforehand.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		ctx, cancel := context.WithCancel(t.Context())
		take := func() <-chan error {
			answer := make(chan error, 1)
			go func() { answer <- p.take(ctx) }()
			synctest.Wait()
			return answer
		}
		if err := <-take(); err != nil {
			t.Fatal(err)
		}
		p.change(-1) // somebody who had lent it goes on
		next := take()
		p.change(1)
		synctest.Wait()
		select {
		case <-next:
			t.Error("a place was taken that nobody gave back")
		default:
		}
		p.change(1)
		if err := <-next; err != nil {
			t.Error(err)
		}
		waiting := take()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWatchCountsNoSilentHosts: the dashboard's reading goes on beside hosts
// that say nothing, also when there are more of them than places.
func TestWatchCountsNoSilentHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, last := newSite(), &seen{}
		dead, well := numbered("dead", 12), numbered("well", 12)
		for _, host := range dead {
			s.silent[host] = 8 * time.Second
		}
		w := NewWatch(s.prober(3), slices.Concat(dead, well), last.got) // the dead ones first
		ctx, cancel := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { w.Run(ctx) })
		after(7 * time.Second) // none of the dead is given up yet
		for _, host := range well {
			if status := last.of(host); status.State != StateUp {
				t.Errorf("%s is %+v", host, status)
			}
		}
		if s.most > 3 {
			t.Errorf("%d hosts that were well were called at once", s.most)
		}
		after(20 * time.Second)
		for _, host := range dead {
			if status := last.of(host); status.State != StateDown {
				t.Errorf("%s is %+v", host, status)
			}
		}
		cancel()
		owner.Wait()
		if w.reading < 0 || w.reading > 3 {
			t.Errorf("%d reads are counted at the end", w.reading)
		}
	})
}

// TestSpread: everybody's turn comes once, and a row of neighbours is nowhere
// in the majority among as many as are read at once.
func TestSpread(t *testing.T) {
	for n := range 200 {
		hosts := numbered("h", n)
		order := spread(hosts)
		slices.Sort(order)
		if !slices.Equal(order, hosts) {
			t.Fatalf("of %d: %v", n, order)
		}
	}
	hosts := slices.Concat(numbered("dead", 150), numbered("well", 850))
	order := spread(hosts)
	for i := range len(order) - defaultLimit {
		dead := 0
		for _, host := range order[i : i+defaultLimit] {
			if strings.HasPrefix(host, "dead") {
				dead++
			}
		}
		if dead > defaultLimit/4 {
			t.Errorf("%d of those from %d on are dead", dead, i)
		}
	}
}

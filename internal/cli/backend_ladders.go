package cli

import (
	"context"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// ladders climbs a builder's ladder whenever its host was read in full: at
// first contact, every five minutes, and when the person asks. It uses the
// connection by which the host is read.
type ladders struct {
	climber *fleet.Climber
	crew    *ui.Crew
	climbed func() // something new is known

	mu       sync.Mutex
	known    map[string]fleet.Ladder // by the builder's name
	climbing map[string]bool
}

func newLadders(pool *sshutil.Pool, p *Program, crew *ui.Crew, climbed func()) *ladders {
	return &ladders{
		climber: &fleet.Climber{Connect: fleet.PoolLinks(pool), Now: p.Env.Now}, crew: crew, climbed: climbed,
		known: map[string]fleet.Ladder{}, climbing: map[string]bool{},
	}
}

// heard takes what a host said of itself, and climbs if it is a builder.
func (k *ladders) heard(ctx context.Context, inv *fleet.Inventory, host string, s fleet.Status) {
	full := s.State == fleet.StateUp && s.Error == "" && s.Reading.FullAt.Equal(s.AsOf)
	for _, b := range inv.Builders {
		if full && (b.Host == host || b.Host == "" && b.Name == host) && k.begin(b.Name) {
			k.crew.Go(func() { k.climb(ctx, b) })
		}
	}
}

// begin says whether nobody is on that ladder yet.
func (k *ladders) begin(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.climbing[name] {
		return false
	}
	k.climbing[name] = true
	return true
}

func (k *ladders) climb(ctx context.Context, b fleet.Builder) {
	l := k.climber.Climb(ctx, b)
	k.mu.Lock()
	k.climbing[b.Name] = false
	if ctx.Err() == nil {
		k.known[b.Name] = l.Since(k.known[b.Name])
	}
	k.mu.Unlock()
	if ctx.Err() == nil {
		k.climbed()
	}
}

// judged are the healths with what the ladders add to them. There may be no
// ladders yet.
func (k *ladders) judged(all []fleet.BuilderHealth) []fleet.BuilderHealth {
	if k == nil {
		return all
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return fleet.WithLadders(all, k.known)
}

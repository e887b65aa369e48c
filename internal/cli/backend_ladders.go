package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// ladders climbs a builder's ladder whenever its host was read in full: at
// first contact, every five minutes, and when the person asks. It uses the
// connection by which the host is read. What only a host that sends builds can
// tell is asked for when the person wants it, and kept between starts.
type ladders struct {
	climber *fleet.Climber
	answers *fleet.Asked
	crew    *ui.Crew
	climbed func()          // something new is known
	said    func(err error) // for the person
	tell    func(ui.Said)   // likewise

	wants chan struct{} // rings when somebody is wanted to be checked

	mu       sync.Mutex
	known    map[string]fleet.Ladder // by the builder's name
	climbing map[string]bool
	wanted   []string // builders to check closer than polling does
	checking map[string]bool
	polled   map[string]bool // builders that polling finds ill or down: their ladders are not shown
}

func newLadders(pool *sshutil.Pool, p *Program, answers *fleet.Asked, crew *ui.Crew, climbed func()) *ladders {
	return &ladders{
		climber: &fleet.Climber{Connect: fleet.PoolLinks(pool), Now: p.Env.Now}, answers: answers, crew: crew, climbed: climbed,
		wants: make(chan struct{}, 1), known: map[string]fleet.Ladder{}, climbing: map[string]bool{}, checking: map[string]bool{}, polled: map[string]bool{},
	}
}

// watchBuilders begins what is told of builders besides the state of hosts.
func (b *backend) watchBuilders(ctx context.Context, pool *sshutil.Pool, l *loaded, crew *ui.Crew) *ladders {
	climbs := newLadders(pool, b.Program, b.answers(l.inv.Source), crew, func() { ring(b.digest) })
	climbs.said, climbs.tell = b.cannotKeep, func(s ui.Said) { b.news.Post(s) }
	crew.Go(func() { climbs.checks(ctx, func() *fleet.Inventory { return b.inventory().inv }) })
	crew.Go(func() { b.watchHere(ctx) })
	return climbs
}

// answers are where what is asked of builders is kept for this inventory.
func (p *Program) answers(src fleet.Source) *fleet.Asked {
	name := strings.TrimSuffix(sshConfigName(src), filepath.Ext(sshConfigName(src)))
	return &fleet.Asked{Path: filepath.Join(p.World.StateDir(), "builders", name+".json")}
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
	k.mu.Unlock()
	k.take(ctx, l)
}

// take takes what a climb found, with what is still true of older answers.
func (k *ladders) take(ctx context.Context, l fleet.Ladder) {
	if ctx.Err() != nil {
		return
	}
	k.mu.Lock()
	older, climbed := k.known[l.Builder.Name]
	if !climbed {
		older = k.answers.Of(l.Builder)
	}
	k.known[l.Builder.Name] = l.Since(older)
	k.mu.Unlock()
	k.climbed()
}

// want has builders checked as `builders --check` does; it does not wait.
func (k *ladders) want(names []string) {
	k.mu.Lock()
	for _, name := range names {
		if !k.checking[name] {
			k.checking[name] = true
			k.wanted = append(k.wanted, name)
		}
	}
	k.mu.Unlock()
	ring(k.wants)
}

// checks checks what is wanted, until ctx ends.
func (k *ladders) checks(ctx context.Context, inventory func() *fleet.Inventory) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wants:
		}
		k.mu.Lock()
		names := k.wanted
		k.wanted = nil
		k.mu.Unlock()
		inv := inventory()
		for _, name := range names {
			k.crew.Go(func() { k.check(ctx, inv, name) })
		}
	}
}

// check climbs with a tiny build, and asks a host that sends builds for what
// cannot be checked from here.
func (k *ladders) check(ctx context.Context, inv *fleet.Inventory, name string) {
	defer func() {
		k.mu.Lock()
		delete(k.checking, name)
		k.mu.Unlock()
		k.climbed()
	}()
	i := slices.IndexFunc(inv.Builders, func(b fleet.Builder) bool { return b.Name == name })
	if i < 0 {
		return // it is listed no more
	}
	closer := *k.climber
	closer.Build = rand.Text()
	l := fromElsewhere(ctx, &closer, inv, closer.Climb(ctx, inv.Builders[i]), "")
	if err := k.answers.Keep(l); err != nil {
		k.said(err)
	}
	k.take(ctx, l)
	k.mu.Lock()
	polled := k.polled[name]
	k.mu.Unlock()
	if polled && ctx.Err() == nil {
		k.tell(checkedWords(l))
	}
}

// checkedWords say what a check that was asked for has found, of a builder whose
// ladder is not shown since polling has found it ill or down.
func checkedWords(l fleet.Ladder) ui.Said {
	found := fleet.BuilderHealth{Builder: l.Builder}.With(l)
	if found.Health == fleet.HealthOK {
		return ui.Said{Message: "checked " + l.Builder.Name + ": it is well", Hint: "The next reading of its host shows it."}
	}
	return ui.Said{Message: "checked " + l.Builder.Name + ": " + cmp.Or(found.Reason, "it is not known whether it can build"), Hint: found.Hint}
}

// judged are the healths with what the ladders add to them. There may be no
// ladders yet.
func (k *ladders) judged(all []fleet.BuilderHealth) []fleet.BuilderHealth {
	if k == nil {
		return all
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	told := fleet.WithLadders(all, k.known)
	for i := range told {
		k.polled[all[i].Builder.Name] = all[i].Health == fleet.HealthIll || all[i].Health == fleet.HealthDown
		told[i].Checking = k.checking[told[i].Builder.Name]
	}
	return told
}

// CheckBuilders implements ui.Backend.
func (b *backend) CheckBuilders(names []string) {
	b.mu.Lock()
	climbs := b.ladders
	b.mu.Unlock()
	if climbs == nil {
		return // nobody has been read yet
	}
	if len(names) == 0 {
		for _, one := range b.inventory().inv.Builders {
			names = append(names, one.Name)
		}
	}
	climbs.want(names)
	ring(b.digest)
}

// cannotKeep tells that what was asked is forgotten at the next start.
func (b *backend) cannotKeep(err error) {
	f := explain(err)
	b.news.Post(ui.Said{Message: f.Message, Hint: cmp.Or(f.Hint, "It holds until the dashboard is left.")})
}

package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// gathering is what `builders` learns before it judges: of Nix, which builders
// the hosts' configurations list; of the hosts, which their machines files list
// and which slots they have taken.
type gathering struct {
	*buildersOptions
	progress *tallies
	failed   failures
	knocking sync.WaitGroup

	statuses map[string]fleet.Status // of hosts that answered
	silent   []string                // hosts that did not
}

// all learns that, over connections that are used again afterwards. Builders
// that are known already are connected to meanwhile, so that one that does not
// answer is waited for once.
func (g *gathering) all(ctx context.Context, l *loaded, pool *sshutil.Pool) error {
	knocking, stop := context.WithCancel(ctx)
	connect := fleet.PoolLinks(pool)
	for _, b := range l.inv.Builders {
		g.knocking.Go(func() { g.failed.note(knocking, cmp.Or(b.Host, b.Name), connect) })
	}
	facts := maps.Clone(l.facts)
	var evaluating sync.WaitGroup
	evaluating.Go(func() { g.evaluate(ctx, l, facts) })
	g.read(ctx, l.inv, &fleet.Prober{Connect: fleet.PoolConnect(pool), Silent: pool.Silent, Now: g.Env.Now})
	evaluating.Wait()
	g.knocking.Go(func() {
		<-ctx.Done() // until the ladders have been climbed
		stop()
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	before := l.inv.SSHHosts()
	l.listed = listedIn(l.inv, g.statuses)
	if err := g.learn(l, facts); err != nil || slices.EqualFunc(before, l.inv.SSHHosts(), sameSSH) {
		return err
	}
	stop() // they knock at what may be the wrong doors
	g.failed.forget()
	return g.rewriteSSH(l)
}

// evaluate asks Nix about hosts of which an evaluation is missing: as long as
// was said about those that have none at all, and shortly about others.
func (g *gathering) evaluate(ctx context.Context, l *loaded, facts map[string]fleet.Facts) {
	o := &statusOptions{Program: g.Program, Source: g.Source, Wait: g.Wait}
	pending, stale := o.unevaluated(l, l.inv.Names())
	done := g.progress.count("evaluated %d of %d", len(pending)+len(stale))
	inv := l.inv
	for _, part := range []struct {
		hosts []string
		most  time.Duration
	}{{pending, g.Wait}, {stale, min(staleFor, g.Wait)}} {
		within, cancel := context.WithTimeout(ctx, part.most)
		fleet.Evaluate(within, l.low, inv, l.cache, part.hosts, func(host string, f fleet.Facts) {
			facts[host] = f
			done.one()
		})
		cancel()
	}
}

// read has the hosts tell. What they do not tell in time is not known.
func (g *gathering) read(ctx context.Context, inv *fleet.Inventory, prober *fleet.Prober) {
	var names []string
	for _, h := range inv.Hosts {
		if !h.Hidden {
			names = append(names, h.Name)
		}
	}
	asked := g.progress.count("asked %d of %d hosts", len(names))
	within, cancel := context.WithTimeout(ctx, min(lookTimeout, g.Wait))
	defer cancel()
	var quiet *time.Timer
	prober.ReadAll(within, names, true, func(host string, s fleet.Status) {
		asked.one()
		if s.State != fleet.StateUp {
			g.silent = append(g.silent, host)
			return
		}
		g.statuses[host] = s
		if quiet == nil {
			quiet = time.AfterFunc(listedQuiet, cancel)
		} else {
			quiet.Reset(listedQuiet)
		}
	})
	if quiet != nil {
		quiet.Stop()
	}
	slices.Sort(g.silent)
}

// climbed counts ladders.
func (g *gathering) climbed(of int) func() {
	return g.progress.count("climbed %d of %d ladders", of).one
}

// note says on stderr what could not be learned.
func (g *gathering) note() {
	if len(g.silent) == 0 {
		return
	}
	const few = 5
	names, more := g.silent, ""
	if len(names) > few {
		names, more = names[:few], fmt.Sprintf(" and %d more", len(names)-few)
	}
	fmt.Fprintf(g.IO.Err, "note: %s%s could not be read; the builders that they use are known from configurations alone\n", text.Line(strings.Join(names, ", ")), more)
}

// holders adds to builders who has taken slots of them, this machine included.
func (g *gathering) holders(ctx context.Context, l *loaded, builders []fleet.BuilderHealth) {
	statuses := g.statuses
	if here := g.World.Here(); here != nil {
		if s, err := readHere(ctx, here, g.Env.Now); err == nil { // else nothing is known of its slots
			statuses = withHere(statuses, s)
		}
	}
	for i := range builders {
		builders[i].Held = l.inv.Holders(builders[i].Builder, statuses)
	}
}

// connecting is how a machine is connected to.
type connecting = func(ctx context.Context, name string) (fleet.Link, error)

// failures remember which machines could not be connected to, so that a command
// waits for each of them once.
type failures struct {
	mu    sync.Mutex
	known map[string]error
}

// note connects to a machine and remembers it if that fails.
func (f *failures) note(ctx context.Context, name string, connect connecting) {
	_, err := connect(ctx, name)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil || ctx.Err() != nil {
		return
	}
	if f.known == nil {
		f.known = map[string]error{}
	}
	f.known[name] = err
}

func (f *failures) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = nil
}

// links connect, but for what is known to fail.
func (f *failures) links(connect connecting) connecting {
	return func(ctx context.Context, name string) (fleet.Link, error) {
		f.mu.Lock()
		err := f.known[name]
		f.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return connect(ctx, name)
	}
}

// ill says whether a builder needs somebody to look at it.
func ill(builders []fleet.BuilderHealth) bool {
	return slices.ContainsFunc(builders, func(b fleet.BuilderHealth) bool {
		return b.Health == fleet.HealthIll || b.Health == fleet.HealthDown
	})
}

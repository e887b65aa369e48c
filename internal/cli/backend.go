package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// backend does what the dashboard asks for: it reads inventory, facts, hosts
// and runs in the background and posts what it learns.
type backend struct {
	*Program
	source *sourceFlags
	on     string // selection of the hosts to show, or ""
	habits string // the file where those of this fleet are kept
	store  *rollout.Store
	news   *ui.Mailbox

	reload  chan struct{} // the inventory is to be read again
	toEval  chan struct{} // there is something to evaluate
	runsNow chan struct{} // the runs are to be listed now
	toTouch chan string   // hosts to log in on with a key that wants a touch
	asking  chan struct{} // holds one for each host that works on a person's command
	digest  chan struct{} // something was told that concerns more than one host

	foresight *foresight // of what sudo will say
	installs  *installs

	learning sync.Mutex // held while what is loaded is made anew from what it was

	mu       sync.Mutex
	loaded   *loaded   // nil until an inventory is known
	treeAsOf time.Time // of what is loaded, or of the last run that had it read again
	statuses map[string]fleet.Status
	lessons  []lesson     // that were not digested yet
	here     fleet.Status // of this machine, as far as it sends builds
	health   []fleet.BuilderHealth
	ladders  *ladders // nil until hosts are watched
	asked    []string // hosts to evaluate, in this order
	runs     []rollout.View
	patience *patience // with lost runs; of the goroutine that lists them
	watch    *fleet.Watch
	links    *links               // to the hosts that are watched; nil until then
	shared   *sharing             // logins for what is being proposed; nil without
	sharedBy []sshutil.ConfigHost // the settings by which these were made
	paused   bool
}

func newBackend(p *Program, src *sourceFlags, on string, store *rollout.Store, news *ui.Mailbox) *backend {
	own, streams := *p, *p.IO
	streams.Err, streams.ErrTerminal, own.IO = warnings{news}, false, &streams // the terminal is the dashboard's
	p = &own
	b := &backend{
		Program: p, source: src, on: on, store: store, news: news,
		reload: make(chan struct{}, 1), toEval: make(chan struct{}, 1), runsNow: make(chan struct{}, 1), toTouch: make(chan string, 1),
		asking: make(chan struct{}, asksAtOnce), digest: make(chan struct{}, 1), foresight: newForesight(p, news), installs: newInstalls(),
		statuses: map[string]fleet.Status{}, patience: &patience{runs: map[string]*attempts{}},
	}
	return b
}

// warnings are what commands would print on stderr; each is told above the footer.
type warnings struct{ news *ui.Mailbox }

func (w warnings) Write(said []byte) (int, error) {
	for line := range strings.Lines(string(said)) {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "warning: "); line != "" {
			w.news.Post(ui.Said{Message: line})
		}
	}
	return len(said), nil
}

// ring makes whoever waits for the bell go on; one ring is as good as many.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// run works until ctx ends. What was known at the last start is shown at once.
func (b *backend) run(ctx context.Context, crew *ui.Crew) {
	crew.Go(func() { b.listRuns(ctx) })
	crew.Go(func() { b.digests(ctx) })
	b.showKnown(ctx)
	l, err := b.load(ctx, b.source)
	if err != nil {
		b.failed(err)
		if l = b.inventory(); l == nil {
			// Nothing to show yet: the person mends it and asks again.
			if l = b.loadLater(ctx); l == nil {
				return
			}
		}
	} else {
		b.take(ctx, l)
	}
	crew.Go(func() { b.evaluate(ctx) })
	if !b.source.NoEval {
		b.askStale()
	}
	b.watchHosts(ctx, crew)
}

// showKnown shows the inventory and facts of the last start, without Nix. What
// is wrong with them the load that follows will say.
func (b *backend) showKnown(ctx context.Context) {
	if l, err := b.Program.known(b.source); err == nil && l != nil {
		b.take(ctx, l)
	}
}

// loadLater waits until the inventory can be read; nil when ctx ended first.
func (b *backend) loadLater(ctx context.Context) *loaded {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.reload:
		}
		l, err := b.load(ctx, b.source)
		if err == nil {
			b.take(ctx, l)
			return l
		}
		b.failed(err)
	}
}

// failed tells why the inventory could not be read.
func (b *backend) failed(err error) {
	f := explain(err)
	b.news.Post(ui.InventoryFailed{Err: &fleet.Error{Message: f.Message, Hint: f.Hint, Err: err}})
}

func (b *backend) inventory() *loaded {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loaded
}

// take makes l what the dashboard shows.
func (b *backend) take(ctx context.Context, l *loaded) {
	b.only(ctx, l)
	b.learning.Lock()
	if before := b.inventory(); before != nil && before.listed != nil {
		l.listed = before.listed
		if err := b.learn(l, l.facts); err != nil {
			b.failed(err)
		}
	}
	b.mu.Lock()
	b.loaded, b.treeAsOf = l, b.Env.Now()
	watch := b.watch
	b.mu.Unlock()
	b.learning.Unlock()
	b.news.Post(ui.InventoryRead{Inventory: l.inv})
	for host, facts := range l.facts {
		b.news.Post(ui.FactsRead{Host: host, Facts: facts})
	}
	b.postStatuses(ctx)
	if watch != nil {
		watch.SetHosts(toWatch(l))
	}
}

// only leaves the hosts that the dashboard was started for. What cannot be
// said without asking the hosts shows them all.
func (b *backend) only(ctx context.Context, l *loaded) {
	if b.on == "" {
		return
	}
	sel, err := fleet.ParseSelection(b.on)
	if err == nil && !sel.NeedsStatus() {
		var names []string
		if names, err = sel.Select(fleet.Subjects(l.rows(ctx, nil))); err == nil {
			inv := *l.inv
			inv.Hosts = slices.DeleteFunc(slices.Clone(inv.Hosts), func(h fleet.Host) bool { return !slices.Contains(names, h.Name) })
			l.inv = &inv
		}
	}
	if err != nil {
		b.complain(err)
	}
}

// complain tells the person what went wrong in the background, and what to do
// about it.
func (b *backend) complain(err error) {
	f := explain(err)
	b.news.Post(ui.Said{Message: f.Message, Hint: f.Hint})
}

// toWatch are the hosts to read, and builders that are no hosts.
func toWatch(l *loaded) []string { return append(l.inv.Names(), l.inv.Strangers()...) }

// watchHosts reads hosts until ctx ends, and the inventory again when asked to.
func (b *backend) watchHosts(ctx context.Context, crew *ui.Crew) {
	l := b.inventory()
	pool, done, err := b.pool(ctx, l)
	if err != nil {
		b.complain(err)
		return
	}
	prober := &fleet.Prober{Connect: fleet.PoolConnect(pool), Silent: pool.Silent, Now: b.Env.Now}
	climbs := b.watchBuilders(ctx, pool, l, crew)
	watch := fleet.NewWatch(prober, toWatch(l), func(host string, s fleet.Status) {
		b.heard(ctx, host, s)
		b.listed(host, s)
		climbs.heard(ctx, b.inventory().inv, host, s)
		b.foresight.heard(ctx, crew, pool, b.inventory(), host, s)
	})
	b.mu.Lock()
	b.ladders = climbs
	b.watch, b.links = watch, linksOf(pool, l)
	watch.Pause(b.paused)
	b.mu.Unlock()
	crew.Go(func() { b.reloads(ctx, pool) })
	crew.Go(func() { b.foresight.watchKeys(ctx, b.inventory) })
	crew.Go(func() { b.touches(ctx, pool, watch) })
	watch.Run(ctx)
	if err := done(); err != nil {
		b.complain(fmt.Errorf("closing the connections: %w", err))
	}
}

// reloads reads the inventory again when the person asks for it.
func (b *backend) reloads(ctx context.Context, pool *sshutil.Pool) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.reload:
		}
		before := b.inventory().inv.SSHHosts()
		l, err := b.load(ctx, b.source)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.failed(err)
			continue
		}
		if !slices.EqualFunc(before, l.inv.SSHHosts(), sameSSH) {
			if err := b.rewriteSSH(l); err != nil {
				b.failed(err)
			}
			for _, name := range toWatch(l) {
				pool.Drop(name)
			}
			b.mu.Lock()
			b.links = linksOf(pool, l)
			b.mu.Unlock()
		}
		b.take(ctx, l)
		if !b.source.NoEval {
			b.askStale()
		}
	}
}

func sameSSH(a, b sshutil.ConfigHost) bool {
	return a.Name == b.Name && a.HostName == b.HostName && a.User == b.User && a.Port == b.Port
}

// heard takes what a host said of itself.
func (b *backend) heard(ctx context.Context, host string, s fleet.Status) {
	b.mu.Lock()
	b.statuses[host] = s
	b.mu.Unlock()
	b.postStatus(ctx, host)
	ring(b.digest)
}

func (b *backend) postStatuses(ctx context.Context) {
	b.mu.Lock()
	hosts := make([]string, 0, len(b.statuses))
	for host := range b.statuses {
		hosts = append(hosts, host)
	}
	b.mu.Unlock()
	for _, host := range hosts {
		b.postStatus(ctx, host)
	}
	ring(b.digest)
}

// postStatus posts a host's status with the drift that follows from it.
func (b *backend) postStatus(ctx context.Context, host string) {
	b.mu.Lock()
	l, s := b.loaded, b.statuses[host]
	row := fleet.Row{Status: s, Facts: l.facts[host]}
	b.mu.Unlock()
	if rev := s.Reading.Revision; rev != "" {
		row.History = l.histories.Of(ctx, rev, l.inv.Revision())
	}
	b.news.Post(ui.StatusRead{Host: host, Status: s, Drift: row.Drift()})
}

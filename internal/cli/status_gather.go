package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"nixfleet-tui/fleet"
)

// gather asks the hosts what they run and, meanwhile, Nix what the flake wants
// of those of which that is not known. It takes as long as the slowest host;
// --wait for hosts that were never evaluated; and staleFor for those of which
// an older tree is known: what does not fit is shown as stale, and its turn
// comes the next time.
func (o *statusOptions) gather(ctx context.Context, l *loaded, sel fleet.Selection) (map[string]fleet.Status, error) {
	hosts, err := o.hosts(l, sel)
	if err != nil {
		return nil, err
	}
	pending, stale := o.unevaluated(l, hosts)
	p := newTallies(o.IO)
	defer p.end()
	asked, evaluated := p.count("asked %d of %d hosts", len(hosts)), p.count("evaluated %d of %d", len(pending)+len(stale))

	var evaluating sync.WaitGroup
	facts := maps.Clone(l.facts)
	evaluating.Go(func() {
		for _, part := range []struct {
			hosts []string
			most  time.Duration
		}{{pending, o.Wait}, {stale, min(staleFor, o.Wait)}} {
			ctx, cancel := context.WithTimeout(ctx, part.most)
			fleet.Evaluate(ctx, l.low, l.inv, l.cache, part.hosts, func(host string, f fleet.Facts) {
				facts[host] = f
				evaluated.one()
			})
			cancel()
		}
	})
	strangers := l.inv.Strangers()
	statuses, err := o.readHosts(ctx, l, slices.Concat(hosts, strangers), asked)
	evaluating.Wait()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	l.listed = listedIn(l.inv, statuses)
	if err := o.learn(l, facts); err != nil {
		return nil, err
	}
	return statuses, o.probeNew(ctx, l, strangers, statuses)
}

// probeNew asks the builders of which only the evaluation told.
func (o *statusOptions) probeNew(ctx context.Context, l *loaded, known []string, statuses map[string]fleet.Status) error {
	var fresh []string
	for _, name := range l.inv.Strangers() {
		if !slices.Contains(known, name) {
			fresh = append(fresh, name)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	more, err := o.probe(ctx, l, fresh, nil)
	maps.Copy(statuses, more)
	return err
}

// unevaluated are the hosts that Nix is to be asked about: those of which
// nothing is known, and those of which an older tree is.
func (o *statusOptions) unevaluated(l *loaded, hosts []string) (pending, stale []string) {
	if o.Source.NoEval {
		return nil, nil
	}
	for _, h := range hosts {
		switch l.facts[h].State {
		case fleet.FactsPending:
			pending = append(pending, h)
		case fleet.FactsStale:
			stale = append(stale, h)
		}
	}
	return pending, stale
}

// toEvaluate is both, what is not known at all first.
func (o *statusOptions) toEvaluate(l *loaded, hosts []string) []string {
	pending, stale := o.unevaluated(l, hosts)
	return append(pending, stale...)
}

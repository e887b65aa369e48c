package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"nixfleet-tui/fleet"
)

// gather asks the hosts what they run and, meanwhile, Nix what the flake wants
// of those of which that was never known. It takes as long as the slowest
// host, or --wait for Nix.
func (o *statusOptions) gather(ctx context.Context, l *loaded, sel fleet.Selection) (map[string]fleet.Status, error) {
	hosts, err := o.hosts(l, sel)
	if err != nil {
		return nil, err
	}
	pending := o.pending(l, hosts)
	p := o.progress(len(hosts), len(pending))
	defer p.end()

	var evaluating sync.WaitGroup
	facts := maps.Clone(l.facts)
	if len(pending) > 0 {
		evaluating.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, o.Wait)
			defer cancel()
			fleet.Evaluate(ctx, l.low, l.inv, l.cache, pending, func(host string, f fleet.Facts) {
				facts[host] = f
				p.evaluated()
			})
		})
	}
	strangers := l.inv.Strangers()
	statuses, err := o.probe(ctx, l, slices.Concat(hosts, strangers), p.heard)
	evaluating.Wait()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
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

// pending are the hosts that Nix is to be asked about.
func (o *statusOptions) pending(l *loaded, hosts []string) []string {
	if o.Source.NoEval {
		return nil
	}
	var names []string
	for _, h := range hosts {
		if l.facts[h].State == fleet.FactsPending {
			names = append(names, h)
		}
	}
	return names
}

// gathered counts how far gathering has come.
type gathered struct {
	*progressLine
	toProbe, toEval int
	mu              sync.Mutex
	probed, evals   int
}

func (o *statusOptions) progress(toProbe, toEval int) *gathered {
	g := &gathered{toProbe: toProbe, toEval: toEval}
	g.progressLine = newProgressLine(o.IO, g.words)
	return g
}

func (g *gathered) words() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	words := fmt.Sprintf("asked %d of %d hosts", g.probed, g.toProbe)
	if g.toEval > 0 {
		words += fmt.Sprintf(", evaluated %d of %d", g.evals, g.toEval)
	}
	return words
}

func (g *gathered) heard(string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probed++
}

func (g *gathered) evaluated() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.evals++
}

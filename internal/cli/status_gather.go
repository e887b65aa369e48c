package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

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

// progressLine says on stderr how far gathering has come, when it takes long
// enough to be wondered about.
type progressLine struct {
	io              *IO
	toProbe, toEval int
	mu              sync.Mutex
	probed, evals   int
	stop            chan struct{}
	done            sync.WaitGroup
}

func (o *statusOptions) progress(toProbe, toEval int) *progressLine {
	p := &progressLine{io: o.IO, toProbe: toProbe, toEval: toEval, stop: make(chan struct{})}
	if !o.IO.ErrTerminal || o.IO.Dumb {
		return p
	}
	p.done.Go(func() {
		select {
		case <-p.stop:
			return
		case <-time.After(quietFor):
		}
		tick := time.NewTicker(quietFor / 5)
		defer tick.Stop()
		for {
			fmt.Fprintf(p.io.Err, "\r%s%s", p.words(), clearLine)
			select {
			case <-p.stop:
				fmt.Fprintf(p.io.Err, "\r%s", clearLine)
				return
			case <-tick.C:
			}
		}
	})
	return p
}

func (p *progressLine) words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	words := fmt.Sprintf("asked %d of %d hosts", p.probed, p.toProbe)
	if p.toEval > 0 {
		words += fmt.Sprintf(", evaluated %d of %d", p.evals, p.toEval)
	}
	return words
}

func (p *progressLine) heard(string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probed++
}

func (p *progressLine) evaluated() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.evals++
}

// end takes the line away.
func (p *progressLine) end() {
	close(p.stop)
	p.done.Wait()
}

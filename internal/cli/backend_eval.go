package cli

import (
	"context"
	"slices"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// askStale asks for the facts of all hosts that are not fresh.
func (b *backend) askStale() {
	l := b.inventory()
	var names []string
	for _, h := range l.inv.Names() {
		if s := l.facts[h].State; s != fleet.FactsFresh && s != fleet.FactsFailed {
			names = append(names, h)
		}
	}
	b.ask(names)
}

// ask puts hosts at the front of those to evaluate.
func (b *backend) ask(names []string) {
	if len(names) == 0 {
		return
	}
	b.mu.Lock()
	first := map[string]bool{}
	for _, name := range names {
		first[name] = true
	}
	rest := slices.DeleteFunc(b.asked, func(h string) bool { return first[h] })
	b.asked = append(slices.Clone(names), rest...)
	b.mu.Unlock()
	ring(b.toEval)
}

// nextToEval takes the next host to evaluate, and says how many wait after it.
// While a run goes on there is none: evaluations would take memory from it.
func (b *backend) nextToEval() (host string, left int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) == 0 || b.paused || slices.ContainsFunc(b.runs, goesOn) {
		return "", 0
	}
	host, b.asked = b.asked[0], b.asked[1:]
	return host, len(b.asked)
}

// evaluate asks Nix for facts, one host at a time at low priority, until ctx ends.
func (b *backend) evaluate(ctx context.Context) {
	for {
		host, left := b.nextToEval()
		if host == "" {
			b.news.Post(ui.Evaluating{})
			select {
			case <-ctx.Done():
				return
			case <-b.toEval:
				continue
			}
		}
		b.news.Post(ui.Evaluating{Host: host, Left: left})
		l := b.inventory()
		fleet.Evaluate(ctx, l.low, l.inv, l.cache, []string{host}, b.evaluated)
		if ctx.Err() != nil {
			return
		}
	}
}

// evaluated takes the facts of one host, and what they say of builders.
func (b *backend) evaluated(host string, f fleet.Facts) {
	b.heed(lesson{host: host, facts: &f})
}

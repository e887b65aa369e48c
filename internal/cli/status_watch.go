package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// watched is what the readers and Nix have said so far.
type watched struct {
	mu       sync.Mutex
	statuses map[string]fleet.Status
	facts    map[string]fleet.Facts
	changed  bool
}

// watch shows the status and what changes in it until it is interrupted.
func (o *statusOptions) watch(ctx context.Context, l *loaded, sel fleet.Selection) error {
	hosts, err := o.hosts(l, sel)
	if err != nil {
		return err
	}
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return err
	}
	w := &watched{statuses: map[string]fleet.Status{}, facts: maps.Clone(l.facts), changed: true}
	inv, pending := l.inv, o.toEvaluate(l, hosts) // l changes as facts come in
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var working sync.WaitGroup
	prober := &fleet.Prober{Connect: fleet.PoolConnect(pool), Silent: pool.Silent, Now: o.Env.Now}
	asking := fleet.NewWatch(prober, slices.Concat(hosts, inv.Strangers()), w.heard)
	working.Go(func() { asking.Run(ctx) })
	working.Go(func() { fleet.Evaluate(ctx, l.low, inv, l.cache, pending, w.evaluated) })
	err = o.redraw(ctx, l, sel, w, func() { asking.SetHosts(slices.Concat(hosts, l.inv.Strangers())) })
	stop()
	working.Wait()
	return errors.Join(err, done())
}

func (w *watched) heard(host string, s fleet.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.statuses[host], w.changed = s, true
}

func (w *watched) evaluated(host string, f fleet.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.facts[host], w.changed = f, true
}

// take returns what is known, and whether it is news.
func (w *watched) take() (map[string]fleet.Status, map[string]fleet.Facts, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := w.changed
	w.changed = false
	return maps.Clone(w.statuses), maps.Clone(w.facts), changed
}

// redraw shows news until ctx ends, which is how a watch is meant to end. more
// is called when other machines than before are to be asked.
func (o *statusOptions) redraw(ctx context.Context, l *loaded, sel fleet.Selection, w *watched, more func()) error {
	screen := block{io: o.IO}
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		statuses, facts, changed := w.take()
		if changed || o.IO.Live() && !o.JSON { // ages grow by themselves
			if err := o.relearn(l, statuses, facts, more); err != nil {
				return err
			}
			report, err := o.report(ctx, l, sel, statuses)
			if err == nil {
				err = o.drawReport(&screen, report)
			}
			if err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// relearn takes in what is known by now. Builders that only come to light with
// it are asked, too.
func (o *statusOptions) relearn(l *loaded, statuses map[string]fleet.Status, facts map[string]fleet.Facts, more func()) error {
	ways, strangers := l.inv.SSHHosts(), l.inv.Strangers()
	l.listed = listedIn(l.inv, statuses)
	if err := o.learn(l, facts); err != nil {
		return err
	}
	if !slices.EqualFunc(ways, l.inv.SSHHosts(), sameSSH) {
		if err := o.rewriteSSH(l); err != nil {
			return err
		}
	}
	if !slices.Equal(strangers, l.inv.Strangers()) {
		more()
	}
	return nil
}

func (o *statusOptions) drawReport(screen *block, r statusReport) error {
	if o.JSON {
		enc := json.NewEncoder(o.IO.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(fleet.NewStatusDocument(r.rows, r.builders))
	}
	lines := reportLines(o.IO, r, o.Env.Now())
	if !o.IO.Live() {
		_, err := io.WriteString(o.IO.Out, strings.Join(lines, "\n")+"\n\n")
		return err
	}
	width, height := o.IO.Size()
	if room := max(1, height-1); len(lines) > room {
		more := fmt.Sprintf("… and %d more lines", len(lines)-room+1)
		lines = append(lines[:room-1], text.Truncate(more, width-1))
	}
	for i := range lines {
		lines[i] = text.Truncate(lines[i], max(1, width-1))
	}
	return screen.draw(lines)
}

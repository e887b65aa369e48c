package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// lesson is what was learned of a host: its facts, or its machines file.
type lesson struct {
	host     string
	facts    *fleet.Facts
	machines *fleet.Machines
}

// heed keeps a lesson for the next digest.
func (b *backend) heed(l lesson) {
	b.mu.Lock()
	b.lessons = append(b.lessons, l)
	b.mu.Unlock()
	ring(b.digest)
}

// digests works out what follows from what was told, until ctx ends.
func (b *backend) digests(ctx context.Context) {
	rest := time.NewTimer(0)
	defer rest.Stop()
	<-rest.C
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.digest:
		}
		began := time.Now()
		b.takeLessons(ctx)
		b.judgeBuilders()
		rest.Reset(min(digestLate, digestRest*time.Since(began)))
		select {
		case <-ctx.Done():
			return
		case <-rest.C:
		}
	}
}

// takeLessons takes all lessons together into a copy of what is loaded, with
// what they say of builders, and posts what follows from that.
func (b *backend) takeLessons(ctx context.Context) {
	b.learning.Lock()
	defer b.learning.Unlock()
	b.mu.Lock()
	lessons := b.lessons
	b.lessons = nil
	b.mu.Unlock()
	before := b.inventory()
	if len(lessons) == 0 || before == nil {
		return
	}
	l := *before
	l.facts, l.listed = maps.Clone(l.facts), maps.Clone(l.listed)
	if l.listed == nil {
		l.listed = map[string]fleet.Machines{}
	}
	for _, one := range lessons {
		if one.facts != nil {
			l.facts[one.host] = *one.facts
		}
		if one.machines != nil {
			l.listed[one.host] = *one.machines
		}
	}
	if err := b.Program.learn(&l, l.facts); err != nil {
		b.failed(err)
		return
	}
	b.mu.Lock()
	b.loaded = &l
	b.mu.Unlock()
	for _, one := range lessons {
		if one.facts != nil {
			b.news.Post(ui.FactsRead{Host: one.host, Facts: *one.facts})
			b.postStatus(ctx, one.host)
		}
	}
	b.builderChange(before, &l)
}

// builderChange tells of builders that are others than before.
func (b *backend) builderChange(before, l *loaded) {
	if sameBuilders(before.inv, l.inv) {
		return
	}
	if !slices.EqualFunc(before.inv.SSHHosts(), l.inv.SSHHosts(), sameSSH) {
		if err := b.rewriteSSH(l); err != nil {
			b.failed(err)
		}
	}
	b.news.Post(ui.InventoryRead{Inventory: l.inv})
	b.mu.Lock()
	watch := b.watch
	b.mu.Unlock()
	if watch != nil {
		watch.SetHosts(toWatch(l))
	}
}

// judgeBuilders posts how the builders are by now.
func (b *backend) judgeBuilders() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loaded == nil {
		return
	}
	b.health = b.ladders.judged(fleet.JudgeBuilders(b.loaded.inv, withHere(b.statuses, b.here)))
	b.news.Post(ui.BuildersRead{Builders: b.health})
}

package cli

import (
	"maps"
	"slices"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// learnMore changes a copy of what is loaded, takes it with what it says of
// builders, and posts what follows from that, what the caller posts first.
func (b *backend) learnMore(change func(*loaded), post func()) {
	b.learning.Lock()
	defer b.learning.Unlock()
	before := b.inventory()
	l := *before
	change(&l)
	if err := b.Program.learn(&l, l.facts); err != nil {
		b.failed(err)
		return
	}
	b.mu.Lock()
	b.loaded = &l
	watch := b.watch
	b.mu.Unlock()
	post()
	if sameBuilders(before.inv, l.inv) {
		return
	}
	if !slices.EqualFunc(before.inv.SSHHosts(), l.inv.SSHHosts(), sameSSH) {
		if err := b.rewriteSSH(&l); err != nil {
			b.failed(err)
		}
	}
	b.news.Post(ui.InventoryRead{Inventory: l.inv})
	if watch != nil {
		watch.SetHosts(toWatch(&l))
	}
	b.postBuilders()
}

// sameBuilders says whether both inventories list the same.
func sameBuilders(a, b *fleet.Inventory) bool {
	return slices.Equal(a.Unlisted, b.Unlisted) && slices.EqualFunc(a.Builders, b.Builders, fleet.Builder.Equal)
}

// listed takes what a host's machines file says of builders.
func (b *backend) listed(host string, s fleet.Status) {
	l := b.inventory()
	if s.State != fleet.StateUp || s.Error != "" || l.listed[host].Equal(s.Reading.Machines) {
		return
	}
	if _, of := l.inv.Host(host); !of {
		return // a builder that is no host of ours is nobody who sends us builds
	}
	b.learnMore(func(l *loaded) {
		l.listed = maps.Clone(l.listed)
		if l.listed == nil {
			l.listed = map[string]fleet.Machines{}
		}
		l.listed[host] = s.Reading.Machines
	}, func() {})
}

// listedIn are the machines files of the hosts that were read.
func listedIn(inv *fleet.Inventory, statuses map[string]fleet.Status) map[string]fleet.Machines {
	listed := map[string]fleet.Machines{}
	for host, s := range statuses {
		if _, of := inv.Host(host); of && s.State == fleet.StateUp {
			listed[host] = s.Reading.Machines
		}
	}
	return listed
}

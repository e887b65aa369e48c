package cli

import (
	"slices"

	"nixfleet-tui/fleet"
)

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
	b.heed(lesson{host: host, machines: &s.Reading.Machines})
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

package fleet

import (
	"maps"
	"slices"
	"strings"

	"nixfleet-tui/nixcmd"
)

// declareBuilders takes the builders that fleet.nix names.
func (inv *Inventory) declareBuilders(d declared) {
	for i := range inv.Hosts {
		h := &inv.Hosts[i]
		if h.Builder == nil {
			continue
		}
		reach(h.Builder, *h)
		inv.Builders = append(inv.Builders, *h.Builder)
	}
	inv.Builders = append(inv.Builders, slices.Collect(maps.Values(d.builders))...)
	sortBuilders(inv.Builders)
}

// reach gives a builder that is a host of the fleet that host's address.
func reach(b *Builder, h Host) {
	b.Host, b.Address, b.Port, b.User = h.Name, h.Address, h.Port, h.User
	b.HostKey = keep(b.HostKey, h.HostKey)
}

func sortBuilders(all []Builder) {
	slices.SortFunc(all, func(a, b Builder) int { return strings.Compare(a.Name, b.Name) })
}

// Sources are the lists of builders besides fleet.nix, which the inventory
// itself comes from.
type Sources struct {
	Facts  map[string]Facts    // of the flake's hosts: their nix.buildMachines
	Here   Machines            // of this machine's own machines file
	Listed map[string]Machines // by host, of its machines file
}

// With returns the inventory with what else is known: deployment settings of
// the hosts' own configurations where fleet.nix is silent, and the builders of
// their nix.buildMachines, of their machines files and of this machine's own. A
// machine that several of these name is one builder; fleet.nix's word counts
// first.
func (inv *Inventory) With(s Sources) *Inventory {
	full := *inv
	full.Hosts = slices.Clone(inv.Hosts)
	full.fill(s.Facts)
	if full.declared == nil {
		full.declared = append([]Builder{}, inv.Builders...) // nothing was added to them yet
	}
	m := &merger{hosts: full.Hosts, called: calledWhat(full.Hosts, s.Facts), listings: map[string][]listing{}}
	for _, b := range full.declared {
		b.From = slices.Clone(b.From) // With adds to it
		if h, ok := full.Host(b.Host); ok {
			reach(&b, h)
		}
		if slices.Contains(b.From, fleetFile) {
			m.listings[b.Name] = []listing{fleetListing(b)}
		}
		m.builders = append(m.builders, b)
	}
	for _, name := range sortedKeys(s.Facts) {
		m.addAll(s.Facts[name].Machines, buildMachinesOf+name)
	}
	m.addAll(s.Here.List, MachinesFile)
	full.Unlisted = slices.Clone(s.Here.Mistakes)
	for _, name := range sortedKeys(s.Listed) {
		m.addAll(s.Listed[name].List, machinesFileOf+name)
		for _, mistake := range s.Listed[name].Mistakes {
			full.Unlisted = append(full.Unlisted, "on "+name+": "+mistake)
		}
	}
	for i := range m.builders {
		b := &m.builders[i]
		b.Findings = append(disagreements(m.listings[b.Name]), mistakes(m.listings[b.Name])...)
	}
	sortBuilders(m.builders)
	full.Builders = m.builders
	return &full
}

// buildMachinesOf stands before the name of a host whose configuration lists a builder.
const buildMachinesOf = "nix.buildMachines of "

// MachinesFile is where a machine keeps the builders of its own Nix.
const MachinesFile = "/etc/nix/machines"

// machinesFileOf stands before the name of a host whose machines file lists a builder.
const machinesFileOf = MachinesFile + " of "

// merger puts machines from several sources together.
type merger struct {
	hosts    []Host
	called   map[string]int // hosts by all the names they go by
	builders []Builder
	listings map[string][]listing // by the builder's name
}

func (m *merger) addAll(machines []nixcmd.Machine, from string) {
	for _, machine := range machines {
		m.add(machine, from)
	}
}

func (m *merger) add(machine nixcmd.Machine, from string) {
	host, isHost := m.host(machine.HostName)
	for i := range m.builders {
		b := &m.builders[i]
		if b.Name == machine.HostName || b.Address == machine.HostName || isHost && b.Host == host.Name {
			complete(b, machine)
			m.listings[b.Name] = append(m.listings[b.Name], listingOf(machine, from))
			if n := len(b.From); n == 0 || b.From[n-1] != from { // each source comes once
				b.From = append(b.From, from)
			}
			return
		}
	}
	b := Builder{Name: machine.HostName, Address: machine.HostName, Port: machine.Port, From: []string{from}}
	if isHost {
		b.Name = host.Name
		reach(&b, host)
	}
	complete(&b, machine)
	m.listings[b.Name] = append(m.listings[b.Name], listingOf(machine, from))
	m.builders = append(m.builders, b)
}

// complete fills what b does not say itself.
func complete(b *Builder, machine nixcmd.Machine) {
	b.HostKey, b.SSHUser, b.SSHKey = keep(b.HostKey, machine.PublicHostKey), keep(b.SSHUser, machine.User), keep(b.SSHKey, machine.SSHKey)
	b.Protocol = keep(b.Protocol, machine.Protocol)
	b.MaxJobs, b.SpeedFactor = keep(b.MaxJobs, machine.MaxJobs), keep(b.SpeedFactor, machine.SpeedFactor)
	fill := func(list *[]string, more []string) {
		if len(*list) == 0 {
			*list = slices.Clone(more)
		}
	}
	fill(&b.Systems, machine.Systems)
	fill(&b.SupportedFeatures, machine.SupportedFeatures)
	fill(&b.MandatoryFeatures, machine.MandatoryFeatures)
}

// host finds the host of the fleet that goes by the name.
func (m *merger) host(name string) (Host, bool) {
	i, ok := m.called[name]
	if !ok {
		return Host{}, false
	}
	return m.hosts[i], true
}

// calledWhat finds hosts by their own names, else by their addresses, else by
// what their configurations call them.
func calledWhat(hosts []Host, facts map[string]Facts) map[string]int {
	called := make(map[string]int, len(hosts))
	for _, names := range []func(Host) []string{
		func(h Host) []string { return []string{h.Name} },
		func(h Host) []string { return []string{h.Address} },
		func(h Host) []string { f := facts[h.Name]; return []string{f.FQDN, f.HostName} },
	} {
		for i, h := range hosts {
			for _, name := range names(h) {
				if _, taken := called[name]; !taken && name != "" {
					called[name] = i
				}
			}
		}
	}
	return called
}

// builderOf is the builder that the host is, by whatever source.
func (inv *Inventory) builderOf(host string) (Builder, bool) {
	i := slices.IndexFunc(inv.Builders, func(b Builder) bool { return b.Host == host })
	if i < 0 {
		return Builder{}, false
	}
	return inv.Builders[i], true
}

// Strangers are the names of the builders that are no hosts of the fleet: to
// be probed beside the hosts.
func (inv *Inventory) Strangers() []string {
	var names []string
	for _, b := range inv.Builders {
		if b.Host == "" {
			names = append(names, b.Name)
		}
	}
	return names
}

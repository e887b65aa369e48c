package fleet

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Evaluator answers what Nix would. *nixcmd.Nix is the real one.
type Evaluator interface {
	Metadata(ctx context.Context, ref string) (nixcmd.FlakeMetadata, error)
	HostNames(ctx context.Context, ref string) ([]string, error)
	Facts(ctx context.Context, ref, host string) (nixcmd.HostFacts, error)
	DeployNodes(ctx context.Context, ref string) (map[string]nixcmd.Deploy, error)
	File(ctx context.Context, path string) (json.RawMessage, error)
}

// Source is where an inventory comes from. At least one field is set.
type Source struct {
	Flake string // flake reference, or ""
	File  string // absolute path of a fleet.nix, or ""
}

// Host is a NixOS machine of the fleet, with fleet.nix's settings and their defaults.
type Host struct {
	Name         string // attribute in nixosConfigurations, or the name in fleet.nix
	InFlake      bool   // has a nixosConfigurations entry; otherwise it can only be looked at
	Address      string // what ssh connects to; "" leaves it to the person's ssh configuration
	Port         int    // 0 leaves it to ssh
	User         string // "" leaves it to ssh
	System       string // from fleet.nix; facts and the host itself know better
	Tags         []string
	HostKey      string // "type base64", or ""
	BuildOn      string // "target", "local", or the name of a host or builder
	Sudo         bool
	ForwardAgent bool
	Substitutes  bool
	Hidden       bool
	Intermittent bool
	Frozen       string // why no action may touch it, or ""
	Builder      *Builder
	HealthChecks []string
}

// Builder is a machine that Nix sends builds to.
type Builder struct {
	Name              string
	Host              string // the fleet host that it is, or ""
	Address           string
	Port              int
	User              string // our own login; not SSHUser
	HostKey           string // "type base64"
	Protocol          string // by which it is listed, "ssh" or "ssh-ng"; "" where nothing says it
	Systems           []string
	MaxJobs           int
	SpeedFactor       float64
	SSHUser           string
	SSHKey            string
	SupportedFeatures []string
	MandatoryFeatures []string
	SigningKey        string
	AuthorizedKey     string
	From              []string // sources, such as "fleet.nix", "nix.buildMachines of h1", "/etc/nix/machines"
	Findings          []string // what these disagree on, a sentence each
}

// Equal says whether both are the same builder, listed alike by the same sources.
func (b Builder) Equal(other Builder) bool { return reflect.DeepEqual(b, other) }

// CA is the SSH certificate authority of the fleet.
type CA struct {
	PublicKey  string
	Key        string
	Principals []string
	Validity   string
}

// Inventory is the fleet as declared. Hosts and Builders are sorted by name.
type Inventory struct {
	Source   Source
	Flake    nixcmd.FlakeMetadata // zero without a flake
	Hosts    []Host
	Builders []Builder
	CA       *CA
	Warnings []string // such as an entry of fleet.nix that the flake lacks
	Unlisted []string // entries of machines files that make no sense, a sentence each

	// Deploy says whether deploy.nodes and colmenaHive have been read. While
	// it is FactsPending or FactsStale, Complete is worth calling.
	Deploy Freshness

	unsaid   map[string]unsaid        // what fleet.nix leaves open, by host
	nodes    map[string]nixcmd.Deploy // deploy.nodes and colmenaHive
	declared []Builder                // those that fleet.nix names, as it does
}

// unsaid names the settings of a host on which fleet.nix is silent, so that
// the flake may speak.
type unsaid struct{ address, user, port, tags bool }

// Host returns the host called name.
func (inv *Inventory) Host(name string) (Host, bool) {
	i, ok := slices.BinarySearchFunc(inv.Hosts, name, func(h Host, name string) int { return strings.Compare(h.Name, name) })
	if !ok {
		return Host{}, false
	}
	return inv.Hosts[i], true
}

// Names are the names of all hosts, hidden ones among them.
func (inv *Inventory) Names() []string {
	names := make([]string, len(inv.Hosts))
	for i, h := range inv.Hosts {
		names[i] = h.Name
	}
	return names
}

// Revision is the flake's git revision, also of a tree with changes ("…-dirty"), or "".
func (inv *Inventory) Revision() string {
	if inv.Flake.Revision != "" {
		return inv.Flake.Revision
	}
	return inv.Flake.DirtyRevision
}

// SSHHosts is what the inventory adds to the person's ssh configuration: a
// block for each host and for each builder that is no host.
func (inv *Inventory) SSHHosts() []sshutil.ConfigHost {
	var blocks []sshutil.ConfigHost
	for _, h := range inv.Hosts {
		blocks = append(blocks, sshutil.ConfigHost{Name: h.Name, HostName: h.Address, User: h.User, Port: h.Port})
	}
	for _, b := range inv.Builders {
		if b.Host == "" {
			blocks = append(blocks, sshutil.ConfigHost{Name: b.Name, HostName: b.Address, User: b.User, Port: b.Port})
		}
	}
	return blocks
}

// fill gives the hosts what the flake's deployment settings say where
// fleet.nix is silent: deploy.nodes and colmenaHive first, then the host's own
// configuration.
func (inv *Inventory) fill(facts map[string]Facts) {
	for i := range inv.Hosts {
		h := &inv.Hosts[i]
		open := inv.unsaid[h.Name]
		for _, d := range []nixcmd.Deploy{inv.nodes[h.Name], facts[h.Name].Deploy} {
			if open.address && d.Host != "" {
				h.Address, open.address = d.Host, false
			}
			if open.user && d.User != "" {
				h.User, open.user = d.User, false
			}
			if open.port && d.Port != 0 {
				h.Port, open.port = d.Port, false
			}
			if open.tags && len(d.Tags) > 0 {
				h.Tags, open.tags = slices.Clone(d.Tags), false
			}
		}
	}
}

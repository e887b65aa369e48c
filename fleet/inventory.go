package fleet

import (
	"context"
	"encoding/json"
	"time"

	"nixfleet-tui/nixcmd"
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
}

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
}

// Host returns the host called name.
func (inv *Inventory) Host(name string) (Host, bool) {
	for _, h := range inv.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return Host{}, false
}

// Freshness says how a host's facts stand to the present tree.
type Freshness string

// The states of facts.
const (
	FactsFresh   Freshness = "fresh"   // evaluated at the present fingerprint
	FactsStale   Freshness = "stale"   // evaluated at an earlier one
	FactsPending Freshness = "pending" // not evaluated yet
	FactsFailed  Freshness = "failed"  // the evaluation of the present tree failed
)

// Facts is what the flake says of one host, and how fresh that is.
type Facts struct {
	nixcmd.HostFacts
	State     Freshness
	EvalError string    // Nix's own message when State is FactsFailed
	Revision  string    // of the tree that was evaluated
	At        time.Time // when
}

// Hints as in Error: an inventory error is one sentence and one hint.

// Error is a mistake in what the person gave us, told for people.
type Error struct {
	Message string
	Hint    string
	Err     error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Find looks for the inventory: the flags first, then fleet.nix and flake.nix
// in dir and above it up to the root of the repository.
func Find(dir, flakeFlag, fileFlag string) (Source, error) { panic("soon") }

// Load reads the inventory: names and settings, no facts. With a cache that
// knows the flake's fingerprint no evaluation is made for the names.
func Load(ctx context.Context, ev Evaluator, src Source, cache *Cache) (*Inventory, error) {
	panic("soon")
}

// Cache keeps names and facts between starts, by flake. Methods of a nil
// *Cache do nothing.
type Cache struct{}

// OpenCache opens (or makes) the cache in dir.
func OpenCache(dir string) (*Cache, error) { panic("soon") }

// Facts returns what is known of the hosts at inv's fingerprint or an earlier
// one. Hosts of which nothing is known are FactsPending.
func (c *Cache) Facts(inv *Inventory) map[string]Facts { panic("soon") }

// Evaluate evaluates the hosts in the order given, one at a time at low
// priority, and calls got with each answer as it comes (failures too). What
// was learned is kept in the cache.
func Evaluate(ctx context.Context, ev Evaluator, inv *Inventory, cache *Cache, hosts []string, got func(host string, f Facts)) {
	panic("soon")
}

package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// sourceFlags say where the inventory is and whether Nix may evaluate it.
type sourceFlags struct {
	Flake  string
	File   string
	NoEval bool
}

func (f *sourceFlags) register(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&f.Flake, "flake", "", "flake `REF` whose nixosConfigurations are the hosts (default: ./flake.nix or above)")
	flags.StringVar(&f.File, "fleet", "", "fleet.nix `FILE` with settings of hosts and builders (default: ./fleet.nix or above)")
	flags.BoolVar(&f.NoEval, "no-eval", false, "never evaluate hosts; show what the last evaluation told")
}

// loaded is an inventory with the facts known of it.
type loaded struct {
	inv   *fleet.Inventory
	low   fleet.Evaluator // Nix, at low priority
	cache *fleet.Cache
	facts map[string]fleet.Facts

	listed    map[string]fleet.Machines // by host, its machines file; of hosts that were read
	histories *fleet.Histories          // of the flake's repository
}

// load finds and reads the inventory, and the facts that are known already.
func (p *Program) load(ctx context.Context, src *sourceFlags) (*loaded, error) {
	nix, err := p.World.Nix(false)
	if err != nil {
		return nil, err
	}
	return p.loadBy(ctx, nix, src)
}

// loadFixed is load for what is going to be deployed: a lock file that would
// have to change is an error.
func (p *Program) loadFixed(ctx context.Context, src *sourceFlags) (*loaded, error) {
	nix, err := p.World.Nix(false)
	if err != nil {
		return nil, err
	}
	if n, ok := nix.(*nixcmd.Nix); ok { // the demo's flake has no lock file
		n.FixedLock = true
	}
	return p.loadBy(ctx, nix, src)
}

func (p *Program) loadBy(ctx context.Context, nix fleet.Evaluator, src *sourceFlags) (*loaded, error) {
	from, err := p.World.Find(src.Flake, src.File)
	if err != nil {
		return nil, err
	}
	cache, err := fleet.OpenCache(p.World.CacheDir())
	if err != nil {
		p.warnOfCache(err)
		cache = nil
	}
	inv, err := fleet.Load(ctx, nix, from, cache)
	if err != nil {
		return nil, err
	}
	if inv.Deploy == fleet.FactsPending && !src.NoEval {
		// Where to connect may stand in the flake's deployment settings, of
		// which nothing is known yet.
		if inv, err = fleet.Complete(ctx, nix, inv, cache); err != nil {
			return nil, err
		}
	}
	low, err := p.World.Nix(true)
	if err != nil {
		return nil, err
	}
	if err := cache.Err(); err != nil {
		p.warnOfCache(err)
	}
	l := &loaded{inv: inv, low: low, cache: cache, histories: &fleet.Histories{Dir: inv.Flake.Dir}}
	return l, p.learn(l, cache.Facts(inv))
}

// warnOfCache tells of a cache that cannot be kept, which costs time, not truth.
func (p *Program) warnOfCache(err error) {
	fmt.Fprintf(p.IO.Err, "warning: what Nix says cannot be kept for the next start: %s\n", text.Line(err.Error()))
}

// known is what the last load told, without asking Nix; nil when nothing is kept.
func (p *Program) known(src *sourceFlags) (*loaded, error) {
	from, err := p.World.Find(src.Flake, src.File)
	if err != nil {
		return nil, err
	}
	cache, err := fleet.OpenCache(p.World.CacheDir())
	if err != nil {
		return nil, err
	}
	inv, ok := fleet.Known(from, cache)
	if !ok {
		return nil, nil
	}
	low, err := p.World.Nix(true)
	if err != nil {
		return nil, err
	}
	l := &loaded{inv: inv, low: low, cache: cache, histories: &fleet.Histories{Dir: inv.Flake.Dir}}
	return l, p.learn(l, cache.Facts(inv))
}

// learn takes in facts, and what they say of builders and addresses.
func (p *Program) learn(l *loaded, facts map[string]fleet.Facts) error {
	l.facts, l.inv = facts, l.inv.With(fleet.Sources{Facts: facts, Here: p.World.Machines(), Listed: l.listed})
	return nil
}

// someHost is an *Error for a fleet without hosts.
func (l *loaded) someHost() error {
	if len(l.inv.Hosts) > 0 {
		return nil
	}
	return &fleet.Error{Message: "there are no hosts in " + sourceWords(l),
		Hint: "A host is an attribute of the flake's nixosConfigurations, or an entry of fleet.nix such as hosts.web1 = { address = \"web1.example.org\"; }."}
}

// pick are the names of the hosts that sel selects. statuses may be nil.
func (l *loaded) pick(ctx context.Context, sel fleet.Selection, statuses map[string]fleet.Status) ([]string, error) {
	if err := l.someHost(); err != nil {
		return nil, err
	}
	return sel.Select(fleet.Subjects(l.rows(ctx, statuses)))
}

// history says how revisions of hosts stand to the flake's.
func (l *loaded) history(ctx context.Context) func(revision string) fleet.History {
	return func(revision string) fleet.History { return l.histories.Of(ctx, revision, l.inv.Revision()) }
}

// rows are the hosts with all that is known of them. statuses may be nil.
func (l *loaded) rows(ctx context.Context, statuses map[string]fleet.Status) []fleet.Row {
	return fleet.Rows(l.inv, l.facts, statuses, l.history(ctx))
}

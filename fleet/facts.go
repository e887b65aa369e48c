package fleet

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"time"

	"nixfleet-tui/nixcmd"
)

// Freshness says how a host's facts stand to the present tree.
type Freshness string

// The states of facts.
const (
	FactsFresh   Freshness = "fresh"   // evaluated at the present fingerprint, or nothing to evaluate
	FactsStale   Freshness = "stale"   // evaluated at an earlier one
	FactsPending Freshness = "pending" // not evaluated yet
	FactsFailed  Freshness = "failed"  // the evaluation of the present tree failed
)

// Facts is what the flake says of one host, and how fresh that is. Of a host
// that the flake does not have they are fresh and empty.
type Facts struct {
	nixcmd.HostFacts
	State     Freshness
	EvalError string    // Nix's own message when State is FactsFailed
	Revision  string    // of the tree that was evaluated
	At        time.Time // when
}

// Evaluate evaluates the hosts in the order given, one at a time, and calls
// got with each answer as it comes (failures too). What was learned is kept in
// the cache. It returns at once when ctx ends. Hosts that the flake lacks are
// passed over.
func Evaluate(ctx context.Context, ev Evaluator, inv *Inventory, cache *Cache, hosts []string, got func(host string, f Facts)) {
	for _, name := range hosts {
		h, ok := inv.Host(name)
		if !ok || !h.InFlake {
			continue
		}
		facts, err := ev.Facts(ctx, pinned(inv.Flake), name)
		if ctx.Err() != nil {
			return
		}
		if inv.Flake.Dirty() && moved(ctx, ev, inv) {
			// What was read belongs to a tree that nobody has a fingerprint of.
			got(name, outdated(cache.factsOf(inv, name), facts, err))
			continue
		}
		if err == nil {
			cache.keepFacts(inv, name, facts)
			got(name, Facts{HostFacts: facts, State: FactsFresh, Revision: inv.Revision(), At: cache.clock()})
			continue
		}
		failure := nixSentence(err)
		if lasting(err) {
			cache.keepFailure(inv, name, failure)
		}
		f := cache.factsOf(inv, name)
		f.State, f.EvalError = FactsFailed, failure
		got(name, f)
	}
}

// moved says whether the tree has changed since inv was loaded.
func moved(ctx context.Context, ev Evaluator, inv *Inventory) bool {
	now, err := ev.Metadata(ctx, inv.Source.Flake)
	return err != nil || now.Fingerprint != inv.Flake.Fingerprint
}

// outdated is what to show after an evaluation during which the tree changed.
func outdated(known Facts, facts nixcmd.HostFacts, err error) Facts {
	if err == nil {
		known.HostFacts = facts
	}
	known.State = FactsStale
	return known
}

// lasting says whether the same tree would fail again: not when nix itself is
// missing or was killed, such as by the kernel for its memory.
func lasting(err error) bool {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 0 {
		return false
	}
	return !errors.Is(err, exec.ErrNotFound)
}

// Complete reads deploy.nodes and colmenaHive, where that has not been done at
// the present fingerprint, and returns the inventory with what they say. It
// can take as long as evaluating every host, so it belongs in the background;
// an action that would connect to a host must have waited for it once. A flake
// whose nodes cannot be read leaves a warning, not an error.
func Complete(ctx context.Context, ev Evaluator, inv *Inventory, cache *Cache) (*Inventory, error) {
	if inv.Deploy == FactsFresh || inv.Deploy == FactsFailed {
		return inv, nil
	}
	nodes, err := ev.DeployNodes(ctx, pinned(inv.Flake))
	if ctx.Err() != nil {
		return inv, ctx.Err()
	}
	full := *inv
	full.Hosts = slices.Clone(inv.Hosts)
	full.Deploy = FactsFresh
	failure := ""
	if err != nil {
		failure, full.Deploy = nixSentence(err), FactsFailed
		full.Warnings = append(slices.Clone(inv.Warnings), deployWarning(failure))
	}
	if err == nil || lasting(err) {
		cache.keepDeploy(inv, nodes, failure)
	}
	if err == nil || len(nodes) > 0 { // one of the two sources may be well
		full.nodes = nodes
	}
	full.fill(nil)
	return &full, nil
}

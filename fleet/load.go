package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"nixfleet-tui/nixcmd"
)

// Load reads the inventory: names and settings, no facts. With a cache that
// knows the flake's fingerprint no evaluation is made for the names, nor for a
// fleet.nix whose text it knows. Errors in what the person wrote are an *Error.
func Load(ctx context.Context, ev Evaluator, src Source, cache *Cache) (*Inventory, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		both     sync.WaitGroup
		said     saidFile
		meta     nixcmd.FlakeMetadata
		names    []string
		fileErr  error
		flakeErr error
	)
	both.Go(func() {
		if said, fileErr = readFile(ctx, ev, src, cache); fileErr != nil {
			cancel(fileErr) // the flake's answer would be of no use
		}
	})
	both.Go(func() { meta, names, flakeErr = readNames(ctx, ev, src, cache) })
	both.Wait()
	if fileErr != nil {
		return nil, fileErr
	}
	if flakeErr != nil {
		return nil, flakeErr
	}
	cache.keepFile(src, said)
	return assemble(src, meta, names, said.value, cache.deploy(src, meta.Fingerprint))
}

// Known is what the last Load of src saw, without asking Nix: something to
// show until Load has answered. Whether the tree has moved on since is not
// known, so no facts are fresh. Its second result is false when nothing is kept.
func Known(src Source, cache *Cache) (*Inventory, bool) {
	entry, ok := cache.read(src)
	if !ok || src.Flake != "" && entry.Names == nil || src.File != "" && entry.File == nil {
		return nil, false
	}
	var meta nixcmd.FlakeMetadata
	var names []string
	if entry.Names != nil {
		meta, names = entry.Names.Flake, entry.Names.Hosts
		meta.Fingerprint = ""
	}
	inv, err := assemble(src, meta, names, entry.File, cache.deploy(src, meta.Fingerprint))
	return inv, err == nil
}

func readNames(ctx context.Context, ev Evaluator, src Source, cache *Cache) (nixcmd.FlakeMetadata, []string, error) {
	if src.Flake == "" {
		return nixcmd.FlakeMetadata{}, nil, nil
	}
	meta, err := ev.Metadata(ctx, src.Flake)
	if err != nil {
		return meta, nil, flakeMistake(src.Flake, err)
	}
	if names, ok := cache.names(src, meta.Fingerprint); ok {
		return meta, names, nil
	}
	names, err := ev.HostNames(ctx, pinned(meta))
	if err != nil {
		return meta, nil, flakeMistake(src.Flake, err)
	}
	cache.keepNames(src, meta, names)
	return meta, names, nil
}

// pinned is the reference to evaluate: locked where the tree is clean, so that
// the answer belongs to the fingerprint.
func pinned(meta nixcmd.FlakeMetadata) string {
	if meta.Dirty() {
		return meta.URL
	}
	return meta.LockedURL
}

// assemble makes the inventory from what was read.
func assemble(src Source, meta nixcmd.FlakeMetadata, names []string, raw json.RawMessage, nodes deployNodes) (*Inventory, error) {
	d := declared{}
	if raw != nil {
		var err error
		if d, err = parseFleetFile(src.File, raw); err != nil {
			return nil, err
		}
	}
	all := union(names, sortedKeys(d.hosts))
	if err := checkBuildOn(src.File, d, all); err != nil {
		return nil, err
	}
	inv := &Inventory{
		Source: src, Flake: meta, CA: d.ca, Deploy: nodes.state,
		unsaid: make(map[string]unsaid, len(all)), nodes: nodes.hosts,
	}
	if src.Flake == "" {
		inv.Deploy = FactsFresh
	}
	inFlake := make(map[string]bool, len(names))
	for _, name := range names {
		inFlake[name] = true
	}
	var strangers []string
	for _, name := range all {
		h := hostOf(name, d)
		h.InFlake = inFlake[name]
		if !h.InFlake && src.Flake != "" && !h.Hidden {
			strangers = append(strangers, name)
		}
		inv.Hosts = append(inv.Hosts, h)
		inv.unsaid[name] = unsaidOf(d.hosts[name], d.defaults)
	}
	inv.Warnings = lacking(strangers, names)
	if nodes.err != "" {
		inv.Warnings = append(inv.Warnings, deployWarning(nodes.err))
	}
	inv.fill(nil)
	inv.declareBuilders(d)
	return inv, nil
}

// lacking warns of hosts that the flake has not: of each that may be misspelled,
// and of the others together.
func lacking(strangers, names []string) []string {
	const what = "in fleet.nix but not in the flake's nixosConfigurations"
	var warnings, others []string
	for _, name := range strangers {
		if near := nearest(name, names); near != "" {
			warnings = append(warnings, fmt.Sprintf("%s stands %s: it can be looked at, not deployed (did you mean %s?)", name, what, near))
		} else {
			others = append(others, name)
		}
	}
	switch len(others) {
	case 0:
		return warnings
	case 1:
		return append(warnings, fmt.Sprintf("%s stands %s: it can be looked at, not deployed", others[0], what))
	}
	return append(warnings, fmt.Sprintf("%s stand %s: they can be looked at, not deployed", some(others), what))
}

// some names a few hosts, and says how many there are beside them.
func some(hosts []string) string {
	const named = 4
	if len(hosts) <= named {
		return strings.Join(hosts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(hosts[:named], ", "), len(hosts)-named)
}

func deployWarning(failure string) string {
	return "the flake's deploy.nodes or colmenaHive cannot be read: " + failure
}

// hostOf merges a host's settings with the defaults.
func hostOf(name string, d declared) Host {
	s, all := d.hosts[name], d.defaults
	h := Host{
		Name: name, Address: orElse(s.address, ""), Port: orElse(first(s.port, all.port), 0),
		User: orElse(first(s.user, all.user), ""), System: orElse(s.system, ""), Tags: s.tags,
		HostKey: orElse(s.hostKey, ""), BuildOn: orElse(first(s.buildOn, all.buildOn), "target"),
		Sudo: orElse(first(s.sudo, all.sudo), true), ForwardAgent: orElse(first(s.forwardAgent, all.forwardAgent), true),
		Substitutes: orElse(first(s.substitutes, all.substitutes), true),
		Hidden:      orElse(s.hidden, false), Intermittent: orElse(s.sometimes, false), Frozen: orElse(s.frozen, ""),
		HealthChecks: s.healthChecks,
	}
	if h.BuildOn == name {
		h.BuildOn = "target"
	}
	if s.builder != nil {
		b := *s.builder
		b.Name, b.Host = name, name
		h.Builder = &b
	}
	return h
}

func unsaidOf(s, all settings) unsaid {
	return unsaid{
		address: s.address == nil, user: first(s.user, all.user) == nil,
		port: first(s.port, all.port) == nil, tags: s.tags == nil,
	}
}

// union merges two sorted lists of names.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all)
}

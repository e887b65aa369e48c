package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
)

// The flake that the demo pretends to be about.
const (
	flakeURL     = "git+https://git.example.org/fleet"
	cacheKey     = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="
	stateVersion = "25.11"
)

// Evaluator answers what nix would say of the demo's flake and of fleet.nix.
// It has the methods of fleet.Evaluator and runs nothing.
type Evaluator struct {
	hosts []host        // sorted by name
	pause time.Duration // for one host's facts
}

// NewEvaluator reads the embedded fleet, as large as HostsVariable has it.
func NewEvaluator(wanted string) (*Evaluator, error) {
	hosts, err := readFleet()
	if err != nil {
		return nil, err
	}
	return &Evaluator{hosts: withCopies(hosts, hostsWanted(wanted)), pause: evaluateFacts}, nil
}

// Metadata describes a clean tree that never moves.
func (e *Evaluator) Metadata(_ context.Context, ref string) (nixcmd.FlakeMetadata, error) {
	rev := revisions()[0].rev
	return nixcmd.FlakeMetadata{
		Ref: ref, URL: flakeURL, LockedURL: flakeURL + "?rev=" + rev,
		Fingerprint: "demo-" + rev, Revision: rev,
	}, nil
}

// HostNames are the hosts of the embedded fleet.
func (e *Evaluator) HostNames(context.Context, string) ([]string, error) {
	names := make([]string, len(e.hosts))
	for i, h := range e.hosts {
		names[i] = h.Name
	}
	return names, nil
}

// Facts is what evaluating one host would tell.
func (e *Evaluator) Facts(ctx context.Context, ref, name string) (nixcmd.HostFacts, error) {
	if err := pause(ctx, e.pause); err != nil {
		return nixcmd.HostFacts{}, fmt.Errorf("evaluating %s: %w", name, err)
	}
	if i, ok := slices.BinarySearchFunc(e.hosts, name, func(h host, name string) int { return strings.Compare(h.Name, name) }); ok {
		return e.factsOf(e.hosts[i]), nil
	}
	return nixcmd.HostFacts{}, &nixcmd.Error{
		Doing:   "evaluating " + name,
		Message: fmt.Sprintf("flake '%s' does not provide attribute 'nixosConfigurations.\"%s\"'", ref, name),
	}
}

func (e *Evaluator) factsOf(h host) nixcmd.HostFacts {
	f := nixcmd.HostFacts{
		System: h.System, BuildSystem: h.System, HostName: h.Name, FQDN: h.fqdn(),
		Wanted: systemOf(h.itself(), revisions()[0]).path, TrustedKeys: []string{cacheKey}, StateVersion: stateVersion,
	}
	for i := range e.hosts {
		other := &e.hosts[i]
		b := other.Builder
		if b == nil || other.Name == h.Name {
			continue
		}
		f.TrustedKeys = append(f.TrustedKeys, b.SigningKey)
		f.Machines = append(f.Machines, nixcmd.Machine{
			Protocol: "ssh-ng", HostName: other.fqdn(), User: b.SSHUser, Systems: b.Systems, SSHKey: b.SSHKey,
			MaxJobs: b.MaxJobs, SpeedFactor: b.SpeedFactor,
			SupportedFeatures: b.SupportedFeatures, MandatoryFeatures: b.MandatoryFeatures,
		})
	}
	return f
}

// DeployNodes is empty: the demo's flake has neither deploy-rs nor colmena in it.
func (e *Evaluator) DeployNodes(context.Context, string) (map[string]nixcmd.Deploy, error) {
	return nil, nil
}

// File is the embedded fleet.nix, whatever the path.
func (e *Evaluator) File(context.Context, string) (json.RawMessage, error) {
	return fileWithCopies(e.hosts)
}

// pause waits for d, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package cli

import (
	"context"
	"os"
	"slices"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// lookAtOwnBuilders finds out how the machines are to which this machine's Nix
// sends builds, if something of the plan is built here: as ourselves, and as
// this machine's root, whose login to them counts.
func (s *scout) lookAtOwnBuilders(ctx context.Context, plan *rollout.Plan) rollout.OwnBuilders {
	look, looked := s.ground.Looks[rollout.Here]
	if !looked || look.Err != nil || !plan.BuildsHere() {
		return rollout.OwnBuilders{}
	}
	own := rollout.OwnBuilders{
		Machines: look.Survey.MachinesIn(os.ReadFile), Health: s.ground.Helpers,
		Trusted: s.Env.User == "root" || look.Survey.Trust == nixcmd.Trusted,
	}
	if plan.Alone {
		look.Survey.Machines = nil // nobody helps it
		s.ground.Looks[rollout.Here] = look
		return own
	}
	var names []string
	for _, m := range own.Machines {
		if _, known := s.ground.Helpers[m.HostName]; !known && !slices.Contains(names, m.HostName) {
			names = append(names, m.HostName)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	told := map[string]fleet.Ladder{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for _, m := range own.Machines {
		b := s.ownBuilder(m)
		asking.Go(func() {
			if l, err := s.askHere(ctx, b); err == nil { // else its root cannot be asked, which says nothing
				mu.Lock()
				told[m.HostName] = l
				mu.Unlock()
			}
		})
	}
	s.lookAtHelpers(ctx, names)
	asking.Wait()
	for name, l := range told {
		s.ground.Helpers[name] = s.ground.Helpers[name].Told(l)
	}
	return own
}

// ownBuilder is the builder that a machines file names, as that file has it.
func (l *loaded) ownBuilder(m nixcmd.Machine) fleet.Builder {
	b := l.builderCalled(m.HostName)
	b.Address, b.Port, b.SSHUser, b.SSHKey, b.Protocol = m.HostName, m.Port, m.User, m.SSHKey, m.Protocol
	b.HostKey = m.PublicHostKey
	return b
}

package cli

import (
	"context"
	"slices"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// readListed has every host tell which builders its machines file lists, over
// connections that are used again afterwards. What a host does not tell in time
// is not known.
func (p *Program) readListed(ctx context.Context, l *loaded, pool *sshutil.Pool) error {
	var names []string
	for _, h := range l.inv.Hosts {
		if !h.Hidden {
			names = append(names, h.Name)
		}
	}
	statuses := map[string]fleet.Status{}
	var mu sync.Mutex
	within, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	prober := &fleet.Prober{Connect: fleet.PoolConnect(pool), Now: p.Env.Now}
	prober.ReadAll(within, names, true, func(host string, s fleet.Status) {
		mu.Lock()
		defer mu.Unlock()
		statuses[host] = s
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	before := l.inv.SSHHosts()
	l.listed = listedIn(l.inv, statuses)
	if err := p.learn(l, l.facts); err != nil {
		return err
	}
	if slices.EqualFunc(before, l.inv.SSHHosts(), sameSSH) {
		return nil
	}
	return p.rewriteSSH(l)
}

// ill says whether a builder needs somebody to look at it.
func ill(builders []fleet.BuilderHealth) bool {
	return slices.ContainsFunc(builders, func(b fleet.BuilderHealth) bool {
		return b.Health == fleet.HealthIll || b.Health == fleet.HealthDown
	})
}

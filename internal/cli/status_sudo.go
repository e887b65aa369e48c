package cli

import (
	"context"
	"errors"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// readHosts reads hosts, and how sudo lets people through where they answer: over
// the same connections, while others are still being waited for.
func (o *statusOptions) readHosts(ctx context.Context, l *loaded, names []string, asked *tally) (map[string]fleet.Status, error) {
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	var (
		agent   = sync.OnceValue(func() sshutil.SudoAgent { return o.World.Agent(ctx) })
		looking sync.WaitGroup
		mu      sync.Mutex
	)
	o.sudo = map[string]fleet.SudoForecast{}
	statuses := o.readAll(ctx, pool, names, func(host string, s fleet.Status) {
		asked.one()
		h, ours := l.inv.Host(host)
		if !ours || !h.Sudo || s.State != fleet.StateUp {
			return
		}
		looking.Go(func() {
			// What cannot be read stays unknown; that a host is ill is told by its status.
			if f, err := o.foretellOn(ctx, pool, h, agent); err == nil {
				mu.Lock()
				o.sudo[host] = f
				mu.Unlock()
			}
		})
	})
	looking.Wait()
	return statuses, errors.Join(ctx.Err(), done())
}

// foretellOn reads how sudo lets people through on a host, and foretells it.
func (p *Program) foretellOn(ctx context.Context, pool *sshutil.Pool, h fleet.Host, agent func() sshutil.SudoAgent) (fleet.SudoForecast, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	client, err := pool.Client(ctx, h.Name)
	if err != nil {
		return fleet.SudoForecast{}, err
	}
	survey, err := fleet.ReadSurvey(ctx, client, fleet.Questions{Means: true}, p.Env.Now)
	if err == nil && survey.Means == nil {
		err = errNoLook
	}
	if err != nil {
		return fleet.SudoForecast{}, err
	}
	return p.forecast(h.Name, survey, agent(), h.ForwardAgent || client.Target().ForwardAgent), nil
}

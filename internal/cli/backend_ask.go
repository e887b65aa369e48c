package cli

import (
	"context"

	"nixfleet-tui/fleet"
)

// Ask implements ui.Backend, over the connections by which hosts are watched.
func (b *backend) Ask(ctx context.Context, host, command string) fleet.Answer {
	b.mu.Lock()
	links := b.links
	b.mu.Unlock()
	if links == nil {
		return fleet.Answer{Host: host, Err: &fleet.Error{Message: "there is no connection yet", Hint: "Ask again in a moment."}}
	}
	select {
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return fleet.Answer{Host: host, Err: &fleet.Error{Message: "it was not asked any more", Err: ctx.Err()}}
	}
	r, forwards, err := links.runner(ctx, host)
	if err != nil {
		return fleet.Answer{Host: host, Err: asFleetError(err)}
	}
	a := fleet.Ask(ctx, r, host, command, forwards, b.Env.Now)
	if a.Err != nil {
		a.Err = asFleetError(a.Err)
	}
	return a
}

package cli

import (
	"context"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// askTouch has the dashboard log in on a host with a key that wants a touch, if
// nothing else would help: whoever asks for this one host sits there.
func (b *backend) askTouch(host string) bool {
	b.mu.Lock()
	needs := b.statuses[host].NeedsTouch()
	b.mu.Unlock()
	if needs {
		select {
		case b.toTouch <- host:
		default: // another one is waited for already
		}
	}
	return needs
}

// touches logs in on hosts with a key that wants a touch, one after the other.
// The connection is then there for all who read the host.
func (b *backend) touches(ctx context.Context, pool *sshutil.Pool, watch *fleet.Watch) {
	for {
		select {
		case <-ctx.Done():
			return
		case host := <-b.toTouch:
			b.news.Post(ui.Said{Message: "touch your security key to log in on " + text.Line(host)})
			if _, err := pool.ClientTouch(ctx, host); err != nil {
				b.complain(err)
				continue
			}
			watch.Refresh(host)
		}
	}
}

package cli

import (
	"nixfleet-tui/rollout"
)

// logins are those that were made with OpenSSH for what is being proposed: to
// try out a password, or because somebody had to answer. The dashboard keeps
// them for the next proposal, until a run takes them over.
func (b *backend) logins() (*sharing, error) {
	l := b.inventory()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shared != nil && sameHosts(b.sharedBy, l) {
		return b.shared, nil
	}
	err := b.shared.end()
	if b.shared = nil; err != nil {
		return nil, err
	}
	b.sharedBy = l.inv.SSHHosts()
	b.shared, err = b.share(b.store, l)
	return b.shared, err
}

// hand gives them to a run that is being started.
func (b *backend) hand(p *rollout.Plan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Sockets == "" && b.shared != nil {
		b.shared.give(p)
		b.shared = nil
	}
}

// endLogins ends those that no run has taken over.
func (b *backend) endLogins() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shared.end()
}

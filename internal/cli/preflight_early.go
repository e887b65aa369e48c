package cli

import (
	"context"
	"errors"
	"slices"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// links are connections for one preflight.
type links struct {
	pool    *sshutil.Pool
	shared  *sharing             // logins that the run will share; nil without
	hosts   []sshutil.ConfigHost // by which they were made
	dialing sync.WaitGroup
	done    func() error
}

// linksOf are the links that a pool is already.
func linksOf(pool *sshutil.Pool, l *loaded) *links {
	return &links{pool: pool, hosts: l.inv.SSHHosts()}
}

// linkEarly begins to connect to the hosts that a selection will most probably
// mean, by what was known at the last start, while Nix reads the flake. It does
// nothing but log in, and nothing at all where that much is not sure.
func (o *actionOptions) linkEarly(ctx context.Context, store *rollout.Store, sel fleet.Selection) *links {
	if sel.NeedsStatus() || sel.NeedsFacts() {
		return nil
	}
	l, err := o.known(o.Source)
	if l == nil || err != nil {
		return nil // what is wrong will be said when it is needed
	}
	names, err := l.pick(ctx, sel, nil)
	if err != nil {
		return nil // likewise
	}
	early, err := o.link(ctx, store, l)
	if err != nil {
		return nil // likewise
	}
	for _, name := range names[:min(len(names), looksAtOnce)] {
		early.dialing.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			early.reach(ctx, name) // whoever needs it is told why there is none
		})
	}
	return early
}

// link makes links by the settings of an inventory.
func (p *Program) link(ctx context.Context, store *rollout.Store, l *loaded) (*links, error) {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	k := linksOf(pool, l)
	k.done = done
	if k.shared, err = p.share(store, l); err != nil {
		return nil, errors.Join(err, k.end())
	}
	return k, nil
}

// sameHosts says whether an inventory leads where settings did.
func sameHosts(hosts []sshutil.ConfigHost, l *loaded) bool {
	return slices.EqualFunc(hosts, l.inv.SSHHosts(), sameSSH)
}

// fit says whether they lead where the inventory's settings lead.
func (k *links) fit(l *loaded) bool {
	return k != nil && sameHosts(k.hosts, l)
}

// end closes them, but for what a run has taken over. There may be none.
func (k *links) end() error {
	if k == nil {
		return nil
	}
	err := k.pool.Close()
	k.dialing.Wait()
	return errors.Join(err, k.shared.end(), k.done())
}

package sshutil

import (
	"context"
	"errors"
	"time"

	"golang.org/x/crypto/ssh"
)

// slot takes one of the connection's sessions. Where all are taken, the kept
// shell gives up its own.
func (n *native) slot(ctx context.Context) error {
	select {
	case n.sessions <- struct{}{}:
		return nil
	default:
		n.yield(false)
	}
	select {
	case n.sessions <- struct{}{}:
		return nil
	case <-n.ended:
		return errNotStarted
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *native) release() { <-n.sessions }

// open opens a session; end closes it. A host that allows fewer than we use
// (MaxSessions) refuses: then it is asked again when one of ours was closed,
// and a little later, because it notices that later than we do. The kept shell
// makes room. One that refuses for a while though none is open allows none.
func (n *native) open(ctx context.Context) (session *ssh.Session, end func(), err error) {
	var alone time.Time // since when it refuses though none is open
	for wait := openRetry; ; wait = min(2*wait, openPatience) {
		session, err := opening(n, n.client.NewSession)
		if err == nil {
			n.count(1)
			return session, func() { session.Close(); n.count(-1) }, nil
		}
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) {
			return nil, nil, errors.Join(errNotStarted, err)
		}
		n.yield(true)
		others, fewer := n.openNow()
		switch {
		case others > 0:
			alone = time.Time{}
		case alone.IsZero():
			alone = time.Now()
		case time.Since(alone) > openPatience:
			return nil, nil, newError(KindSessionLimit, n.host, "the host opens no session: "+refused.Message,
				"raise MaxSessions in its sshd, or close other connections", err)
		}
		if err := n.wait(ctx, fewer, wait); err != nil {
			return nil, nil, err
		}
	}
}

// wait waits until a session was closed, or for a time.
func (n *native) wait(ctx context.Context, fewer <-chan struct{}, at time.Duration) error {
	later := time.NewTimer(at)
	defer later.Stop()
	select {
	case <-fewer:
	case <-later.C:
	case <-n.ended:
		return errNotStarted
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// count notes that a session was opened or closed.
func (n *native) count(change int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.opened += change
	if change < 0 {
		close(n.fewer)
		n.fewer = make(chan struct{})
	}
}

// openNow is how many sessions are open, and a channel that is closed when one
// is closed.
func (n *native) openNow() (int, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.opened, n.fewer
}

package sshutil

import (
	"context"
	"errors"
)

// Pool keeps one Client per host and dials again when it has died. Concurrent
// calls for one host share one dial.
type Pool struct {
	hosts  *sharing
	dialer *Dialer
}

// NewPool returns an empty pool over d.
func NewPool(d *Dialer) *Pool { return &Pool{newSharing(d.Dial), d} }

// Client returns the host's connection, dialling if there is none. A dial that
// nobody waits for any more is given up. A failed one is not remembered: the
// next call tries again at once.
func (p *Pool) Client(ctx context.Context, name string) (*Client, error) {
	return p.hosts.get(ctx, name)
}

// ClientTouch is Client for when somebody sits there and was told: keys that
// want a touch may be used, see Dialer.DialTouch. The connection is then there
// for everybody.
func (p *Pool) ClientTouch(ctx context.Context, name string) (*Client, error) {
	client, err := p.hosts.getBy(ctx, name, p.dialer.DialTouch)
	var told *Error
	if errors.As(err, &told) && told.Kind == KindNeedsTouch { // somebody else's dial was joined
		return p.hosts.getBy(ctx, name, p.dialer.DialTouch)
	}
	return client, err
}

// Run runs cmd on the host called name. If the host's connection turns out to
// have died before the command was sent, it is made anew once.
func (p *Pool) Run(ctx context.Context, name string, cmd Command) (Result, error) {
	for again := false; ; again = true {
		client, err := p.Client(ctx, name)
		if err != nil {
			return Result{}, err
		}
		result, err := client.Run(ctx, cmd)
		if !again && errors.Is(err, errNotStarted) {
			continue
		}
		return result, err
	}
}

// Drop ends the host's connection, if there is one, without waiting for it.
func (p *Pool) Drop(name string) { p.hosts.drop(name) }

// Close ends all connections and dials, and waits for them.
func (p *Pool) Close() error {
	p.hosts.close()
	return nil
}

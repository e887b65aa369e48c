package sshutil

import (
	"context"
	"errors"
)

// Pool keeps one Client per host and dials again when it has died. Concurrent
// calls for one host share one dial.
type Pool struct {
	hosts *sharing
}

// NewPool returns an empty pool over d.
func NewPool(d *Dialer) *Pool { return &Pool{newSharing(d.Dial)} }

// Client returns the host's connection, dialling if there is none. A dial that
// nobody waits for any more is given up. A failed one is not remembered: the
// next call tries again at once, see RetryAfter.
func (p *Pool) Client(ctx context.Context, name string) (*Client, error) {
	return p.hosts.get(ctx, name)
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

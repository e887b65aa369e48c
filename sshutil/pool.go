package sshutil

import (
	"context"
	"errors"
	"sync"
)

// Pool keeps one Client per host and dials again when it has died. Concurrent
// calls for one host share one dial.
type Pool struct {
	dialer *Dialer

	mu     sync.Mutex
	hosts  map[string]*pooled
	closed bool
	dials  sync.WaitGroup
}

// pooled is a host's connection, or the dial that will make it.
type pooled struct {
	ready   chan struct{} // closed when client or err is set
	client  *Client
	err     error
	waiters int
	cancel  context.CancelFunc
}

// errPoolClosed is the cause when a closed Pool is asked for a connection.
var errPoolClosed = errors.New("the pool is closed")

// NewPool returns an empty pool over d.
func NewPool(d *Dialer) *Pool { return &Pool{dialer: d, hosts: map[string]*pooled{}} }

// Client returns the host's connection, dialling if there is none. A dial that
// nobody waits for any more is given up. A failed one is not remembered: the
// next call tries again at once.
func (p *Pool) Client(ctx context.Context, name string) (*Client, error) {
	h, err := p.join(name)
	if err != nil {
		return nil, err
	}
	select {
	case <-h.ready:
	case <-ctx.Done():
		p.leave(name, h)
		return nil, contextError(name, "connecting", ctx.Err())
	}
	p.leave(name, h)
	return h.client, h.err
}

// join finds the host's connection or dial, and starts one if there is none.
func (p *Pool) join(name string) (*pooled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, newError(KindCanceled, name, "connections are being closed", "", errPoolClosed)
	}
	h := p.hosts[name]
	if h == nil || h.dead() {
		ctx, cancel := context.WithCancel(context.Background())
		h = &pooled{ready: make(chan struct{}), cancel: cancel}
		if old := p.hosts[name]; old != nil {
			p.discard(old)
		}
		p.hosts[name] = h
		p.dials.Go(func() { p.dial(ctx, name, h) })
	}
	h.waiters++
	return h, nil
}

// dead reports whether a connection is over, or its dial failed.
func (h *pooled) dead() bool {
	select {
	case <-h.ready:
	default:
		return false
	}
	if h.err != nil {
		return true
	}
	select {
	case <-h.client.Done():
		return true
	default:
		return false
	}
}

func (p *Pool) dial(ctx context.Context, name string, h *pooled) {
	defer h.cancel()
	client, err := p.dialer.Dial(ctx, name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && p.hosts[name] != h {
		// Dropped meanwhile, or nobody waits.
		p.discard(&pooled{client: client})
		client, err = nil, contextError(name, "connecting", context.Canceled)
	}
	h.client, h.err = client, err
	if err != nil && p.hosts[name] == h {
		delete(p.hosts, name)
	}
	close(h.ready)
}

// leave takes one waiter away; a dial without any is given up.
func (p *Pool) leave(name string, h *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h.waiters--
	select {
	case <-h.ready:
		return
	default:
	}
	if h.waiters == 0 {
		h.cancel()
		if p.hosts[name] == h {
			delete(p.hosts, name)
		}
	}
}

// discard closes a connection that nobody will be given again.
func (p *Pool) discard(h *pooled) {
	if h.cancel != nil {
		h.cancel()
	}
	if h.client != nil {
		p.dials.Go(func() { h.client.Close() }) // it is gone either way
	}
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

// Drop closes the host's connection, if there is one, without waiting for it.
func (p *Pool) Drop(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hosts[name]
	if h == nil {
		return
	}
	delete(p.hosts, name)
	p.discard(h)
}

// Close ends all connections and dials, and waits for them.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	for name, h := range p.hosts {
		delete(p.hosts, name)
		p.discard(h)
	}
	p.mu.Unlock()
	p.dials.Wait()
	return nil
}

package sshutil

import (
	"context"
	"errors"
	"sync"
)

// sharing keeps one Client per key and makes it when it is asked for.
// Concurrent calls for one key share one dial, which ends when nobody waits
// for it any more.
type sharing struct {
	dial func(ctx context.Context, key string) (*Client, error)

	mu     sync.Mutex
	byKey  map[string]*shared
	closed bool
	owned  sync.WaitGroup
}

// shared is a connection, or the dial that will make it.
type shared struct {
	ready   chan struct{} // closed when client or err is set
	client  *Client
	err     error
	waiters int
	cancel  context.CancelFunc
}

// errClosed is the cause when a connection is asked for after the end.
var errClosed = errors.New("connections are being closed")

func newSharing(dial func(context.Context, string) (*Client, error)) *sharing {
	return &sharing{dial: dial, byKey: map[string]*shared{}}
}

// get returns the key's connection. A failed dial is not remembered: the next
// call tries again at once.
func (s *sharing) get(ctx context.Context, key string) (*Client, error) {
	return s.getBy(ctx, key, s.dial)
}

// getBy is get with another way to dial. A dial that goes on already is joined
// all the same.
func (s *sharing) getBy(ctx context.Context, key string, dial func(context.Context, string) (*Client, error)) (*Client, error) {
	h, err := s.join(key, dial)
	if err != nil {
		return nil, err
	}
	select {
	case <-h.ready:
	case <-ctx.Done():
	}
	if last := s.leave(key, h); last {
		<-h.ready // it was cancelled, and its goroutine is ours
	}
	if ctx.Err() != nil {
		return nil, contextError(key, "connecting", ctx.Err())
	}
	return h.client, h.err
}

// join finds the key's connection or dial, and starts one if there is none.
func (s *sharing) join(key string, dial func(context.Context, string) (*Client, error)) (*shared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, newError(KindCanceled, key, errClosed.Error(), "", errClosed)
	}
	h := s.byKey[key]
	if h == nil || h.dead() {
		if h != nil {
			s.discard(h)
		}
		ctx, cancel := context.WithCancel(context.Background())
		h = &shared{ready: make(chan struct{}), cancel: cancel}
		s.byKey[key] = h
		s.owned.Go(func() { s.connect(ctx, key, h, dial) })
	}
	h.waiters++
	return h, nil
}

// dead reports whether a connection is over, or its dial failed.
func (h *shared) dead() bool {
	if !isClosed(h.ready) {
		return false
	}
	return h.err != nil || isClosed(h.client.Done())
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// connect dials. What nobody wants any more is closed again. Whether somebody
// does and that it is there are one moment: who leaves in between would leave a
// connection that nobody has and nobody closes.
func (s *sharing) connect(ctx context.Context, key string, h *shared, dial func(context.Context, string) (*Client, error)) {
	defer h.cancel()
	client, err := dial(ctx, key)
	s.mu.Lock()
	wanted := s.byKey[key] == h
	if wanted {
		if err != nil {
			delete(s.byKey, key)
		}
		h.client, h.err = client, err
		close(h.ready)
	}
	s.mu.Unlock()
	if wanted {
		return
	}
	if err == nil {
		client.Close() // nobody will be given it
		err = contextError(key, "connecting", context.Canceled)
	}
	h.err = err
	close(h.ready)
}

// leave takes one waiter away. A dial without any is given up, which the
// last one is told.
func (s *sharing) leave(key string, h *shared) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.waiters--
	if h.waiters > 0 || isClosed(h.ready) {
		return false
	}
	h.cancel()
	if s.byKey[key] == h {
		delete(s.byKey, key)
	}
	return true
}

// discard ends a connection, or a dial, that nobody will be given again.
func (s *sharing) discard(h *shared) {
	h.cancel()
	s.owned.Go(func() {
		<-h.ready
		if h.client != nil {
			h.client.Close() // it is gone either way
		}
	})
}

// drop ends the key's connection without waiting for it.
func (s *sharing) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.byKey[key]; h != nil {
		delete(s.byKey, key)
		s.discard(h)
	}
}

// remove takes a connection out for the caller to close; nil if there is none.
func (s *sharing) remove(key string) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.byKey[key]
	if h == nil || !isClosed(h.ready) {
		return nil
	}
	delete(s.byKey, key)
	return h.client
}

// close ends all connections and dials, and waits for them.
func (s *sharing) close() {
	s.mu.Lock()
	s.closed = true
	for key, h := range s.byKey {
		delete(s.byKey, key)
		s.discard(h)
	}
	s.mu.Unlock()
	s.owned.Wait()
}

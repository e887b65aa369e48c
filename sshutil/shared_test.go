package sshutil

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// idleLink is a connection on which nothing happens until it is closed.
type idleLink struct {
	link // nothing else is asked of it

	closed atomic.Bool
	ended  chan struct{}
}

func (l *idleLink) done() <-chan struct{} { return l.ended }

func (l *idleLink) Close() error {
	if l.closed.CompareAndSwap(false, true) {
		close(l.ended)
	}
	return nil
}

// TestNoConnectionIsForgotten: whoever leaves in the moment in which the
// connection is made leaves it to the others, or to be closed.
func TestNoConnectionIsForgotten(t *testing.T) {
	noLeaks(t)
	for range 20_000 {
		made := make(chan *idleLink, 1)
		s := newSharing(func(context.Context, string) (*Client, error) {
			l := &idleLink{ended: make(chan struct{})}
			made <- l
			return &Client{link: l}, nil
		})
		ctx, leave := context.WithCancel(context.Background())
		var leaving sync.WaitGroup
		var l *idleLink
		leaving.Go(func() {
			l = <-made
			leave()
		})
		s.get(ctx, "h") //nolint:errcheck // both may come of it
		leaving.Wait()
		s.close()
		if !l.closed.Load() {
			t.Fatal("a connection was left open")
		}
	}
}

// TestAWayThatFailedIsNotGoneAgain: who looked before it failed, and comes
// after that, is told the same.
func TestAWayThatFailedIsNotGoneAgain(t *testing.T) {
	dead, gone, now := errors.New("dead"), 0, time.Now()
	j := newJumps(func(context.Context, route) (*Client, error) {
		gone++
		return nil, dead
	}, func() time.Time { return now })
	defer j.clients.close()
	r := route{target: Target{HostName: "jump", Port: 22}}
	if err := j.begin(r.key(), r); err != nil {
		t.Fatal(err)
	}
	if _, _, err := j.take(t.Context(), r); !errors.Is(err, dead) {
		t.Errorf("the first is told %v", err)
	}
	if _, err := j.clients.get(t.Context(), r.key()); !errors.Is(err, dead) || gone != 1 {
		t.Errorf("the second is told %v, the way was gone %d times", err, gone)
	}
	now = now.Add(2 * jumpFailureFresh)
	if _, _, err := j.take(t.Context(), r); !errors.Is(err, dead) || gone != 2 {
		t.Errorf("later one is told %v, the way was gone %d times", err, gone)
	}
}

package sshutil

import (
	"context"
	"sync"
	"time"
)

// jumps are the connections to jump hosts, each shared by all that go over it
// and closed with the last of them.
type jumps struct {
	clients *sharing
	now     func() time.Time

	mu     sync.Mutex
	routes map[string]route
	users  map[string]int
	failed map[string]jumpFailure
}

// jumpFailure is remembered for a moment: one dead jump host is one cause,
// and not one for each of forty hosts.
type jumpFailure struct {
	at  time.Time
	err error
}

func newJumps(travel func(context.Context, route) (*Client, error), now func() time.Time) *jumps {
	j := &jumps{now: now, routes: map[string]route{}, users: map[string]int{}, failed: map[string]jumpFailure{}}
	j.clients = newSharing(func(ctx context.Context, key string) (*Client, error) {
		r, err := j.way(key)
		if err != nil {
			return nil, err
		}
		client, err := travel(ctx, r)
		if err != nil && ctx.Err() == nil {
			j.remember(key, err)
		}
		return client, err
	})
	return j
}

// way is the way that is to be gone, unless it failed a moment ago: whoever
// looked before that comes here after it.
func (j *jumps) way(key string) (route, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.routes[key], j.failedJustNow(key)
}

// remember keeps why a way failed, before anybody can go it again.
func (j *jumps) remember(key string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed[key] = jumpFailure{j.now(), err}
}

// failedJustNow is why a way failed a moment ago. The caller holds mu.
func (j *jumps) failedJustNow(key string) error {
	f, ok := j.failed[key]
	if ok && isFresh(f.at, j.now(), jumpFailureFresh) {
		return f.err
	}
	delete(j.failed, key)
	return nil
}

// take returns the connection to the end of r, and what to call when it is
// not needed any more.
func (j *jumps) take(ctx context.Context, r route) (*Client, func() error, error) {
	key := r.key()
	if err := j.begin(key, r); err != nil {
		return nil, nil, err
	}
	client, err := j.clients.get(ctx, key)
	giveBack := func() error { return j.giveBack(key) }
	if err == nil {
		return client, giveBack, nil
	}
	giveBack() // nothing was made, so nothing can fail to close
	return nil, nil, err
}

// begin counts one more user of a way, unless it failed a moment ago.
func (j *jumps) begin(key string, r route) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.failedJustNow(key); err != nil {
		return err
	}
	j.routes[key] = r
	j.users[key]++
	return nil
}

// giveBack counts one user less; the last one closes the connection.
func (j *jumps) giveBack(key string) error {
	j.mu.Lock()
	j.users[key]--
	last := j.users[key] == 0
	var client *Client
	if last {
		delete(j.users, key)
		delete(j.routes, key)
		client = j.clients.remove(key)
	}
	j.mu.Unlock()
	if client == nil {
		return nil
	}
	return client.Close()
}

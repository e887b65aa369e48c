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

func newJumps(travel func(context.Context, route) (*Client, error)) *jumps {
	j := &jumps{routes: map[string]route{}, users: map[string]int{}, failed: map[string]jumpFailure{}}
	j.clients = newSharing(func(ctx context.Context, key string) (*Client, error) {
		j.mu.Lock()
		r := j.routes[key]
		j.mu.Unlock()
		return travel(ctx, r)
	})
	return j
}

// take returns the connection to the end of r, and what to call when it is
// not needed any more.
func (j *jumps) take(ctx context.Context, r route, now func() time.Time) (*Client, func() error, error) {
	key := r.key()
	if err := j.begin(key, r, now()); err != nil {
		return nil, nil, err
	}
	client, err := j.clients.get(ctx, key)
	giveBack := func() error { return j.giveBack(key) }
	if err == nil {
		return client, giveBack, nil
	}
	if ctx.Err() == nil {
		j.mu.Lock()
		j.failed[key] = jumpFailure{now(), err}
		j.mu.Unlock()
	}
	giveBack() // nothing was made, so nothing can fail to close
	return nil, nil, err
}

// begin counts one more user of a way, unless it failed a moment ago.
func (j *jumps) begin(key string, r route, now time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f, ok := j.failed[key]; ok {
		if isFresh(f.at, now, jumpFailureFresh) {
			return f.err
		}
		delete(j.failed, key)
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

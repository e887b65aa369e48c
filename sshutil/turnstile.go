package sshutil

import (
	"context"
	"slices"
	"sync"
)

// turnstile lets a number of dials through at once. Who failed last time
// stands behind all others, so that dead hosts never keep healthy ones waiting.
type turnstile struct {
	mu     sync.Mutex
	free   int
	front  []chan struct{}
	behind []chan struct{}
}

func newTurnstile(n int) *turnstile { return &turnstile{free: n} }

// enter waits for a place.
func (t *turnstile) enter(ctx context.Context, behind bool) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	line := &t.front
	if behind {
		line = &t.behind
	}
	*line = append(*line, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(*line, turn); i >= 0 {
		*line = slices.Delete(*line, i, i+1)
	} else {
		t.pass() // the turn came together with the end
	}
	return ctx.Err()
}

// leave gives the place to the next.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pass()
}

func (t *turnstile) pass() {
	for _, line := range []*[]chan struct{}{&t.front, &t.behind} {
		if len(*line) > 0 {
			close((*line)[0])
			*line = (*line)[1:]
			return
		}
	}
	t.free++
}

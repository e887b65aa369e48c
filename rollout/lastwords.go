package rollout

import (
	"context"
	"path/filepath"
	"time"
)

// AwaitLastWords waits until no supervisor works for the store any more. One
// whose run is over has something to write and to clear away still, which
// nobody need wait for but who would take the directory from under it.
func (s *Store) AwaitLastWords(ctx context.Context) error {
	ids, err := s.ids()
	if err != nil {
		return err
	}
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for _, id := range ids {
		for lock := runDir(filepath.Join(s.runs(), id)).lock(); ; {
			held, err := isHeld(lock)
			if err != nil {
				return err
			}
			if !held {
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	return nil
}

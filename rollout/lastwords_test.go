package rollout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLastWordsAreAwaited of a supervisor that has told the end of its run.
func TestLastWordsAreAwaited(t *testing.T) {
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lock, err := tryLock(endedRun(t, s).lock())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	synctest.Test(t, func(t *testing.T) {
		hurried, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.AwaitLastWords(hurried); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while it works: %v", err)
		}
		awaited := make(chan error, 1)
		go func() { awaited <- s.AwaitLastWords(t.Context()) }()
		synctest.Wait()
		if err := lock.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-awaited; err != nil {
			t.Errorf("when it has ended: %v", err)
		}
	})
}

package rollout

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// taskOnHeld is a task whose machine m1 somebody has taken, and not signed for.
func taskOnHeld(t *testing.T) (*task, *os.File) {
	t.Helper()
	task := taskOn(t, "", "", &refusing{})
	task.run.view = newView("", task.run.plan)
	var err error
	if task.run.Store, err = OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	lock, err := tryLock(task.run.Store.machineLock("m1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Close() })
	return task, lock
}

// TestWhoWaitsNamesTheHolder, who may not have signed the lock yet when it is
// first found held.
func TestWhoWaitsNamesTheHolder(t *testing.T) {
	task, lock := taskOnHeld(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := task.lockMachine(ctx, "m1")
			ended <- err
		}()
		time.Sleep(4*lockPoll + time.Nanosecond)
		synctest.Wait()
		if s := task.run.state("h1"); s.State == TaskWaiting {
			t.Errorf("before the lock is signed it says %q", s.Reason)
		}
		if err := (Holder{Run: "another", Host: "h9"}).sign(lock); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lockPoll)
		synctest.Wait()
		if s := task.run.state("h1"); s.State != TaskWaiting || !strings.Contains(s.Reason, "the run another") {
			t.Errorf("it is %q, and says %q", s.State, s.Reason)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
	})
}

// TestWhoWaitsForNobodyKnown says so in the end.
func TestWhoWaitsForNobodyKnown(t *testing.T) {
	task, _ := taskOnHeld(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := task.lockMachine(ctx, "m1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ends with %v", err)
		}
		if s := task.run.state("h1"); s.State != TaskWaiting || s.Reason != "waits for another run on the same machine" {
			t.Errorf("it is %q, and says %q", s.State, s.Reason)
		}
	})
}

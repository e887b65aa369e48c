package rollout

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestInbox(t *testing.T) {
	box := inbox{dir: filepath.Join(t.TempDir(), "requests")}
	if box.news(time.Now()) {
		t.Error("news where there is no directory")
	}
	if err := os.Mkdir(box.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	made := time.Now().Add(-time.Hour)
	dated := func(when time.Time) {
		t.Helper()
		if err := os.Chtimes(box.dir, when, when); err != nil {
			t.Fatal(err)
		}
	}
	dated(made)
	for i, step := range []struct {
		changed, now time.Time
		want         bool
	}{
		{made, made.Add(time.Minute), true},  // the first look
		{made, made.Add(time.Minute), false}, // nothing has changed
		{made.Add(time.Minute), made.Add(time.Minute), true},
		{made.Add(time.Minute), made.Add(time.Minute + inboxSettles), true}, // a second one at the same time
		{made.Add(time.Minute), made.Add(2 * time.Minute), false},
		{made.Add(-time.Minute), made.Add(2 * time.Minute), true},    // the clock was set back
		{made.Add(3 * time.Minute), made.Add(2 * time.Minute), true}, // another machine's clock
		{made.Add(3 * time.Minute), made.Add(2 * time.Minute), true}, // is never trusted
	} {
		dated(step.changed)
		if got := box.news(step.now); got != step.want {
			t.Errorf("step %d: %t", i, got)
		}
	}
}

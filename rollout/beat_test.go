package rollout

import (
	"testing"
	"testing/synctest"
	"time"
)

// Whoever begins whenever, all are woken in the same moments.
func TestBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moments := make(chan time.Time, 8)
		for i := range 4 {
			go func() {
				time.Sleep(time.Duration(i) * 17 * time.Millisecond)
				b := newBeat(100 * time.Millisecond)
				defer b.Stop()
				for range 2 {
					<-b.C
					moments <- time.Now()
					b.again()
				}
			}()
		}
		time.Sleep(time.Second)
		seen := map[time.Time]int{}
		for range 8 {
			seen[<-moments]++
		}
		if len(seen) != 2 {
			t.Errorf("woken in %d moments, want 2: %v", len(seen), seen)
		}
		for at := range seen {
			if at.UnixNano()%int64(100*time.Millisecond) != 0 {
				t.Errorf("woken at %s", at)
			}
		}
	})
}

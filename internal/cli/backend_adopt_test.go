package cli

import (
	"testing"
	"time"
)

// TestPatience: a run whose supervisors end at once gets the next one later and
// later, and one that lived for a while begins anew.
func TestPatience(t *testing.T) {
	p := &patience{runs: map[string]*attempts{}}
	now := exampleTime()
	given, told := 0, 0
	for range 3600 {
		if p.due("run", now) {
			given++
			if p.hopeless("run") {
				told++
			}
		}
		now = now.Add(time.Second)
	}
	// After 0, 1, 3, 7, 15, 31, 63, 127 seconds, then every two minutes.
	if given < 30 || given > 40 || told != 1 {
		t.Errorf("in an hour it got %d supervisors, and %d times it was told", given, told)
	}
	if !p.due("another", now) {
		t.Error("one run waits for another")
	}
	p.well("run", now.Add(adoptMost))
	if !p.due("run", now) || !p.due("run", now.Add(adoptPause)) {
		t.Error("a good supervisor does not count")
	}
}

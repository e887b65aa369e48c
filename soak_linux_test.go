package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"nixfleet-tui/e2e/soak"
	"nixfleet-tui/rollout"
)

// soakVariable says how long the soak lasts ("3m", "30m"), seedVariable which
// plan of faults it follows.
const (
	soakVariable = "NIXFLEET_SOAK"
	seedVariable = "NIXFLEET_SOAK_SEED"
)

const (
	strikeWithin = 1500 * time.Millisecond // of a round's beginning: with the demo's speed, a run's length
	faultLasts   = 4 * time.Second         // at most, where it is lifted again
	seasons      = 4                       // at least, however long the soak is
)

// clocks are by how much the hosts' may be wrong, for a season.
func clocks() []time.Duration {
	return []time.Duration{0, -26 * time.Hour, 40 * time.Second, 3 * 365 * 24 * time.Hour, -90 * time.Minute}
}

// TestSoak deploys the demo again and again while faults strike by a seeded
// plan, before a dashboard that lives through all of them. It holds all that
// runs, at every moment, to what must never happen: a crash, a wrong verdict, a
// lost byte, a leak, a process or a socket that is left.
func TestSoak(t *testing.T) {
	given := os.Getenv(soakVariable)
	if given == "" {
		t.Skipf("it takes a while: %s=30s go test -run Soak .", soakVariable)
	}
	length, seed, err := soak.Settings(given, os.Getenv(seedVariable), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s=%d", seedVariable, seed)
	sum := &tally{struck: map[string]int{}, verdicts: map[rollout.Outcome]int{}}
	began := time.Now()
	for number := 1; time.Since(began) < length && !t.Failed(); number++ {
		season := soak.NewSeason(seed, number)
		clock := clocks()[season.Random.IntN(len(clocks()))]
		t.Logf("season %d: the hosts' clocks are wrong by %s", number, clock)
		h := newSoaked(t, sum)
		h.open(clock)
		until := min(time.Since(began)+length/seasons, length)
		for time.Since(began) < until && !t.Failed() {
			rounds := season.Deal(slices.Sorted(maps.Keys(faults())), strikeWithin, faultLasts)
			for _, r := range rounds {
				t.Log(r)
			}
			for _, r := range rounds {
				if time.Since(began) < length && !t.Failed() {
					h.play(r)
				}
			}
		}
		h.close()
	}
	t.Logf("in %s: %s", time.Since(began).Round(time.Second), sum)
	if sum.runs == 0 || sum.bytes == 0 || sum.looks < sum.runs {
		t.Error("this proves nothing")
	}
}

// tally counts what was done, so that a soak that did nothing can be told.
type tally struct {
	rounds, runs, looks int
	late                int   // faults that found nothing to strike any more
	lent                int   // agents, to tasks whose own had gone
	bytes               int64 // of logs that were compared when their runs were over
	struck              map[string]int
	verdicts            map[rollout.Outcome]int
}

func (s *tally) String() string {
	return fmt.Sprintf("%d rounds, %d runs, %d looks while they went on, %d bytes of logs compared\nfaults: %v, and %d too late; agents lent: %d\nverdicts: %v",
		s.rounds, s.runs, s.looks, s.bytes, s.struck, s.late, s.lent, s.verdicts)
}

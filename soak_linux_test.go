package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// soakVariable says how long the soak lasts ("3m", "30m"), seedVariable which
// plan of faults it follows.
const (
	soakVariable = "NIXFLEET_SOAK"
	seedVariable = "NIXFLEET_SOAK_SEED"
)

const (
	strikeWithin = 1500 * time.Millisecond // of a round's beginning, at random: with the demo's speed, a run's length
	faultLasts   = 4 * time.Second         // at most, where it is lifted again
	seasons      = 4                       // at least, however long the soak is
)

// blow is a fault in a round's plan.
type blow struct {
	fault
	after, lasts time.Duration // since the round began; for how long, where it is lifted
}

func (b blow) String() string {
	return fmt.Sprintf("%s after %d ms", b.name, b.after.Milliseconds())
}

// round is one deployment, and what happens to it.
type round struct {
	name     string
	blows    []blow
	terminal bool   // it is watched on a terminal
	keys     string // typed into the dashboard
}

func (r round) String() string {
	var parts []string
	for _, b := range r.blows {
		parts = append(parts, b.String())
	}
	return r.name + ": " + strings.Join(parts, ", ")
}

// exact says whether the verdicts must be as if nothing had happened.
func (r round) exact() bool {
	return !slices.ContainsFunc(r.blows, func(b blow) bool { return !b.exact })
}

// season is what happens under one clock of the hosts, and before dashboards
// that live until they are told to end.
type season struct {
	number int
	random *rand.Rand
	clock  time.Duration // by how much the hosts' clocks are wrong
	dealt  int           // rounds so far
}

// newSeason is the same for the same seed and number.
func newSeason(seed uint64, number int) *season {
	random := rand.New(rand.NewPCG(seed, uint64(number)))
	clocks := []time.Duration{0, -26 * time.Hour, 40 * time.Second, 3 * 365 * 24 * time.Hour, -90 * time.Minute}
	return &season{number: number, random: random, clock: clocks[random.IntN(len(clocks))]}
}

// keys are some that do nothing but show something else.
const keys = "123jk?\x1b\tgG"

// deal makes a plan in which every fault strikes once, and some together with
// another.
func (s *season) deal() (rounds []round) {
	all := faults()
	within := func(d time.Duration) time.Duration { return time.Duration(s.random.Int64N(int64(d))) }
	for _, i := range s.random.Perm(len(all)) {
		s.dealt++
		struck := []fault{all[i]}
		if other := s.random.IntN(len(all)); s.random.IntN(3) == 0 && other != i {
			struck = append(struck, all[other])
		}
		r := round{name: fmt.Sprintf("%d.%d", s.number, s.dealt), terminal: s.random.IntN(2) == 0}
		for _, f := range struck {
			r.blows = append(r.blows, blow{f, within(strikeWithin), within(faultLasts)})
			r.terminal = r.terminal || f.terminal
		}
		slices.SortFunc(r.blows, func(a, b blow) int { return cmp.Compare(a.after, b.after) })
		for range s.random.IntN(6) {
			at := s.random.IntN(len(keys))
			r.keys += keys[at : at+1]
		}
		rounds = append(rounds, r)
	}
	return rounds
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
	length, err := time.ParseDuration(given)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedVariable); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", seedVariable, seed)
	sum := &tally{struck: map[string]int{}, verdicts: map[rollout.Outcome]int{}}
	began := time.Now()
	for number := 1; time.Since(began) < length && !t.Failed(); number++ {
		h, s := newSoaked(t, sum), newSeason(seed, number)
		t.Logf("season %d: the hosts' clocks are wrong by %s", number, s.clock)
		h.open(s.clock)
		until := min(time.Since(began)+length/seasons, length)
		for time.Since(began) < until && !t.Failed() {
			rounds := s.deal()
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
	bytes               int64 // of logs that were compared when their runs were over
	struck              map[string]int
	verdicts            map[rollout.Outcome]int
}

func (s *tally) String() string {
	return fmt.Sprintf("%d rounds, %d runs, %d looks while they went on, %d bytes of logs compared\nfaults: %v\nverdicts: %v",
		s.rounds, s.runs, s.looks, s.bytes, s.struck, s.verdicts)
}

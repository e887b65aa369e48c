// Package soak is what endurance tests have in common: a plan of faults that
// follows from a seed, how it is gone through, and what must be so of a run's
// directory at every moment. Which faults there are, and how they strike, the
// tests know: those of the demo in the module's root, those of the lab in e2e.
package soak

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Blow is one fault in a round's plan.
type Blow struct {
	Fault        string        // its name
	After, Lasts time.Duration // since the round began; for how long, where it is lifted again
}

// Round is one deployment, and what happens to it.
type Round struct {
	Name     string
	Blows    []Blow // in the order in which they strike
	Terminal bool   // it is watched on a terminal
	Keys     string // typed into the dashboard meanwhile
}

func (r Round) String() string {
	parts := make([]string, len(r.Blows))
	for i, b := range r.Blows {
		parts[i] = fmt.Sprintf("%s after %d ms", b.Fault, b.After.Milliseconds())
	}
	return r.Name + ": " + strings.Join(parts, ", ")
}

// Season deals rounds, the same for the same seed and number.
type Season struct {
	Number int
	Random *rand.Rand
	dealt  int // rounds so far
}

// NewSeason is the season of a seed that has this number.
func NewSeason(seed uint64, number int) *Season {
	return &Season{Number: number, Random: rand.New(rand.NewPCG(seed, uint64(number)))}
}

// keys are some that do nothing but show something else.
const keys = "123jk?\x1b\tgG"

// Deal makes rounds in which every fault strikes once, and some together with
// another: within that time of the round's beginning, and for as long at most.
func (s *Season) Deal(faults []string, within, lasts time.Duration) (rounds []Round) {
	upTo := func(d time.Duration) time.Duration { return time.Duration(s.Random.Int64N(int64(d))) }
	for _, i := range s.Random.Perm(len(faults)) {
		s.dealt++
		names := []string{faults[i]}
		if other := s.Random.IntN(len(faults)); s.Random.IntN(3) == 0 && other != i {
			names = append(names, faults[other])
		}
		r := Round{Name: fmt.Sprintf("%d.%d", s.Number, s.dealt), Terminal: s.Random.IntN(2) == 0}
		for _, name := range names {
			r.Blows = append(r.Blows, Blow{name, upTo(within), upTo(lasts)})
		}
		slices.SortFunc(r.Blows, func(a, b Blow) int { return cmp.Compare(a.After, b.After) })
		for range s.Random.IntN(6) {
			at := s.Random.IntN(len(keys))
			r.Keys += keys[at : at+1]
		}
		rounds = append(rounds, r)
	}
	return rounds
}

// Settings reads how long a soak lasts, and its seed; without one, now is it.
func Settings(length, seed string, now time.Time) (time.Duration, uint64, error) {
	d, err := time.ParseDuration(length)
	if err != nil {
		return 0, 0, fmt.Errorf("how long a soak lasts: %w", err)
	}
	if seed == "" {
		return d, uint64(now.UnixNano()), nil
	}
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("the seed of a soak: %w", err)
	}
	return d, n, nil
}

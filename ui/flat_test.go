package ui

import (
	"runtime"
	"testing"
)

// What a host costs in memory that is made is the same in a fleet of two
// hundred and of two thousand, whatever is done: deeds that look at all hosts
// cost ten times as much, others no more. What grew faster than the fleet would
// show here on any machine, however fast.
func TestAHostCostsTheSameInALargeFleet(t *testing.T) {
	const few, many = 200, 2_000
	small, large := costs(t, few), costs(t, many)
	for name, cost := range large {
		was := small[name]
		if most := was.times(many / few); cost.bytes > most.bytes || cost.objects > most.objects {
			t.Errorf("%s: %d objects and %d bytes with %d hosts, %d and %d with %d", name, cost.objects, cost.bytes, many, was.objects, was.bytes, few)
		}
	}
	if len(large) < 10 {
		t.Errorf("only %d deeds were tried", len(large))
	}
}

// made is what was allocated.
type made struct{ objects, bytes uint64 }

// times is what n times as many hosts may cost, with a half to spare for slices
// and maps, which grow by more than they need.
func (c made) times(n uint64) made { return made{n * c.objects * 3 / 2, n * c.bytes * 3 / 2} }

// costs is what each deed makes in a fleet of so many hosts, once it was done
// before: what is kept from one time to the next is not made again.
func costs(t *testing.T, hosts int) map[string]made {
	t.Helper()
	s := newStage(t, 200, 50)
	s.showLargeFleet(hosts)
	all := map[string]made{}
	for _, a := range deeds(s, largeFleet(hosts)) {
		a.act()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a.act()
		runtime.ReadMemStats(&after)
		all[a.name] = made{after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc}
	}
	return all
}

package ui

import (
	"cmp"
	"slices"
)

// order is how the hosts are sorted.
type order int

const (
	byAttention order = iota
	byName
	byAge
	byLatency
	orderCount
)

func (o order) String() string {
	return [...]string{"by attention", "by name", "by age", "by latency"}[o]
}

func (f *fleetPlace) compare(a, b string) int {
	first, second := f.known.hosts[a], f.known.hosts[b]
	c := 0
	switch f.order {
	case byAttention:
		c = cmp.Compare(first.attention(), second.attention())
	case byAge: // the oldest generation first, what is not known last
		c = cmp.Or(lastIf(first.status.Reading.GenerationAt.IsZero(), second.status.Reading.GenerationAt.IsZero()),
			first.status.Reading.GenerationAt.Compare(second.status.Reading.GenerationAt))
	case byLatency: // the slowest first
		c = cmp.Compare(second.status.Latency, first.status.Latency)
	}
	return cmp.Or(f.compareGroups(a, b), c, cmp.Compare(a, b))
}

// lastIf puts what is missing behind what is there.
func lastIf(firstMissing, secondMissing bool) int {
	return boolInt(firstMissing) - boolInt(secondMissing)
}

// sort orders the visible hosts anew.
func (f *fleetPlace) sort() {
	f.shown = f.shown[:0]
	for _, name := range f.known.names {
		if f.lets(name) {
			f.shown = append(f.shown, name)
		}
	}
	slices.SortFunc(f.shown, f.compare) // by name in the end, so no two are equal
	f.outdated = false
	f.holdCursor()
}

// nextOrder sorts anew where rows have stayed in their places although other
// hosts want a person more by now; else, or right after that, in another order.
func (f *fleetPlace) nextOrder() {
	f.touched = true
	f.again = f.outdated && !f.again
	if !f.again {
		f.order = (f.order + 1) % orderCount
	}
	f.sort()
}

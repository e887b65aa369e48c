// Package figures is what measurements leave: how values are spread, what Go's
// own benchmarks print, and the tables of a page that are written anew while
// its words stay.
package figures

import (
	"fmt"
	"slices"
)

// Spread is the median of values, and between which they lie.
type Spread struct{ Least, Median, Most float64 }

// Of returns the spread of values; the zero spread when there are none.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	all := slices.Sorted(slices.Values(values))
	return Spread{all[0], (all[(len(all)-1)/2] + all[len(all)/2]) / 2, all[len(all)-1]}
}

// Format spells a spread with a verb for each value, such as "%.2f", and a unit
// behind the median. A single value is only itself.
func (s Spread) Format(verb, unit string) string {
	median := fmt.Sprintf(verb, s.Median) + unit
	if s.Least == s.Most {
		return median
	}
	return median + " (" + fmt.Sprintf(verb, s.Least) + " to " + fmt.Sprintf(verb, s.Most) + ")"
}

// Ratios are those of values that were measured in the same rounds.
func Ratios(ours, theirs []float64) []float64 {
	var all []float64
	for i := range min(len(ours), len(theirs)) {
		if theirs[i] > 0 {
			all = append(all, ours[i]/theirs[i])
		}
	}
	return all
}

// Neighbours are the ratios of values to those before them: how far apart the
// same thing lies when it is measured twice.
func Neighbours(values []float64) []float64 {
	return Ratios(values[min(1, len(values)):], values)
}

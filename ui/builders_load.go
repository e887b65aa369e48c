package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// loads are how many builds ran on a builder, the newest reading last.
type loads struct {
	builds []int
	asOf   time.Time // of the newest
}

// heardLoads adds what builders told to what they told before, while the
// dashboard is open. Those that are listed no more are forgotten.
func heardLoads(before map[string]loads, builders []fleet.BuilderHealth) map[string]loads {
	after := make(map[string]loads, len(builders))
	for _, b := range builders {
		l := before[b.Builder.Name]
		if b.Busy != nil && b.AsOf.After(l.asOf) {
			l = loads{append(slices.Clone(l.builds[max(0, len(l.builds)-readingsKept+1):]), *b.Busy), b.AsOf}
		}
		after[b.Builder.Name] = l
	}
	return after
}

// lately draws how busy a builder was, against the builds that it may run.
func (p *buildersPlace) lately(s fleet.BuilderHealth) string {
	builds := p.known.loads[s.Builder.Name].builds
	builds = builds[max(0, len(builds)-max(1, p.w-factLabel-20)):]
	if len(builds) < 2 {
		return ""
	}
	levels, most := p.levels(), max(1, s.Builder.MaxJobs, slices.Max(builds))
	var bars strings.Builder
	for _, n := range builds {
		bars.WriteString(levels[n*(len(levels)-1)/most])
	}
	return fmt.Sprintf("%s up to %d", bars.String(), slices.Max(builds))
}

// holderWords say who has taken slots of a builder.
func holderWords(held []fleet.Holder) string {
	words := make([]string, len(held))
	for i, h := range held {
		words[i] = fmt.Sprintf("%s %d", text.Line(h.Host), h.Slots)
	}
	return strings.Join(words, ", ")
}

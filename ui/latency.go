package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
)

// latencies are how long a host took to answer, the newest last; 0 is for when
// it did not.
type latencies []time.Duration

// heard takes a status, unless it is the one that was heard last.
func (h *host) heard(s fleet.Status) {
	if s.AsOf.IsZero() || s.AsOf.Equal(h.status.AsOf) {
		return
	}
	took := s.Latency
	if s.State != fleet.StateUp {
		took = 0
	}
	if len(h.latencies) == readingsKept {
		copy(h.latencies, h.latencies[1:])
		h.latencies[readingsKept-1] = took
		return
	}
	h.latencies = append(h.latencies, took)
}

// levels are the heights of a bar, the lowest first.
func (b *brush) levels() []string {
	if b.ascii {
		return strings.Split("_.-=+*#@", "")
	}
	return strings.Split("▁▂▃▄▅▆▇█", "")
}

// history draws the last w answers, each as high as it took long, against the
// slowest of them; one that did not come is a gap.
func (b *brush) history(l latencies, w int) string {
	shown := l[max(0, len(l)-w):]
	if len(shown) < 2 {
		return ""
	}
	levels, most := b.levels(), slices.Max(shown)
	var s strings.Builder
	for _, took := range shown {
		switch {
		case took <= 0:
			s.WriteByte(' ')
		default:
			s.WriteString(levels[int(took)*(len(levels)-1)/int(max(1, most))])
		}
	}
	return s.String()
}

// words say between what the answers were, and how many did not come.
func (l latencies) words() string {
	var came []time.Duration
	for _, took := range l {
		if took > 0 {
			came = append(came, took)
		}
	}
	if len(came) == 0 {
		return ""
	}
	s := millis(slices.Min(came)) + " to " + millis(slices.Max(came))
	if missing := len(l) - len(came); missing > 0 {
		s += fmt.Sprintf(", %d without answer", missing)
	}
	return s
}

// millis is a latency as tables show it.
func millis(d time.Duration) string {
	if d.Milliseconds() < 10 {
		return fmt.Sprintf("%.1fms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}

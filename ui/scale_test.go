package ui

import (
	"fmt"
	"testing"
)

// deed is what people do in a table of hosts, or what comes of itself. It ends
// with a frame.
type deed struct {
	name  string
	parts int // keys: what a person feels is one of them
	act   func()
}

func deeds(s *stage, all []told) []deed {
	press := func(name string, keys ...string) deed { return deed{name, len(keys), func() { s.keys(keys...) }} }
	return []deed{
		press("move", "down"),
		press("page", "pgdown"),
		press("ends", "end", "home"),
		press("filter-tag", "/", "@", "w", "e", "b", "enter", "esc"),
		press("filter-state", "/", "s", "t", "a", "t", "e", ":", "d", "o", "w", "n", "enter", "esc"),
		press("sort", "S"),
		press("group", "T"),
		press("mark", " "),
		press("mark-all", "ctrl+a", `ctrl+\`),
		press("range", "home", "v", "end", "v", `ctrl+\`),
		press("invert-undo", "i", "U"),
		{"one-answer", 1, func() { s.news(all[0].newsOf()...) }},
		{"all-answers", 1, func() {
			news := make([]News, 0, len(all))
			for _, t := range all {
				news = append(news, StatusRead{t.host.Name, t.status, t.drift})
			}
			s.news(news...)
		}},
	}
}

// BenchmarkScale does everything with a thousand and with ten thousand hosts:
// no key may take longer than 50 ms, and each host costs the same in both.
func BenchmarkScale(b *testing.B) {
	for _, hosts := range []int{1_000, 10_000} {
		s := newStage(b, 200, 50)
		s.showLargeFleet(hosts)
		for _, a := range deeds(s, largeFleet(hosts)) {
			b.Run(fmt.Sprintf("%s/%dhosts", a.name, hosts), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					a.act()
				}
				perKey := float64(b.Elapsed().Microseconds()) / 1e3 / float64(b.N*a.parts)
				b.ReportMetric(perKey, "ms/key")
				b.ReportMetric(1e3*perKey/float64(hosts), "µs/host")
			})
		}
	}
}

// BenchmarkMemory is what a host takes in the dashboard's memory.
func BenchmarkMemory(b *testing.B) {
	for _, hosts := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("%dhosts", hosts), func(b *testing.B) {
			var grown uint64
			for b.Loop() {
				before := heap()
				s := newStage(b, 200, 50)
				s.showLargeFleet(hosts)
				s.keys("ctrl+a")
				grown = heap() - before
				s.keys("esc") // it is still needed
			}
			b.ReportMetric(float64(grown)/1024/float64(hosts), "KiB/host")
		})
	}
}

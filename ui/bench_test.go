package ui

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// eightPanes is a run of eight hosts on 200×50, each with a log of n lines.
func eightPanes(b *testing.B, n int) (*stage, *runDir) {
	b.Helper()
	s := newStage(b, 200, 50)
	d := s.showRun(8, false)
	var log strings.Builder
	for i := range n {
		fmt.Fprintf(&log, "\x1b[35mnginx>\x1b[0m cc -O2 -c src/core/ngx_cycle_%d.c -o objs/src/core/ngx_cycle.o -I src/core -I src/event\n", i)
	}
	for _, p := range s.m.run.panes {
		if err := os.WriteFile(rollout.TextPath(d.dir, p.host), []byte(log.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	s.advance(tickEvery)
	return s, d
}

// One frame of the grid; it must cost the same for any length of the logs.
func BenchmarkFrame(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("8panes/%dlines", n), func(b *testing.B) {
			s, _ := eightPanes(b, n)
			b.ReportAllocs()
			for b.Loop() {
				s.m.frame = s.m.draw()
			}
		})
	}
	for _, n := range []int{12, 1_000} {
		b.Run(fmt.Sprintf("fleet/%dhosts", n), func(b *testing.B) {
			s := newStage(b, 200, 50)
			s.showLargeFleet(n)
			b.ReportAllocs()
			for b.Loop() {
				s.m.frame = s.m.draw()
			}
		})
	}
}

// showLargeFleet tells of n hosts, the dozen again and again.
func (s *stage) showLargeFleet(n int) {
	var all []told
	for i := 0; len(all) < n; i++ {
		for _, t := range dozen() {
			t.host.Name = fmt.Sprintf("%s-%03d", t.host.Name, i)
			all = append(all, t)
		}
	}
	all = all[:n]
	s.news(InventoryRead{inventoryOf(all)})
	var news []News
	for _, t := range all {
		news = append(news, t.newsOf()...)
	}
	s.news(news...)
}

// A key, from Update to the frame.
func BenchmarkKey(b *testing.B) {
	b.Run("fleet/1000hosts", func(b *testing.B) {
		s := newStage(b, 200, 50)
		s.showLargeFleet(1_000)
		benchmarkKeys(b, s, "down", "up")
	})
	b.Run("scroll/8panes/1000000lines", func(b *testing.B) {
		s, _ := eightPanes(b, 1_000_000)
		s.keys("pgup", "pgup")
		benchmarkKeys(b, s, "up", "down")
	})
}

func benchmarkKeys(b *testing.B, s *stage, names ...string) {
	b.Helper()
	slowest := time.Duration(0)
	i := 0
	for b.Loop() {
		start := time.Now()
		s.send(keyNamed(names[i%len(names)]))
		slowest = max(slowest, time.Since(start))
		i++
	}
	b.ReportMetric(float64(slowest.Microseconds()), "µs-slowest")
}

// A tick while all eight logs grow: reading, fitting and drawing.
func BenchmarkTick(b *testing.B) {
	s, d := eightPanes(b, 1_000_000)
	more := strings.Repeat("nginx> another line of the build log that is longer than a pane is wide, so that it has to be cut\n", 125)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for _, p := range s.m.run.panes {
			d.log(p.host, more) // 10,000 lines a second in all
		}
		b.StartTimer()
		s.advance(tickEvery)
	}
}

// From nothing to the first frame of a fleet that was cached.
func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		s := newStage(b, 200, 50)
		s.showLargeFleet(1_000)
	}
}

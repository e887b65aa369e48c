package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	one := filepath.Join(d.dir, "one.txt")
	if err := os.WriteFile(one, []byte(log.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, p := range s.m.run.panes {
		path := rollout.TextPath(d.dir, p.host)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.Fatal(err)
		}
		if err := os.Link(one, path); err != nil {
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

// largeFleet is n hosts, the dozen again and again.
func largeFleet(n int) (all []told) {
	for i := 0; len(all) < n; i++ {
		for _, t := range dozen() {
			t.host.Name = fmt.Sprintf("%s-%03d", t.host.Name, i)
			all = append(all, t)
		}
	}
	return all[:n]
}

// showLargeFleet tells of n hosts.
func (s *stage) showLargeFleet(n int) {
	all := largeFleet(n)
	s.news(InventoryRead{inventoryOf(all)})
	var news []News
	for _, t := range all {
		news = append(news, t.newsOf()...)
	}
	s.news(news...)
}

// A key, from Update to the frame. Commands are not counted: they run beside
// the loop, and a frame does not wait for them.
func BenchmarkKey(b *testing.B) {
	b.Run("fleet/1000hosts", func(b *testing.B) {
		s := newStage(b, 200, 50)
		s.showLargeFleet(1_000)
		benchmarkKeys(b, s, func() {}, "down", "up")
	})
	b.Run("scroll/8panes/1000000lines", func(b *testing.B) {
		s, _ := eightPanes(b, 1_000_000)
		s.keys("pgup", "pgup")
		benchmarkKeys(b, s, func() {}, "up", "down")
	})
	// Eight logs grow by 10,000 lines a second together.
	b.Run("8panes/10000lines", func(b *testing.B) {
		s, d := eightPanes(b, 1_000)
		d.apart(s)
		benchmarkKeys(b, s, func() { d.grow(s); s.advance(tickEvery) }, "tab", "up", "f", "w", "z", "z")
	})
}

// apart gives each pane a log of its own, which can grow.
func (d *runDir) apart(s *stage) {
	for _, p := range s.m.run.panes {
		d.rewrite(p.host, "the log begins\n")
	}
}

// grow adds to all eight logs what comes in a tenth of a second. No two ticks
// bring the same lines, so that every row of every pane changes.
func (d *runDir) grow(s *stage) {
	d.grown++
	more := strings.Repeat(fmt.Sprintf("nginx> line of tick %d of the build log that is longer than a pane is wide, so that it has to be cut somewhere\n", d.grown), 125)
	for _, p := range s.m.run.panes {
		d.log(p.host, more)
	}
}

// benchmarkKeys presses keys in turn, each after what happens in between, and
// reports how the times are spread.
func benchmarkKeys(b *testing.B, s *stage, between func(), names ...string) {
	b.Helper()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		between()
		key := keyNamed(names[i%len(names)])
		b.StartTimer()
		start := time.Now()
		_, cmd := s.m.Update(key)
		_ = s.m.View()
		took = append(took, time.Since(start))
		b.StopTimer()
		s.do(cmd)
		b.StartTimer()
	}
	report(b, took)
}

// report tells what half, and what 99 of a hundred, took at most.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

// A tick while all eight logs grow: reading, fitting and drawing.
func BenchmarkTick(b *testing.B) {
	s, d := eightPanes(b, 1_000)
	d.apart(s)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		d.grow(s)
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

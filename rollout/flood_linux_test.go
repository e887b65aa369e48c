package rollout

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// floodSize is how many MB of log a benchmark has a host print.
func floodSize(b *testing.B) int64 {
	const usual = "8"
	n, err := strconv.Atoi(cmp.Or(os.Getenv("NIXFLEET_BENCH_LOG"), usual))
	if err != nil || n < 1 {
		b.Fatalf("NIXFLEET_BENCH_LOG is no number of MB: %v", err)
	}
	return int64(n) << 20
}

// writeFlood writes a log in Nix's format of which every line is shown, which is
// the worst that can come, and says how many lines are.
func writeFlood(b *testing.B, path string, size int64) (lines int) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	const build = 5050881540101
	n, _ := fmt.Fprintf(w, `@nix {"action":"start","fields":["/nix/store/0kzm0jjrfrx167f7h2qpc72naqgijjq6-big-1.drv","",1,1],"id":%d,"level":3,"parent":0,"text":"building '/nix/store/0kzm0jjrfrx167f7h2qpc72naqgijjq6-big-1.drv'","type":105}`+"\n", build)
	for written := int64(n); written < size; written += int64(n) {
		n, _ = fmt.Fprintf(w, `@nix {"action":"result","fields":["cc -O2 -c src/core/module_%d.c -o objs/src/core/module_%[1]d.o -I src/core -I src/event"],"id":%d,"type":101}`+"\n", lines, build)
		lines++
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return lines
}

// BenchmarkSupervisor has a run's only host print NIXFLEET_BENCH_LOG MB as fast
// as it can, until the verdict stands and every line can be read. Then a viewer
// that comes later finds all its lines, and one of them by a word.
func BenchmarkSupervisor(b *testing.B) {
	size := floodSize(b)
	log := filepath.Join(b.TempDir(), "log")
	lines := writeFlood(b, log, size)
	var through, opened, found time.Duration
	var most int64
	for b.Loop() {
		w := newTestWorld(b)
		w.host("h1", "m1", "cat "+log+" >&2\n"+wellStory)
		began := time.Now()
		dir, err := w.store.Start(w.plan(nixcmd.Switch, "h1"), testLauncher(), nil)
		if err != nil {
			b.Fatal(err)
		}
		most = max(most, watchMemory(b, dir))
		through += time.Since(began)
		at, back := openAll(b, TextPath(dir, "h1"), lines)
		opened, found = opened+at, found+back
	}
	megabytes := float64(size) * float64(b.N) / 1e6
	b.ReportMetric(megabytes/through.Seconds(), "MB/s")
	b.ReportMetric(float64(lines*b.N)/through.Seconds(), "lines/s")
	b.ReportMetric(float64(most)/1e6, "MB-supervisor")
	b.ReportMetric(float64(lines*b.N)/opened.Seconds(), "lines/s-opened")
	b.ReportMetric(float64(found.Milliseconds())/float64(b.N), "ms-found")
}

// watchMemory waits for the end of a run, and returns the most that its
// supervisor had in memory, in bytes.
func watchMemory(b *testing.B, dir string) (most int64) {
	b.Helper()
	r, err := NewReader(dir)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		most = max(most, peakOf(wordSupervisor, dir))
		events, err := r.Next()
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			if e.Event == EventEnd {
				if v := r.View(); outcomes(v) != "h1:ok" {
					b.Fatalf("it ended as %s", outcomes(v))
				}
				return most
			}
		}
		select {
		case <-ctx.Done():
			b.Fatal("the run does not end")
		case <-tick.C:
		}
	}
}

// peakOf is the most memory that the process with these words had, in bytes; 0
// when there is none.
func peakOf(words ...string) int64 {
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well-formed
	for _, path := range commands {
		line, err := os.ReadFile(path)
		if err != nil || !strings.HasSuffix(string(line), "\x00"+strings.Join(words, "\x00")+"\x00") {
			continue
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(path), "status"))
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kilobytes int64
		if _, err := fmt.Sscan(rest, &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// openAll is how long a viewer takes to know where every line of a log is, and
// from the end to find one in the middle. All that were printed must be there.
func openAll(b *testing.B, path string, lines int) (opened, found time.Duration) {
	b.Helper()
	began := time.Now()
	l := OpenLog(path, time.Now)
	defer l.Close()
	if _, err := l.Poll(); err != nil {
		b.Fatal(err)
	}
	opened, began = time.Since(began), time.Now()
	if l.Len() < lines {
		b.Fatalf("%d lines of %d are left", l.Len(), lines)
	}
	middle := fmt.Sprintf("module_%d.c", lines/2)
	at, err := l.Find(b.Context(), l.Len(), true, func(line string) bool { return strings.Contains(line, middle) })
	if err != nil || at < lines/2 {
		b.Fatalf("%s is in line %d, %v", middle, at, err)
	}
	return opened, time.Since(began)
}

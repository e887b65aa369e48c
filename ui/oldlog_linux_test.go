package ui

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

const lastWord = "this is the last line of all"

// oldRun is a run that is over, with one log of NIXFLEET_BENCH_LOG MB.
func oldRun(b *testing.B) (dir, log string) {
	b.Helper()
	const usual = "8"
	size, err := strconv.Atoi(cmp.Or(os.Getenv("NIXFLEET_BENCH_LOG"), usual))
	if err != nil || size < 1 {
		b.Fatalf("NIXFLEET_BENCH_LOG is no number of MB: %v", err)
	}
	s := newStage(b, 160, 50)
	d := s.showRun(1, true)
	log = rollout.TextPath(d.dir, "andasibe")
	f, err := os.Create(log)
	d.must(err)
	w := bufio.NewWriterSize(f, 1<<20)
	for i, written := 0, 0; written < size<<20; i++ {
		n, _ := fmt.Fprintf(w, "nginx> cc -O2 -c src/core/module_%d.c -o objs/src/core/module_%[1]d.o -I src/core -I src/event\n", i)
		written += n
	}
	fmt.Fprintln(w, lastWord)
	d.must(w.Flush())
	d.must(f.Close())
	return d.dir, log
}

// pager is a program that shows a log on a terminal.
type pager struct {
	name string
	cmd  func(log string) *exec.Cmd
}

func pagers(dir string) []pager {
	of := func(words ...string) func(string) *exec.Cmd {
		return func(log string) *exec.Cmd {
			c := exec.Command(words[0], append(words[1:len(words):len(words)], log)...)
			c.Env = append(os.Environ(), "HOME="+dir)
			return c
		}
	}
	return []pager{
		{"ours", func(string) *exec.Cmd {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), "UI_TEST_PROGRAM=loaded", "UI_TEST_RUN="+dir)
			return c
		}},
		{"less", of("less", "+G")},
		{"multitail", of("multitail")},
		{"lnav", of("lnav", "-d", "/dev/null")},
	}
}

// BenchmarkOldLog shows the end of an old run's log, beside programs that were
// made for logs. What is not installed is left out.
func BenchmarkOldLog(b *testing.B) {
	dir, log := oldRun(b)
	for _, p := range pagers(dir) {
		b.Run(p.name, func(b *testing.B) {
			if _, err := exec.LookPath(p.cmd(log).Path); err != nil {
				b.Skipf("%s is not installed", p.name)
			}
			var first time.Duration
			var most int64
			for b.Loop() {
				c := startConsole(b, p.cmd(log), 160, 50)
				c.until(lastWord, 0)
				first += time.Since(c.began)
				most = max(most, c.memory())
				c.close()
				<-c.ended
			}
			b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms-first")
			b.ReportMetric(float64(most)/1e6, "MB")
		})
	}
}

// memory is the most that the program has had, in bytes.
func (c *console) memory() int64 {
	c.t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), "status"))
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		c.t.Fatal(err)
	}
	return kilobytes << 10
}

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

// The last line of an old log, and of the one in its middle what is searched
// for and what tells that it was found: in letters that no other line has where
// they stand, since programs write only what differs from what was there.
const (
	lastWord = "this is the last line of all"
	needle   = "here lies the needle"
	found    = "ASWASTOBESHOWN"
)

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
	for i, written, half := 0, 0, false; written < size<<20; i++ {
		n, _ := fmt.Fprintf(w, "nginx> cc -O2 -c src/core/module_%d.c -o objs/src/core/module_%[1]d.o -I src/core -I src/event\n", i)
		if written += n; !half && written >= size<<19 {
			half = true
			fmt.Fprintln(w, needle, found)
		}
	}
	fmt.Fprintln(w, lastWord)
	d.must(w.Flush())
	d.must(f.Close())
	return d.dir, log
}

// searchFor is how long the slowest of programs may take for a gigabyte.
const searchFor = 4 * time.Minute

// pager is a program that shows a log on a terminal.
type pager struct {
	name string
	cmd  func(log string) *exec.Cmd
	find []typing // from the end to a word; nothing where that cannot be searched for
}

// typing is keys, and what is on the terminal then.
type typing struct{ keys, until string }

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
		}, []typing{{"z", "search"}, {"/", "search andasibe"}, {needle, needle}, {"\r", found}}},
		{"less", of("less", "+G"), []typing{{"?" + needle + "\r", found}}},
		{"multitail", of("multitail"), nil},
		// From the beginning, which is as far away. It counts what it finds, and in
		// a large log does not go there by itself.
		{"lnav", of("lnav", "-d", "/dev/null"), []typing{{"g/", "Search for:"}, {needle + "\r", " 1 hits"}}},
	}
}

// BenchmarkOldLog shows the end of an old run's log, and then finds a word in
// its middle, beside programs that were made for logs. What is not installed is
// left out.
func BenchmarkOldLog(b *testing.B) {
	dir, log := oldRun(b)
	for _, p := range pagers(dir) {
		b.Run(p.name, func(b *testing.B) {
			if _, err := exec.LookPath(p.cmd(log).Path); err != nil {
				b.Skipf("%s is not installed", p.name)
			}
			var first, search time.Duration
			var most int64
			for b.Loop() {
				c := startConsole(b, p.cmd(log), 160, 50)
				c.within(searchFor, lastWord, 0)
				first += time.Since(c.began)
				start := time.Now()
				for _, t := range p.find {
					at := c.bytes()
					c.press(t.keys)
					c.within(searchFor, t.until, at)
				}
				search += time.Since(start)
				most = max(most, c.memory())
				c.close()
				<-c.ended
			}
			b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms-first")
			if p.find != nil {
				b.ReportMetric(float64(search.Milliseconds())/float64(b.N), "ms-found")
			}
			b.ReportMetric(float64(most)/1e6, "MB")
		})
	}
	b.Run("grep", func(b *testing.B) {
		for b.Loop() {
			if out, err := exec.Command("grep", "-m1", needle, log).Output(); err != nil || !strings.Contains(string(out), found) {
				b.Fatalf("%v: %q", err, out)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms-found")
	})
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

package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// underLoad is a dashboard of its own process, on a terminal of 200×50, whose
// eight panes take 10,000 lines a second until dry is called; and a stage here
// that shows the same run.
func underLoad(b *testing.B) (s *stage, c *console, dry func()) {
	b.Helper()
	s = newStage(b, 200, 50)
	d := s.showRun(8, false)
	d.apart(s)
	b.Setenv("UI_TEST_RUN", d.dir)
	c = onConsole(b, "loaded", 200, 50)
	c.until("8 under way", 0)
	return s, c, d.pour(s)
}

// From a key that the terminal sends to the frame that shows what it did, in
// a dashboard of its own process whose eight panes take 10,000 lines a second.
func BenchmarkKeyToScreen(b *testing.B) {
	_, c, dry := underLoad(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		// Only the focused pane's name is reversed.
		name := fmt.Sprintf("\x1b[7m %d ", (i+1)%8+1)
		at, start := len(c.output()), time.Now()
		c.press("\t")
		c.until(name, at)
		took = append(took, time.Since(start))
	}
	dry()
	report(b, took)
}

// pour has all eight logs grow by 10,000 lines a second, until dry is called.
func (d *runDir) pour(s *stage) (dry func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				d.grow(s)
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// A second of a dashboard of a hundred hosts of which nothing changes: not one
// byte is written, and hardly a moment is spent.
func BenchmarkIdle(b *testing.B) {
	c := onConsole(b, "idle", 120, 40)
	c.until("100 hosts", 0)
	at := c.bytes()
	c.press("?")
	c.until("Open the deploy menu", at)
	at = c.bytes()
	c.press("?")
	c.until("by attention", at) // what a start brings with it lies behind
	for c.written(300*time.Millisecond) > 0 {
	}
	spent, seconds := c.cpu(), 0.0
	for b.Loop() {
		start := time.Now()
		if n := c.written(time.Second); n > 0 {
			b.Fatalf("%d bytes were written though nothing has changed: %q", n, tailOf(c.output()))
		}
		seconds += time.Since(start).Seconds()
	}
	b.ReportMetric(100*(c.cpu()-spent).Seconds()/seconds, "%core")
	b.ReportMetric(0, "B-written")
}

// written is how many bytes come in a time.
func (c *console) written(in time.Duration) int {
	timer := time.NewTimer(in)
	defer timer.Stop()
	before := c.bytes()
	for {
		select {
		case <-c.changed:
		case <-timer.C:
			return c.bytes() - before
		}
	}
}

// bytes is how many have come in all.
func (c *console) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Len()
}

// cpu is the processor time that the program has taken.
func (c *console) cpu() time.Duration {
	c.t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", c.cmd.Process.Pid))
	if err != nil {
		c.t.Skipf("the kernel does not tell how long a process ran: %v", err)
	}
	total := time.Duration(0)
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", c.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		c.t.Fatalf("%v %s", err, content)
	}
	for _, task := range tasks {
		content, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that has just ended
		}
		ran, _, _ := strings.Cut(string(content), " ")
		nanoseconds, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		total += time.Duration(nanoseconds)
	}
	return total
}

// names is an evaluator of which only names are asked.
type names struct {
	fleet.Evaluator
	hosts []string
}

func (n names) Metadata(context.Context, string) (nixcmd.FlakeMetadata, error) {
	return nixcmd.FlakeMetadata{Ref: ".", URL: "git+file:///fleet", LockedURL: "git+file:///fleet", Fingerprint: "one"}, nil
}

func (n names) HostNames(context.Context, string) ([]string, error) { return n.hosts, nil }

// cachedFleet is a directory with a flake of n hosts, and a home that knows
// them and what each should run from an earlier start.
func cachedFleet(b *testing.B, n int) (flake, home string) {
	b.Helper()
	flake, home = b.TempDir(), b.TempDir()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(flake, "flake.nix"), []byte("{}"), 0o600))
	var all names
	hosts := map[string]json.RawMessage{}
	for i := range n {
		name := fmt.Sprintf("host%04d", i)
		all.hosts = append(all.hosts, name)
		hosts[name] = json.RawMessage(fmt.Sprintf(`{"good":{"fingerprint":"one","at":"2026-11-22T07:15:00Z","facts":{"System":"x86_64-linux","HostName":%q,"Wanted":%q}}}`, name, wantedPath))
	}
	dir := filepath.Join(home, "nixfleet")
	cache, err := fleet.OpenCache(dir)
	must(err)
	src, err := fleet.Find(flake, "", "")
	must(err)
	_, err = fleet.Load(context.Background(), all, src, cache)
	must(err)
	must(cache.Err())
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	must(err)
	if len(files) != 1 {
		b.Fatalf("the cache has %v", files)
	}
	content, err := os.ReadFile(files[0])
	must(err)
	entry := map[string]json.RawMessage{}
	must(json.Unmarshal(content, &entry))
	entry["hosts"], err = json.Marshal(hosts)
	must(err)
	content, err = json.Marshal(entry)
	must(err)
	must(os.WriteFile(files[0], content, 0o600))
	return flake, home
}

// builtProgram is the program as it is released: NIXFLEET_BENCH_PROGRAM, or
// built into a directory.
func builtProgram(b *testing.B, dir string) string {
	b.Helper()
	if program := os.Getenv("NIXFLEET_BENCH_PROGRAM"); program != "" {
		return program
	}
	program := filepath.Join(dir, "nixfleet-tui")
	if out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

// From the start of the built program to the frame with a thousand hosts that
// were there at the last start. Nix is there and slow.
func BenchmarkStart(b *testing.B) {
	bin := b.TempDir()
	program := builtProgram(b, bin)
	for _, slow := range []string{"nix", "ssh"} {
		if err := os.WriteFile(filepath.Join(bin, slow), []byte("#!/bin/sh\nexec sleep 60\n"), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	flake, home := cachedFleet(b, 1_000)
	var took []time.Duration
	var spent time.Duration
	for b.Loop() {
		cmd := exec.Command(program)
		cmd.Dir = flake
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+home, "XDG_STATE_HOME="+home, "HOME="+home, "NIX_SSHOPTS=")
		c := startConsole(b, cmd, 200, 50)
		c.until("1000 hosts", 0)
		took = append(took, time.Since(c.began))
		spent += c.cpu()
		c.press("q")
		<-c.ended
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(len(took)), "µs-cpu")
	report(b, took)
}

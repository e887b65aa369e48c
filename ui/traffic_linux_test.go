package ui

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkTraffic is how much is written to a terminal of 200×50 in a second:
// while every row of eight panes changes with each tick, and in a run of the
// demo on all its hosts that are up. The most that there could be is a whole
// frame for each turn of the renderer.
func BenchmarkTraffic(b *testing.B) {
	b.Run("8panes/10000lines", func(b *testing.B) {
		s, c, dry := underLoad(b)
		perSecond := traffic(b, c)
		dry()
		s.advance(tickEvery)
		b.ReportMetric(perSecond/float64(len(s.m.View())), "frames/s")
	})
	b.Run("demo", func(b *testing.B) {
		traffic(b, demoRun(b))
	})
}

// traffic measures a second after the other.
func traffic(b *testing.B, c *console) (perSecond float64) {
	total, seconds := 0, 0.0
	for b.Loop() {
		start := time.Now()
		total += c.written(time.Second)
		seconds += time.Since(start).Seconds()
	}
	perSecond = float64(total) / seconds
	b.ReportMetric(perSecond, "B/s")
	return perSecond
}

// demoRun is a dashboard of the demo in which a run has just begun.
func demoRun(b *testing.B) *console {
	b.Helper()
	program, home := builtProgram(b, b.TempDir()), b.TempDir()
	demo := func(words ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"demo"}, words...)...)
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home, "HOME="+home)
		return cmd
	}
	b.Cleanup(func() {
		_ = demo("runs", "cancel", "last", "--insist").Run() // it may be over
		_ = demo("runs", "attach", "last", "--plain").Run()  // ends as the run does
		if out, err := demo("reset").CombinedOutput(); err != nil {
			b.Errorf("demo reset: %v: %s", err, out)
		}
	})
	run := demo("switch", "--on", "*", "--yes", "--insist", "--skip-unreachable", "--parallel", "12", "--json")
	events, err := run.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	told := bufio.NewReader(events)
	drained := make(chan error, 1)
	b.Cleanup(func() {
		_ = run.Process.Kill() // which may have ended; the run goes on without it
		if err := <-drained; err != nil {
			b.Error(err)
		}
		_ = run.Wait() // as it was killed
	})
	_, err = told.ReadString('\n')
	go func() {
		_, err := io.Copy(io.Discard, told)
		drained <- err
	}()
	if err != nil {
		b.Fatalf("the run did not begin: %v", err)
	}
	c := startConsole(b, demo(), 200, 50)
	c.until("A run goes on", 0)
	c.press("3")
	c.until("under way", 0)
	return c
}

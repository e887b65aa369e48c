package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// logTest is a log file that a test writes, with a clock that the test holds.
type logTest struct {
	t     *testing.T
	path  string
	clock time.Time
	log   *Log
}

func newLogTest(t *testing.T) *logTest {
	// A clock behind the file's own times, so that only it decides.
	lt := &logTest{t: t, path: filepath.Join(t.TempDir(), "h1.txt"), clock: time.Now().Add(-time.Hour)}
	lt.log = OpenLog(lt.path, func() time.Time { return lt.clock })
	t.Cleanup(func() { lt.log.Close() })
	return lt
}

func (lt *logTest) write(s string) {
	lt.t.Helper()
	f, err := os.OpenFile(lt.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		lt.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(s); err != nil {
		lt.t.Fatal(err)
	}
}

func (lt *logTest) poll(want bool) {
	lt.t.Helper()
	changed, err := lt.log.Poll()
	if err != nil {
		lt.t.Fatal(err)
	}
	if changed != want {
		lt.t.Fatalf("Poll says changed=%v, want %v", changed, want)
	}
}

func (lt *logTest) want(lines ...string) {
	lt.t.Helper()
	got, err := lt.log.Lines(0, 1000)
	if err != nil {
		lt.t.Fatal(err)
	}
	if !slices.Equal(got, lines) {
		lt.t.Fatalf("lines are %q, want %q", got, lines)
	}
	if lt.log.Len() != len(lines) {
		lt.t.Fatalf("Len is %d, want %d", lt.log.Len(), len(lines))
	}
}

func TestLogGrows(t *testing.T) {
	lt := newLogTest(t)
	lt.poll(false) // no file yet
	lt.want()
	lt.write("one\ntwo\n")
	lt.poll(true)
	lt.want("one", "two")
	lt.poll(false)
	lt.write("three\n")
	lt.poll(true)
	lt.want("one", "two", "three")
}

func TestLogKeepsAnUnfinishedLineUntilItIsQuiet(t *testing.T) {
	lt := newLogTest(t)
	lt.write("done\nhal")
	lt.poll(true)
	lt.want("done")
	lt.clock = lt.clock.Add(logQuiet)
	lt.poll(true)
	lt.want("done", "hal")
	lt.write("f a line")
	lt.poll(false) // what is shown stays as it is until this has settled too
	lt.want("done", "hal")
	lt.clock = lt.clock.Add(logQuiet)
	lt.poll(true)
	lt.want("done", "half a line")
	lt.write(" and its end\nnext\n")
	lt.poll(true)
	lt.want("done", "half a line and its end", "next")
}

func TestLogOfAnEndedRunShowsItsLastLineAtOnce(t *testing.T) {
	lt := newLogTest(t)
	lt.write("cut")
	lt.clock = time.Now().Add(time.Hour) // the file is an hour old
	lt.poll(true)
	lt.want("cut")
}

func TestLogReplacesOnCarriageReturn(t *testing.T) {
	lt := newLogTest(t)
	lt.write("10%\r50%\r100%\nplain\r\n")
	lt.poll(true)
	lt.want("100%", "plain")
}

func TestLogCutsLongLines(t *testing.T) {
	lt := newLogTest(t)
	lt.write(strings.Repeat("x", 5*maxLogLine) + "\nafter\n")
	lt.poll(true)
	got, err := lt.log.Lines(0, 10)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %d lines and %v", len(got), err)
	}
	if len(got[0]) != maxLogLine || got[1] != "after" {
		t.Fatalf("the long line has %d bytes and is followed by %q", len(got[0]), got[1])
	}
}

func TestLogWrittenAnew(t *testing.T) {
	ways := map[string]func(lt *logTest){
		"shorter":  func(lt *logTest) { truncate(lt) },
		"longer":   func(lt *logTest) { truncate(lt); lt.write(strings.Repeat("new\n", 100)) },
		"replaced": replace,
	}
	for name, anew := range ways {
		t.Run(name, func(t *testing.T) {
			lt := newLogTest(t)
			lt.write("old 1\nold 2\nold 3\n")
			lt.poll(true)
			anew(lt)
			lt.poll(true)
			lines, err := lt.log.Lines(0, 1)
			if err != nil || lt.log.Len() == 3 || len(lines) > 0 && lines[0] != "new" {
				t.Fatalf("after the file was written anew: %d lines, first %q, %v", lt.log.Len(), lines, err)
			}
		})
	}
}

func truncate(lt *logTest) {
	if err := os.Truncate(lt.path, 0); err != nil {
		lt.t.Fatal(err)
	}
}

func replace(lt *logTest) {
	next := lt.path + ".next"
	if err := os.WriteFile(next, []byte("new\nnew\n"), 0o600); err != nil {
		lt.t.Fatal(err)
	}
	if err := os.Rename(next, lt.path); err != nil {
		lt.t.Fatal(err)
	}
}

func manyLines(lt *logTest, n int) {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	lt.write(b.String())
	lt.poll(true)
}

func TestLogReadsAnywhere(t *testing.T) {
	lt := newLogTest(t)
	const n = 10*markEvery + 7
	manyLines(lt, n)
	for _, from := range []int{0, 1, markEvery - 1, markEvery, markEvery + 1, 5*markEvery + 9, n - 2, n - 1} {
		got, err := lt.log.Lines(from, 3)
		if err != nil || len(got) != min(3, n-from) {
			t.Fatalf("from %d: %q, %v", from, got, err)
		}
		for i, line := range got {
			if line != fmt.Sprintf("line %d", from+i) {
				t.Fatalf("line %d reads %q", from+i, line)
			}
		}
	}
	if got, err := lt.log.Lines(n, 3); got != nil || err != nil {
		t.Fatalf("behind the end: %q, %v", got, err)
	}
}

func TestLogFind(t *testing.T) {
	lt := newLogTest(t)
	const n = 4 * markEvery
	manyLines(lt, n)
	is := func(want string) func(string) bool { return func(line string) bool { return line == want } }
	cases := []struct {
		line string
		from int
		back bool
		want int
	}{
		{"line 3", 0, false, 3},
		{"line 3", 3, false, 3},
		{"line 3", 4, false, -1},
		{"line 3", n - 1, true, 3},
		{"line 3", 3, true, 3},
		{"line 3", 2, true, -1},
		{"line 200", 0, false, 200},
		{"line 200", n + 50, true, 200},
		{"none", 0, false, -1},
		{"none", n - 1, true, -1},
	}
	for _, c := range cases {
		got, err := lt.log.Find(context.Background(), c.from, c.back, is(c.line))
		if err != nil || got != c.want {
			t.Errorf("Find(%q, from %d, back %v) = %d, %v; want %d", c.line, c.from, c.back, got, err, c.want)
		}
	}
}

func TestLogFindEndsWithItsContext(t *testing.T) {
	lt := newLogTest(t)
	manyLines(lt, 4*markEvery)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, back := range []bool{false, true} {
		_, err := lt.log.Find(ctx, 2*markEvery, back, func(string) bool { return false })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("back %v: %v", back, err)
		}
	}
}

func TestLogFindBackTakesTheNearest(t *testing.T) {
	lt := newLogTest(t)
	lt.write("hit\nhit\nmiss\nhit\n")
	lt.poll(true)
	got, err := lt.log.Find(context.Background(), 2, true, func(s string) bool { return s == "hit" })
	if err != nil || got != 1 {
		t.Fatalf("got %d, %v; want 1", got, err)
	}
}

func BenchmarkLogTailOfMillionLines(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("building '/nix/store/aaaa-hello.drv'...\n", 1_000_000)), 0o600); err != nil {
		b.Fatal(err)
	}
	l := OpenLog(path, time.Now)
	defer l.Close()
	if _, err := l.Poll(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := l.Poll(); err != nil {
			b.Fatal(err)
		}
		if got, err := l.Lines(l.Len()-16, 16); err != nil || len(got) != 16 {
			b.Fatal(len(got), err)
		}
	}
}

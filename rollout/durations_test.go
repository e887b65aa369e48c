package rollout

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

func TestEstimate(t *testing.T) {
	store := &Store{Dir: t.TempDir()}
	at := fixedNow()
	now := func() time.Time { return at }
	building := func(names ...string) (p nixcmd.Progress) {
		for _, n := range names {
			p.Builds = append(p.Builds, nixcmd.RunningBuild{Name: n, Since: at})
		}
		return p
	}

	first := newBuildWatch(store.durations(now), true)
	first.look(building("linux-6.12.57", "etc-h1"), at)
	if _, ok := first.left([]string{"linux-6.12.57", "etc-h1"}, at); ok {
		t.Error("an estimate without any experience")
	}
	at = at.Add(10 * time.Second)
	first.look(building(), at) // both took 10 s
	if err := first.durations.save(); err != nil {
		t.Fatal(err)
	}

	second := newBuildWatch(store.durations(now), true)
	planned := []string{"linux-6.12.60", "etc-h1"} // another version of the same
	p := building("linux-6.12.60")
	second.look(p, at)
	at = at.Add(4 * time.Second)
	second.look(p, at)
	if left, ok := second.left(planned, at); !ok || left != 16*time.Second {
		t.Errorf("left = %v, %v; want 6 s of linux and 10 s of etc", left, ok)
	}
	if _, ok := second.left(append(planned, "firefox-145"), at); ok {
		t.Error("an estimate although one of them was never built")
	}
	at = at.Add(60 * time.Second)
	second.look(p, at)
	if left, ok := second.left([]string{"linux-6.12.60"}, at); !ok || left != 0 {
		t.Errorf("left = %v, %v; what takes longer than ever is not less than nothing", left, ok)
	}
}

func TestEstimatesOfAdoptedRunsTeachNothing(t *testing.T) {
	store := &Store{Dir: t.TempDir()}
	w := newBuildWatch(store.durations(fixedNow), false)
	w.look(nixcmd.Progress{Builds: []nixcmd.RunningBuild{{Name: "a-1", Since: fixedNow()}}}, fixedNow())
	w.look(nixcmd.Progress{}, fixedNow().Add(time.Second))
	if _, ok := w.durations.of("a-1"); ok {
		t.Error("it learned from times that are not true")
	}
}

// TestDurationsOfTasksOnDisk: files of earlier programs, and broken ones, are as
// none; what another run has learned meanwhile is kept, and the oldest forgotten.
func TestDurationsOfTasksOnDisk(t *testing.T) {
	for content, want := range map[string]time.Duration{
		`{"version":1,"builds":{},"tasks":{"switch f#h1":{"seconds":1.5,"last":"2026-11-23T17:00:00Z"}}}`: 1500 * time.Millisecond,
		`{"version":1,"builds":{}}`:                                         0,
		`{"version":2,"builds":{},"tasks":{"switch f#h1":{"seconds":1.5}}}`: 0,
		`{"version":1,"builds":{},"tasks":{"switch f#h1":{"sec`:             0,
		`{"version":1,"builds":{},"tasks":{"switch f#h1":"long"}}`:          0,
		``: 0,
	} {
		store := &Store{Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(store.Dir, "durations.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d := store.durations(fixedNow)
		if got := d.ofTask("switch f#h1"); got != want {
			t.Errorf("%s: %s, not %s", content, got, want)
		}
		d.learnTask("switch f#h2", time.Second, true)
		if err := d.save(); err != nil {
			t.Fatal(err)
		}
		again := store.durations(fixedNow)
		if h1, h2 := again.ofTask("switch f#h1"), again.ofTask("switch f#h2"); h1 != want || h2 != time.Second {
			t.Errorf("after %s: %s and %s", content, h1, h2)
		}
	}
}

func TestRunsThatLearnAtTheSameTime(t *testing.T) {
	store := &Store{Dir: t.TempDir()}
	at := fixedNow()
	now := func() time.Time { at = at.Add(time.Second); return at }
	long, short := store.durations(now), store.durations(now)
	long.learnTask("both", time.Second, true)
	long.learnTask("long", time.Second, true)
	for i := range maxDurations - 1 {
		long.learnTask(fmt.Sprint(i), time.Second, true)
	}
	short.learnTask("both", time.Minute, true)
	for _, d := range []*durations{short, long} {
		if err := d.save(); err != nil {
			t.Fatal(err)
		}
	}
	kept := store.durations(now)
	if n := len(kept.known.Tasks); n != maxDurations {
		t.Errorf("%d tasks are remembered", n)
	}
	if both, oldest := kept.ofTask("both"), kept.ofTask("long"); both != time.Minute || oldest != 0 {
		t.Errorf("the newest is %s and the oldest %s", both, oldest)
	}
}

// TestFiguresThatCannotBeKept are worth a line in the supervisor's log.
func TestFiguresThatCannotBeKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "supervisor.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	r := &run{Supervisor: Supervisor{Log: log}}
	nowhere := &Store{Dir: filepath.Join(path, "no directory")}
	r.note("keeping how long it all took", nowhere.durations(time.Now).save())
	r.note("keeping the memory that h1 took", nowhere.peaks().learn("flake", "h1", 1<<20))
	r.note("looking for questions", nil)
	said, err := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], "keeping how long it all took: ") || !strings.HasPrefix(lines[1], "keeping the memory that h1 took: ") {
		t.Errorf("the log says %q, %v", said, err)
	}
}

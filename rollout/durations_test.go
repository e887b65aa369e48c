package rollout

import (
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
	r.note("keeping how long builds took", nowhere.durations(time.Now).save())
	r.note("keeping the memory that h1 took", nowhere.peaks().learn("flake", "h1", 1<<20))
	r.note("looking for questions", nil)
	said, err := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], "keeping how long builds took: ") || !strings.HasPrefix(lines[1], "keeping the memory that h1 took: ") {
		t.Errorf("the log says %q, %v", said, err)
	}
}

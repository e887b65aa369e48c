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

// pastRun writes the directory of a run that ended at a time.
func pastRun(tb testing.TB, s *Store, ended time.Time, hosts, logSize int) string {
	tb.Helper()
	p := Plan{Version: PlanVersion, ID: NewID("switch", ended), Action: nixcmd.Switch, Created: ended, Invoked: ended, User: "me", On: "laptop",
		Flake: Flake{URL: "git+file:///flake", Revision: "a9c53c8"}}
	var events strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&events, `{"version":1,"seq":%d,"time":%q,"run":%q,`+format+"}\n", append([]any{strings.Count(events.String(), "\n") + 1, ended.UTC().Format(time.RFC3339), p.ID}, args...)...)
	}
	line(`"event":"start","action":"switch"`)
	sum := summary{Version: 1, Run: p.ID, Hosts: map[string]Verdict{}}
	for i := range hosts {
		name := fmt.Sprintf("web%d", i)
		p.Hosts = append(p.Hosts, PlanHost{Name: name, BuildOn: BuildOnTarget})
		for _, phase := range []string{"preparing", "evaluating", "building", "activating", "verifying"} {
			line(`"host":%q,"event":"phase","phase":%q`, name, phase)
		}
		line(`"host":%q,"event":"verdict","verdict":"ok","exitCode":0,"phase":"activating","changed":true,"rebootNeeded":false,"profileMoved":true,"reason":"","hint":"","log":"x"`, name)
	}
	line(`"event":"end","exitCode":0`)
	d := runDir(filepath.Join(s.runs(), p.ID))
	if err := os.MkdirAll(filepath.Join(string(d), "hosts"), 0o700); err != nil {
		tb.Fatal(err)
	}
	for path, content := range map[string][]byte{d.events(): []byte(events.String()), d.host("web0", ".log"): make([]byte, logSize)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	for path, v := range map[string]any{d.plan(): p, d.summary(): sum} {
		if err := writeJSON(path, v); err != nil {
			tb.Fatal(err)
		}
		if err := os.Chtimes(path, ended, ended); err != nil {
			tb.Fatal(err)
		}
	}
	return p.ID
}

func openTestStore(tb testing.TB) *Store {
	tb.Helper()
	s, err := OpenStore(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestListByTheIndexIsTheSame(t *testing.T) {
	s := openTestStore(t)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		pastRun(t, s, at.Add(time.Duration(i)*time.Hour), 2, 10)
	}
	brief := func(views []View) string {
		var words []string
		for _, v := range views {
			words = append(words, fmt.Sprint(v.Plan.ID, v.Plan.User, v.Plan.Flake.Revision, v.Ended.UTC(), v.ExitCode, outcomes(v), v.Tasks[0].Started.UTC(), v.Tasks[0].Verdict.Changed, v.Broken))
		}
		return strings.Join(words, "\n")
	}
	first, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.readIndex().Runs) != 3 {
		t.Fatalf("the index has %d runs", len(s.readIndex().Runs))
	}
	second, err := s.List()
	if err != nil || brief(first) != brief(second) {
		t.Errorf("by the index (%v):\n%s\nwithout:\n%s", err, brief(second), brief(first))
	}
	// What happens to a directory afterwards is seen.
	dir := first[0].Dir
	if err := os.WriteFile(runDir(dir).events(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := s.List()
	if err != nil || third[0].Broken == "" {
		t.Errorf("lost events are not noticed: %v, %+v", err, third[0])
	}
}

func TestPruneByAgeAndSize(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	setup := func(t *testing.T) (*Store, []string) {
		s := openTestStore(t)
		var ids []string
		for i := range 5 {
			ids = append(ids, pastRun(t, s, now.Add(-time.Duration(i)*30*day-time.Hour), 1, 100_000))
		}
		return s, ids
	}
	names := func(gone []Pruned) string {
		var all []string
		for _, g := range gone {
			all = append(all, g.ID)
		}
		return strings.Join(all, " ")
	}
	t.Run("age", func(t *testing.T) {
		s, ids := setup(t)
		gone, err := s.Prune(Keep{Age: 90 * day, Size: 1 << 40}, now, false)
		if err != nil || names(gone) != strings.Join(ids[3:], " ") {
			t.Errorf("%v: removed %s", err, names(gone))
		}
		if left, err := s.ids(); err != nil || len(left) != 3 {
			t.Errorf("%v: left %v", err, left)
		}
	})
	t.Run("size", func(t *testing.T) {
		s, ids := setup(t)
		gone, err := s.Prune(Keep{Age: 900 * day, Size: 250_000}, now, true)
		if err != nil || names(gone) != strings.Join(ids[2:], " ") {
			t.Errorf("%v: removed %s", err, names(gone))
		}
		if left, err := s.ids(); err != nil || len(left) != 5 {
			t.Errorf("%v: a dry run removed something: %v", err, left)
		}
	})
	t.Run("never what goes on", func(t *testing.T) {
		s, ids := setup(t)
		running := runDir(filepath.Join(s.runs(), ids[4]))
		lock, err := tryLock(running.lock())
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if err := os.Remove(runDir(filepath.Join(s.runs(), ids[3])).summary()); err != nil { // lost before its end
			t.Fatal(err)
		}
		gone, err := s.Prune(Keep{Age: time.Hour, Size: 0}, now, false)
		if err != nil || names(gone) != ids[1]+" "+ids[2] {
			t.Errorf("%v: removed %s", err, names(gone))
		}
		left, err := s.ids()
		if err != nil || strings.Join(left, " ") != ids[0]+" "+ids[3]+" "+ids[4] {
			t.Errorf("%v: left %v; the newest, the running and the lost one are to stay", err, left)
		}
	})
}

// BenchmarkList is `runs` over a history of a thousand: below 100 ms.
func BenchmarkList(b *testing.B) {
	s := openTestStore(b)
	at := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		pastRun(b, s, at.Add(time.Duration(i)*time.Hour), 8, 100)
	}
	if _, err := s.List(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if views, err := s.List(); err != nil || len(views) != 1000 {
			b.Fatal(err, len(views))
		}
	}
}

package rollout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// endedRun is a run directory as two hosts leave it: one ok, one failed.
func endedRun(t *testing.T, s *Store) runDir {
	t.Helper()
	p := Plan{Version: PlanVersion, Action: nixcmd.Switch, Created: fixedNow(), Hosts: []PlanHost{{Name: "h1"}, {Name: "h2"}}}
	for p.ID == "" || readable(filepath.Join(s.runs(), p.ID)) { // four digits are not many for those of one second
		p.ID = NewID("switch", fixedNow())
	}
	d := runDir(filepath.Join(s.runs(), p.ID))
	if err := os.MkdirAll(filepath.Join(string(d), "hosts"), 0o700); err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]Verdict{"h1": {Outcome: OutcomeOK, Changed: true}, "h2": {Outcome: OutcomeFailed, Reason: "it broke"}}
	if err := writeJSON(d.plan(), p); err != nil {
		t.Fatal(err)
	}
	log, err := openEventLog(d.events(), p.ID, 0, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	code := 1
	first, second := verdicts["h1"], verdicts["h2"]
	for _, e := range []Event{
		{Event: EventStart}, {Event: EventVerdict, Host: "h1", Verdict: &first}, {Event: EventVerdict, Host: "h2", Verdict: &second}, {Event: EventEnd, ExitCode: &code},
	} {
		if _, err := log.append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeJSON(d.summary(), summary{Version: 1, Run: p.ID, Started: fixedNow(), Ended: fixedNow(), ExitCode: code, Hosts: verdicts}); err != nil {
		t.Fatal(err)
	}
	return d
}

// cutFile leaves only the first bytes of a file.
func cutFile(bytes int64) func(path string) error {
	return func(path string) error { return os.Truncate(path, bytes) }
}

// garble puts something else where JSON was.
func garble(path string) error { return os.WriteFile(path, []byte("{\x00\x1b[2J\n\n}{"), 0o600) }

// TestBrokenDirectories: a directory with something missing is told in one
// line, and what is left of the run is still shown.
func TestBrokenDirectories(t *testing.T) {
	const (
		whole      = ""
		fromOthers = "the end of events.jsonl is missing; how it ended is known from summary.json"
	)
	for _, c := range []struct {
		name   string
		spoil  func(d runDir) error
		broken string
		h2     Outcome // "": nothing of the run is known
		lost   bool    // the next supervisor finds out how it ended
	}{
		{"nothing wrong", func(runDir) error { return nil }, whole, OutcomeFailed, false},
		{"run.json missing", func(d runDir) error { return os.Remove(d.plan()) }, "run.json is missing", "", false},
		{"run.json cut", func(d runDir) error { return cutFile(40)(d.plan()) }, "run.json is cut or garbled", "", false},
		{"run.json empty", func(d runDir) error { return cutFile(0)(d.plan()) }, "run.json is cut or garbled", "", false},
		{"run.json of other types", func(d runDir) error { return os.WriteFile(d.plan(), []byte(`{"version":"one"}`), 0o600) }, "run.json is cut or garbled", "", false},
		{"run.json of a later version", func(d runDir) error { return os.WriteFile(d.plan(), []byte(`{"version":99}`), 0o600) },
			"run.json is of version 99, and this program knows 1 and before", "", false},
		{"events cut", func(d runDir) error { return cutFile(200)(d.events()) }, fromOthers, OutcomeFailed, false},
		{"events missing", func(d runDir) error { return os.Remove(d.events()) }, fromOthers, OutcomeFailed, false},
		{"events garbled", func(d runDir) error { return garble(d.events()) }, fromOthers, OutcomeFailed, false},
		{"hosts missing", func(d runDir) error { return os.RemoveAll(filepath.Dir(d.host("h1", ""))) }, whole, OutcomeFailed, false},
		{"summary garbled", func(d runDir) error { return garble(d.summary()) }, whole, OutcomeFailed, false},
		{"both garbled", func(d runDir) error { return firstError(garble(d.events()), garble(d.summary())) },
			"the end of events.jsonl is missing, and summary.json is cut or garbled", OutcomeUnknown, false},
		{"events and summary missing", func(d runDir) error { return firstError(os.Remove(d.events()), os.Remove(d.summary())) }, whole, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := OpenStore(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			d := endedRun(t, s)
			if err := c.spoil(d); err != nil {
				t.Fatal(err)
			}
			views, err := s.List()
			if err != nil || len(views) != 1 {
				t.Fatalf("%d runs, %v", len(views), err)
			}
			v := views[0]
			if v.Broken != c.broken || v.Plan.ID != filepath.Base(string(d)) || v.Over() != (c.h2 != "") {
				t.Errorf("%s: broken %q, over %t; want %q", v.Plan.ID, v.Broken, v.Over(), c.broken)
			}
			if v.Unreadable() != (c.h2 == "" && !c.lost) {
				t.Errorf("unreadable: %t", v.Unreadable())
			}
			if c.h2 != "" && (v.Task("h2").Verdict == nil || v.Task("h2").Verdict.Outcome != c.h2 || v.ExitCode != 1) {
				t.Errorf("h2: %+v, exit code %d; want %s", v.Task("h2").Verdict, v.ExitCode, c.h2)
			}
		})
	}
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestRunsOfOneSecond: the newest is the one that was planned last, whatever
// the random end of its name.
func TestRunsOfOneSecond(t *testing.T) {
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first := endedRun(t, s)
	for range 5 {
		second := endedRun(t, s)
		before := fixedNow().Add(-time.Minute)
		if err := os.Chtimes(first.plan(), before, before); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Find("last"); err != nil || got != string(second) {
			t.Errorf("the last run is %s, not %s; %v", got, second, err)
		}
		first = second
	}
}

// TestStoresAreOpenedByManyAtOnce: commands, dashboards and supervisors do it
// at any moment, and none is in the way of another.
func TestStoresAreOpenedByManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	failed := make(chan error)
	const many = 8
	for range many {
		go func() {
			var err error
			for range 50 {
				_, e := OpenStore(dir)
				err = errors.Join(err, e)
			}
			failed <- err
		}()
	}
	for range many {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".writable*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestAStoreThatCannotBeWritten is told of without the file that was to be written:
// it is not there, and who looks for it would look in the wrong place.
func TestAStoreThatCannotBeWritten(t *testing.T) {
	err := tryWriting(filepath.Join(t.TempDir(), "not-there"))
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "writable") {
		t.Errorf("%v", err)
	}
}

// TestADirectoryThatIsBeingMade: it has no run.json for a moment, which is no
// reason to call it broken for ever after. A copy with the same ID is another.
func TestADirectoryThatIsBeingMade(t *testing.T) {
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := endedRun(t, s)
	plan, err := os.ReadFile(d.plan())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.plan()); err != nil {
		t.Fatal(err)
	}
	before, changed, err := s.Relist(nil)
	if err != nil || !changed || !before[0].Unreadable() {
		t.Fatalf("%+v, %t, %v", before, changed, err)
	}
	if err := os.WriteFile(d.plan(), plan, 0o600); err != nil {
		t.Fatal(err)
	}
	after, changed, err := s.Relist(before)
	if err != nil || !changed || after[0].Broken != "" || !after[0].Over() {
		t.Fatalf("%+v, %t, %v", after, changed, err)
	}
	if err := os.CopyFS(string(d)+"-copy", os.DirFS(string(d))); err != nil {
		t.Fatal(err)
	}
	two, changed, err := s.Relist(after)
	if err != nil || !changed || len(two) != 2 {
		t.Fatalf("%d runs, %t, %v", len(two), changed, err)
	}
	if _, changed, err := s.Relist(two); err != nil || changed {
		t.Errorf("nothing has changed: %t, %v", changed, err)
	}
}

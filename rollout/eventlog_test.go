package rollout

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func fixedNow() time.Time { return time.Date(2026, 11, 22, 7, 15, 0, 0, time.UTC) }

func TestEventsSurviveATornLine(t *testing.T) {
	for name, torn := range map[string]string{
		"in the middle":            `{"version":1,"seq":2,"ev`,
		"before its end":           `{"version":1,"seq":2,"event":"verdict","host":"h1"}`,
		"when it was ended before": `{"version":1,"seq":2,"event":"verdict","host":"h1"}!`,
	} {
		t.Run(name, func(t *testing.T) { tearsAnEvent(t, torn) })
	}
}

// tearsAnEvent leaves a torn second line behind a first event.
func tearsAnEvent(t *testing.T, torn string) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	log, err := openEventLog(path, "r1", 0, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.append(Event{Event: EventStart}); err != nil {
		t.Fatal(err)
	}
	log.close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(torn); err != nil {
		t.Fatal(err)
	}
	f.Close()

	r := eventReader{path: path}
	if events, err := r.next(); err != nil || len(events) != 1 {
		t.Fatalf("before the line is ended: %d events, %v; want 1", len(events), err)
	}
	log, err = openEventLog(path, "r1", 1, fixedNow)
	if err != nil {
		t.Fatal(err)
	}
	v := Verdict{Outcome: OutcomeOK, ExitCode: exit(0), Reason: "", Changed: true}
	if _, err := log.append(Event{Event: EventVerdict, Host: "h1", Verdict: &v}); err != nil {
		t.Fatal(err)
	}
	log.close()
	events, err := r.next()
	if err != nil || len(events) != 1 || r.broken != 1 {
		t.Fatalf("after it: %d events, %d broken, %v; want 1 and 1", len(events), r.broken, err)
	}
	got := events[0]
	if got.Seq != 2 || got.Verdict == nil || got.Verdict.Outcome != OutcomeOK || *got.Verdict.ExitCode != 0 || !got.Verdict.Changed {
		t.Errorf("the verdict came back as %+v", got.Verdict)
	}
}

func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"h1":                 "h1",
		"dotted.example.org": "dotted.example.org",
		"Web1":               "%57eb1",
		"../etc":             "%2E.%2Fetc",
		"a b":                "a%20b",
		"é":                  "%C3%A9",
	} {
		if got := fileName(name); got != want {
			t.Errorf("fileName(%q) = %q, want %q", name, got, want)
		}
	}
}

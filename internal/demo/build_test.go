package demo

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// planned is the log of one host's build, as a host writes it.
func planned(t *testing.T, name string, o logOptions) (*log, bool) {
	t.Helper()
	l := newLog(o, name)
	failed := planBuild(systemOf(hostNamed(t, name), revisions()[0]), "").log(l)
	return l, failed
}

// TestBuildsTakeAFewSeconds keeps the demo believable and short.
func TestBuildsTakeAFewSeconds(t *testing.T) {
	lengths := map[time.Duration]string{}
	for name, s := range stories() {
		l, failed := planned(t, name, logOptions{json: true})
		lines := l.inOrder()
		took := lines[len(lines)-1].at
		if took < time.Second || took > 20*time.Second {
			t.Errorf("%s builds for %v", name, took)
		}
		if failed != (s.buildFails != "") {
			t.Errorf("%s fails to build: %v", name, failed)
		}
		if other, ok := lengths[took]; ok && len(s.builtHere) > 0 {
			t.Errorf("%s and %s take equally long", name, other)
		}
		lengths[took] = name
		t.Logf("%-10s %6v %4d lines", name, took.Round(10*time.Millisecond), len(lines))
	}
}

// TestLogLines checks each line against Nix's grammar: JSON with sorted keys,
// activities that begin before they go on and end once.
func TestLogLines(t *testing.T) {
	for name := range stories() {
		l, failed := planned(t, name, logOptions{json: true})
		open := map[int64]int{}
		builds := 0
		for _, line := range l.inOrder() {
			raw, ok := strings.CutPrefix(line.text, "@nix ")
			if !ok {
				t.Fatalf("%s: not a line of Nix: %q", name, line.text)
			}
			checkSorted(t, raw)
			var got struct {
				Action string
				ID     int64
				Type   int
				Fields []json.RawMessage
			}
			if err := json.Unmarshal([]byte(raw), &got); err != nil {
				t.Fatalf("%s: %v in %s", name, err, raw)
			}
			switch got.Action {
			case "start":
				if _, again := open[got.ID]; again {
					t.Errorf("%s: activity %d begins twice", name, got.ID)
				}
				open[got.ID] = got.Type
				if got.Type == actBuild {
					builds++
				}
			case "stop", "result":
				kind, ok := open[got.ID]
				if !ok {
					t.Errorf("%s: %s of an activity that is not open: %s", name, got.Action, raw)
				}
				if got.Action == "stop" {
					delete(open, got.ID)
				} else if got.Type == resProgress && len(got.Fields) != 4 {
					t.Errorf("%s: progress of activity type %d with %d fields", name, kind, len(got.Fields))
				}
			case "msg":
			default:
				t.Errorf("%s: unknown action: %s", name, raw)
			}
		}
		if !failed && len(open) > 0 {
			t.Errorf("%s: %d activities never end", name, len(open))
		}
		if want := len(stories()[name].builtHere) + 4; !failed && builds != want {
			t.Errorf("%s: %d builds, want %d", name, builds, want)
		}
	}
}

// checkSorted: Nix writes the keys of an object in alphabetical order, and
// readers lean on it.
func checkSorted(t *testing.T, raw string) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(raw))
	var keys []string
	depth := 0
	isKey := true
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			isKey = true
			continue
		}
		if depth != 1 {
			continue
		}
		if key, ok := token.(string); ok && isKey {
			keys = append(keys, key)
			isKey = false
			continue
		}
		isKey = true
	}
	if !slices.IsSorted(keys) || len(keys) < 2 {
		t.Errorf("keys %q in %s", keys, raw)
	}
}

// TestLogForPeople: without internal-json the same build is plain text.
func TestLogForPeople(t *testing.T) {
	l, _ := planned(t, "ankarana", logOptions{lines: true})
	var plain bytes.Buffer
	for _, line := range l.inOrder() {
		plain.WriteString(line.text + "\n")
	}
	said := plain.String()
	for _, want := range []string{"these 6 derivations will be built:\n", "nginx.conf> No issues found.\n", "copying path '/nix/store/", "building '/nix/store/"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in:\n%s", want, said)
		}
	}
	if strings.Contains(said, "@nix") {
		t.Error("there is JSON in it")
	}
}

// TestPlayKeepsTime plays a log in time that the test holds.
func TestPlayKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(logOptions{}, "test")
		l.lineAt(3*time.Second, "third")
		l.lineAt(time.Second, "first")
		l.lineAt(time.Second, "second")
		l.until(4 * time.Second)
		w := &timedWriter{began: time.Now()}
		if err := l.play(t.Context(), w, 2); err != nil {
			t.Fatal(err)
		}
		want := map[time.Duration]string{500 * time.Millisecond: "first\nsecond\n", 1500 * time.Millisecond: "third\n"}
		if !maps.Equal(w.wrote, want) {
			t.Errorf("played %v, want %v", w.wrote, want)
		}
		if took := time.Since(w.began); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// timedWriter notes what was written when.
type timedWriter struct {
	began time.Time
	wrote map[time.Duration]string
}

func (w *timedWriter) Write(p []byte) (int, error) {
	if w.wrote == nil {
		w.wrote = map[time.Duration]string{}
	}
	w.wrote[time.Since(w.began)] += string(p)
	return len(p), nil
}

// TestStorePathsLookReal: Nix's alphabet, one path for one thing.
func TestStorePathsLookReal(t *testing.T) {
	shape := regexp.MustCompile(`^/nix/store/[0-9abcdfghijklmnpqrsvwxyz]{32}-[a-zA-Z0-9+._?=-]+$`)
	hosts, err := readFleet()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, h := range hosts {
		for _, r := range revisions() {
			s := systemOf(h, r)
			if len(r.rev) != 40 {
				t.Errorf("%q is no revision", r.rev)
			}
			for _, path := range []string{s.path, s.drv} {
				if !shape.MatchString(path) {
					t.Errorf("%s is no store path", path)
				}
				if other, ok := seen[path]; ok {
					t.Errorf("%s is of %s and of %s", path, other, h.Name)
				}
				seen[path] = h.Name
			}
			if s != systemOf(h, r) {
				t.Errorf("the system of %s changes", h.Name)
			}
		}
	}
}

package soak

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestPlanFollowsFromItsSeed(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	deal := func(seed uint64) []Round {
		s := NewSeason(seed, 2)
		return append(s.Deal(names, time.Second, time.Second), s.Deal(names, time.Second, time.Second)...)
	}
	first := deal(7)
	if !reflect.DeepEqual(first, deal(7)) {
		t.Error("the same seed deals something else")
	}
	if reflect.DeepEqual(first, deal(8)) {
		t.Error("another seed deals the same")
	}
	for i, half := range [][]Round{first[:len(names)], first[len(names):]} {
		for _, name := range names {
			if !slices.ContainsFunc(half, func(r Round) bool {
				return slices.ContainsFunc(r.Blows, func(b Blow) bool { return b.Fault == name })
			}) {
				t.Errorf("%s does not strike in half %d: %v", name, i, half)
			}
		}
	}
}

func TestPlayStrikesAndLiftsAll(t *testing.T) {
	ended := make(chan error, 1)
	var struck, lifted, looked int
	r := Round{Blows: []Blow{{"a", 0, 20 * time.Millisecond}, {"b", 60 * time.Millisecond, 0}}}
	strike := func(Blow) func() {
		if struck++; struck == 1 {
			ended <- nil
		}
		return func() { lifted++ }
	}
	if inTime := r.Play(ended, time.Minute, strike, func() { looked++ }); !inTime || struck != 2 || lifted != 2 || looked < 2 {
		t.Errorf("in time: %v, struck %d, lifted %d, looked %d times", inTime, struck, lifted, looked)
	}
	if r.Play(nil, time.Millisecond, strike, func() {}) {
		t.Error("a viewer that never ends did so in time")
	}
}

// TestRunIsHeldToItsPromises breaks a run's directory in each way.
func TestRunIsHeldToItsPromises(t *testing.T) {
	for name, c := range map[string]struct {
		file, first, second string
		whole, wrong        bool
	}{
		"it goes on":        {"hosts/h1.log", "a\nb\n", "a\nb\nc\n", false, false},
		"a log shrinks":     {"hosts/h1.log", "a\nb\n", "a\n", false, true},
		"a log changes":     {"hosts/h1.log", "a\nb\n", "x\nb\n", false, true},
		"readable too long": {"hosts/h1.txt", "a\n", "a\nb\nc\n", false, true},
		"readable is cut":   {"hosts/h1.txt", "a\n", "", true, true},
		"a gap":             {"events.jsonl", `{"seq":1}` + "\n", `{"seq":1}` + "\n" + `{"seq":3}` + "\n", false, true},
		"events are lost":   {"events.jsonl", `{"seq":1}` + "\n" + `{"seq":2}` + "\n", `{"seq":1}` + "\n", false, true},
		"torn lines":        {"events.jsonl", `{"seq":1}` + "\n", `{"seq":1}` + "\n{\n{\n", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := Run{Dir: t.TempDir()}
			write := func(file, content string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(r.Dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(r.Dir, "hosts"), 0o700); err != nil {
				t.Fatal(err)
			}
			write("hosts/h1.log", "a\nb\n")
			write("hosts/h1.txt", "a\n")
			write("events.jsonl", `{"seq":1}`+"\n")
			write(c.file, c.first)
			if err := r.Look(); err != nil {
				t.Fatal(err)
			}
			write(c.file, c.second)
			err := r.Look()
			if c.whole {
				_, err = r.Whole()
			}
			if (err != nil) != c.wrong {
				t.Errorf("it says %v", err)
			}
		})
	}
}

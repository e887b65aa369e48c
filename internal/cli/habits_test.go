package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

func TestHabitsAreKeptForEachFleet(t *testing.T) {
	p := newBench(t).program()
	one, other := habitsPath(p.World, fleet.Source{Flake: "/a"}), habitsPath(p.World, fleet.Source{Flake: "/b"})
	b := &backend{Program: p, habits: one}
	want := ui.Habits{Order: "by name", ByTag: true}
	if err := b.Remember(want); err != nil {
		t.Fatal(err)
	}
	if got, err := readHabits(one); err != nil || got != want {
		t.Errorf("read %+v, %v", got, err)
	}
	if got, err := readHabits(other); err != nil || got != (ui.Habits{}) {
		t.Errorf("of another fleet: %+v, %v", got, err)
	}
}

func TestHabitsThatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "habits.json")
	for content, fails := range map[string]bool{`{"version":1,"byTag":true,"later":{}}`: false, `{"version":2,"byTag":"yes"}`: true, `{"version":2,"byTag":true}`: false, "{": true} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readHabits(path)
		if (err != nil) != fails || got.ByTag != strings.HasPrefix(content, `{"version":1,`) {
			t.Errorf("%s: %+v, %v", content, got, err)
		}
	}
	b := &backend{Program: newBench(t).program(), habits: filepath.Join(path, "below-a-file")}
	var told *fleet.Error
	if err := b.Remember(ui.Habits{}); !errors.As(err, &told) || told.Hint == "" {
		t.Errorf("told %v", err)
	}
}

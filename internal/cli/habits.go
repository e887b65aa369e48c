package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// habitsVersion is the format of the files in which habits are kept.
const habitsVersion = 1

// habitsFile is how the dashboard was left, for one fleet.
type habitsFile struct {
	Version int `json:"version"`
	ui.Habits
}

// habitsPath is the file for this inventory.
func habitsPath(w World, src fleet.Source) string {
	name := strings.TrimSuffix(sshConfigName(src), filepath.Ext(sshConfigName(src)))
	return filepath.Join(w.StateDir(), "habits", name+".json")
}

// readHabits returns none when there are none yet, or those of a later version.
func readHabits(path string) (ui.Habits, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ui.Habits{}, nil
	}
	var f habitsFile
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	if err != nil {
		return ui.Habits{}, fmt.Errorf("how the dashboard was left cannot be read: %w", err)
	}
	if f.Version != habitsVersion {
		return ui.Habits{}, nil
	}
	return f.Habits, nil
}

// Remember implements ui.Backend.
func (b *backend) Remember(h ui.Habits) error {
	content, err := json.Marshal(habitsFile{habitsVersion, h})
	if err == nil {
		err = writeIfChanged(b.habits, append(content, '\n'))
	}
	if err != nil {
		return &fleet.Error{Message: "how the dashboard is set up could not be remembered: " + err.Error(), Hint: "It holds until the dashboard is left.", Err: err}
	}
	return nil
}

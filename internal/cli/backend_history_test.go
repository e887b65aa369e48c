package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/ui"
)

// Who has left the dashboard does not wait for git.
func TestNobodyAsksGitAfterTheEnd(t *testing.T) {
	dir := t.TempDir()
	asked, git := filepath.Join(dir, "asked"), filepath.Join(dir, "git")
	if err := os.WriteFile(git, []byte("#!/bin/sh\n: >"+asked+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := newBackend(newBench(t).program(), &sourceFlags{}, "", nil, ui.NewMailbox())
	revision := func(digit string) string { return strings.Repeat(digit, 40) }
	b.loaded = &loaded{
		inv:       &fleet.Inventory{Flake: nixcmd.FlakeMetadata{Revision: revision("a"), Dir: dir}},
		histories: &fleet.Histories{Dir: dir, Git: git},
	}
	b.statuses["h1"] = fleet.Status{State: fleet.StateUp, Reading: fleet.Reading{Revision: revision("b")}}
	over, end := context.WithCancel(t.Context())
	end()
	b.postStatus(over, "h1")
	if _, err := os.Stat(asked); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("git was started all the same: %v", err)
	}
	b.postStatus(t.Context(), "h1")
	if _, err := os.Stat(asked); err != nil {
		t.Errorf("git was not asked while the dashboard is there: %v", err)
	}
}

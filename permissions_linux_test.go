package main

import (
	"io/fs"
	"testing"
)

// TestDashboardIsPrivate: what the dashboard keeps lets nobody else in either.
func TestDashboardIsPrivate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.command("-c", `umask 000; exec "$0" demo`, h.command().Path)
	c.Path, c.Args[0] = "/bin/sh", "sh"
	board := onTerminal(t, c)
	board.until(t, "12 hosts")
	for _, key := range []string{"S", "2", "1", "q"} { // sorts, looks elsewhere, and leaves
		if err := board.press(key); err != nil {
			t.Error(err)
		}
	}
	seen := map[fs.FileMode]int{}
	if err := h.watch(board.ended, seen); err != nil {
		t.Errorf("%v\n%s", err, board.text())
	}
	board.lose()
	if seen[0] < 10 {
		t.Errorf("only these were looked at: %v", seen)
	}
}

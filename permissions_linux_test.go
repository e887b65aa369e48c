package main

import (
	"io/fs"
	"testing"
	"time"
)

// TestDashboardIsPrivate: what the dashboard keeps lets nobody else in either.
func TestDashboardIsPrivate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.command("-c", `umask 000; exec "$0" demo`, h.command().Path)
	c.Path, c.Args[0] = "/bin/sh", "sh"
	board := onTerminal(t, c)
	board.until(t, "12 hosts")
	const enough = 10 // files: the hosts come up behind the table, and have keys and states
	seen := map[fs.FileMode]int{}
	for deadline := time.After(patience); seen[0] < enough; h.inspect(seen) {
		select {
		case <-deadline:
			t.Fatalf("only these were made: %v\n%s", seen, board.text())
		default:
		}
	}
	for _, key := range []string{"S", "2", "1", "q"} { // sorts, looks elsewhere, and leaves
		if err := board.press(key); err != nil {
			t.Error(err)
		}
	}
	if err := h.watch(board.ended, seen); err != nil {
		t.Errorf("%v\n%s", err, board.text())
	}
	board.lose()
}

package ui

import (
	"os"

	"golang.org/x/term"

	"nixfleet-tui/fleet"
)

// What frames a synchronized update: terminals that know it show all between
// the two at once, and others pass over both.
const (
	beginFrame = "\x1b[?2026h"
	endFrame   = "\x1b[?2026l"
)

// synchronized makes each frame appear at once. It embeds the file because
// Bubble Tea learns the terminal's size only from a writer that is a terminal.
type synchronized struct {
	*os.File
	buf []byte // reused; Bubble Tea writes under a lock
}

// Write writes a frame.
func (s *synchronized) Write(p []byte) (int, error) {
	s.buf = append(append(append(s.buf[:0], beginFrame...), p...), endFrame...)
	if _, err := s.File.Write(s.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// NeedTerminal says why the dashboard cannot be shown on out with the keyboard
// at in, as a *fleet.Error; nil when it can. self is how a person calls this program.
func NeedTerminal(in, out *os.File, getenv func(string) string, self string) error {
	hint := "`" + self + " status` prints the same as plain lines."
	if !term.IsTerminal(int(out.Fd())) {
		return &fleet.Error{Message: "the dashboard needs a terminal, and stdout is none", Hint: hint}
	}
	if getenv("TERM") == "dumb" {
		return &fleet.Error{Message: "the dashboard needs a terminal that can move its cursor, and TERM is dumb", Hint: hint}
	}
	if term.IsTerminal(int(in.Fd())) {
		return nil
	}
	// Bubble Tea takes the keyboard from there when stdin is something else.
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return &fleet.Error{Message: "the dashboard needs a keyboard: stdin is no terminal and there is none at /dev/tty", Hint: hint, Err: err}
	}
	return tty.Close()
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// notify rings the terminal and asks it for a notification, in the two ways
// that terminals know: OSC 9 (iTerm2, Windows Terminal, kitty) and OSC 777
// (rxvt, foot, VTE). A terminal that knows neither passes them over.
func notify(w io.Writer, v rollout.View) {
	words := osc(fmt.Sprintf("%s: %s", v.Plan.Action, runWords(v)))
	fmt.Fprintf(w, "\a\x1b]9;%s\x1b\\\x1b]777;notify;nixfleet-tui;%s\x1b\\", words, words)
}

// osc makes a string safe inside an operating system command: nothing in it
// may end the command, and a semicolon would begin another field.
func osc(s string) string { return strings.ReplaceAll(text.Line(s), ";", ",") }

// notifying is a display that also tells people who look elsewhere.
type notifying struct {
	display
	err io.Writer
}

func (n *notifying) finish(v rollout.View) error {
	notify(n.err, v)
	return n.display.finish(v)
}

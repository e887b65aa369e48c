// Package background keeps Lip Gloss from asking the terminal for its
// background colour.
//
// Bubble Tea v1 asks when it is initialized, before main begins, in every
// command that links it. Whatever was typed ahead is lost to that question, and
// a terminal that does not answer makes each start wait five seconds. The
// answer has to be there before Bubble Tea's own init, which no package of
// this program can bring about: Go initializes packages that are ready in the
// order of their import paths, and "github.com/charmbracelet/bubbletea" comes
// before "nixfleet-tui/…". This one comes before both, which is why it is a
// module of its own. It goes away with Bubble Tea v2.
package background

import "github.com/charmbracelet/lipgloss"

func init() {
	// No style here depends on the answer: all colours are the terminal's own sixteen.
	lipgloss.SetHasDarkBackground(true)
}

package ui

import tea "github.com/charmbracelet/bubbletea"

// farDown is further down than any dialog goes; it is drawn at its end.
const farDown = 1 << 30

// scrolling are the keys by which the dialogs of a scope are scrolled. Their
// identifiers begin with name, which ends in a dot; foot is the place of the
// first in the footer; more are further keys for a page down.
func scrolling(in scope, name string, foot int, more ...string) []action {
	return []action{
		{Binding: bind("↓ j", "scroll", "down", "j"), id: name + "down", scope: in, footer: foot,
			about: "Scroll down.", do: func(m *Model) tea.Cmd { return m.scrollDialog(1) }},
		{Binding: bind("↑ k", "scroll up", "up", "k"), id: name + "up", scope: in,
			about: "Scroll up.", do: func(m *Model) tea.Cmd { return m.scrollDialog(-1) }},
		{Binding: bind("pgdn", "page down", append(more, "pgdown", "ctrl+f", "ctrl+d")...), id: name + "page-down", scope: in,
			about: "Scroll down by a page.", do: func(m *Model) tea.Cmd { return m.turnDialog(1) }},
		{Binding: bind("pgup", "page up", "pgup", "ctrl+b", "ctrl+u"), id: name + "page-up", scope: in,
			about: "Scroll up by a page.", do: func(m *Model) tea.Cmd { return m.turnDialog(-1) }},
		{Binding: bind("g", "beginning", "g", "home"), id: name + "top", scope: in,
			about: "To the beginning.", do: func(m *Model) tea.Cmd { m.dialog.scroll = 0; return nil }},
		{Binding: bind("G", "end", "G", "end"), id: name + "bottom", scope: in,
			about: "To the end.", do: func(m *Model) tea.Cmd { m.dialog.scroll = farDown; return nil }},
	}
}

// scrollDialog scrolls by a third of what is seen.
func (m *Model) scrollDialog(by int) tea.Cmd {
	return m.shiftDialog(by * max(1, m.dialog.inner/3))
}

// turnDialog scrolls by what is seen, but for a line to go on reading from.
func (m *Model) turnDialog(by int) tea.Cmd {
	return m.shiftDialog(by * max(1, m.dialog.inner-1))
}

func (m *Model) shiftDialog(lines int) tea.Cmd {
	m.dialog.scroll = max(0, m.dialog.scroll+lines)
	return nil
}

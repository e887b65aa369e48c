package ui

import tea "github.com/charmbracelet/bubbletea"

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

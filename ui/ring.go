package ui

import (
	"context"
	"fmt"
	"maps"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// rangMsg says that the end of a run was made heard.
type rangMsg struct {
	dir string
	err error
}

// ringEnds makes the ends of runs heard for which a person asked that.
func (m *Model) ringEnds() tea.Cmd {
	var cmds []tea.Cmd
	for _, dir := range slices.Sorted(maps.Keys(m.rings)) {
		v := m.ours[dir]
		if m.rings[dir] || !v.Over() {
			continue
		}
		m.rings[dir] = true
		write, words := m.write, text.Notification(fmt.Sprintf("%s on %s: %s", v.Plan.Action, count(len(v.Tasks), "host", "hosts"), m.tally(v)))
		cmds = append(cmds, m.start(func(context.Context) tea.Msg { return rangMsg{dir, write(words)} }))
	}
	return tea.Batch(cmds...)
}

func (m *Model) onRang(msg rangMsg) tea.Cmd {
	delete(m.rings, msg.dir)
	if msg.err != nil {
		m.fail(fmt.Errorf("ringing: %w", msg.err))
	}
	return m.leaveIfDone()
}

// toRing says whether the end of a run that is over is still to be heard.
func (m *Model) toRing() bool {
	for dir := range m.rings {
		if v := m.ours[dir]; v.Over() {
			return true
		}
	}
	return false
}

package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
)

// askCancel asks whether to cancel the chosen hosts. What is activating is
// left alone unless the person insists.
func (m *Model) askCancel() tea.Cmd {
	var names, activating []string
	for _, p := range m.run.chosen() {
		if p.task.Verdict != nil {
			continue
		}
		names = append(names, p.host)
		if p.task.Phase == nixcmd.PhaseActivating || p.task.Phase == nixcmd.PhaseVerifying {
			activating = append(activating, p.host)
		}
	}
	if len(names) == 0 {
		m.say(warn, "That has ended already", "")
		return nil
	}
	dir := m.run.dir
	d := &dialog{scope: scopeCancel, title: "Cancel " + count(len(names), "host", "hosts") + "?", ink: warn}
	d.body = func(b *brush, w int) []string { return cancelRows(b, names, activating, w) }
	d.answers = []answer{
		{key: "n", label: "leave it running", ink: plain, do: (*Model).closeDialog},
		{key: "y", label: "cancel", ink: bad, do: func(m *Model) tea.Cmd { return m.cancel(dir, names, false) }},
	}
	if len(activating) > 0 {
		d.answers = append(d.answers, answer{key: "!", label: "insist", ink: danger,
			do: func(m *Model) tea.Cmd { return m.cancel(dir, names, true) }})
	}
	return m.open(d)
}

func cancelRows(b *brush, names, activating []string, w int) []string {
	w = min(w, 80)
	rows := wrap(strings.Join(safe(names), ", "), w)
	rows = append(rows, "")
	if len(activating) == 0 {
		return append(rows, wrap("Nothing has been activated there yet. What has been built stays and is used the next time.", w)...)
	}
	for _, line := range wrap(strings.Join(safe(activating), ", ")+": activating now. An activation that is cut off can leave the host half switched, so it is let to its end.", w) {
		rows = append(rows, b.paint(warn, line))
	}
	return append(rows, wrap("To cut it off all the same, insist.", w)...)
}

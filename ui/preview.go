package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// Change is what activating would change, on one host or on several alike.
type Change struct {
	Hosts []string
	Lines []string // packages with their versions, sizes, and what would restart
}

// canActivate says whether the run on screen is a preview that has ended.
func (m *Model) canActivate() bool {
	return m.hasRun() && !m.run.going() && m.run.view.Plan.Then != nil
}

// activate asks what activating just what this preview built would change.
func (m *Model) activate() tea.Cmd {
	return m.plan(Request{Previewed: m.run.dir, Choices: Choices{Personal: m.wishes[m.run.dir]}}, "Comparing what the hosts run with what was built…")
}

// changeRows are the page that the person decides by, equal hosts together.
func changeRows(b *brush, changes []Change, w int) []string {
	var rows []string
	for _, c := range changes {
		rows = append(rows, "")
		for _, line := range wrap(strings.Join(safe(c.Hosts), ", ")+":", w) {
			rows = append(rows, b.paint(strong, line))
		}
		for _, l := range c.Lines {
			rows = append(rows, text.Truncate("  "+text.Line(l), w))
		}
	}
	return rows
}

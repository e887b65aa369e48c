package ui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// confirmation puts a proposal before the person: which hosts, what there is
// to know, and the exact commands. Doing nothing is its default.
func confirmation(p Proposal) *dialog {
	n := 0
	for _, h := range p.Plan.Hosts {
		n += boolInt(h.Skip == "")
	}
	hosts := count(n, "host", "hosts")
	what := capital(string(p.Plan.Action)) + " " + hosts
	d := &dialog{scope: scopeConfirm, title: what + "?", ink: warn}
	d.body = func(b *brush, w int) []string { return proposalRows(b, p, w) }
	d.answers = []answer{{key: "n", label: "cancel", ink: plain, do: (*Model).closeDialog}}
	if n > 0 {
		ink := strong
		if p.Plan.Action.Activates() || p.Plan.Action.MovesProfile() {
			ink = bad
		}
		d.answers = append(d.answers, answer{key: "y", label: what, ink: ink, do: func(m *Model) tea.Cmd { return m.launch(p) }})
	}
	return d
}

func capital(s string) string {
	s = text.Line(s)
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
}

// proposalRows are all that there is to know before saying yes.
func proposalRows(b *brush, p Proposal, w int) []string {
	var names []string
	for _, h := range p.Plan.Hosts {
		if h.Skip == "" {
			names = append(names, text.Line(h.Name))
		}
	}
	var rows []string
	for _, line := range wrap(strings.Join(names, ", "), w) {
		rows = append(rows, b.paint(strong, line))
	}
	if of := flakeWords(p); of != "" {
		rows = append(rows, text.Truncate(b.paint(faint, of), w))
	}
	rows = append(rows, findingRows(b, p.Findings, w)...)
	if len(p.Commands) > 0 {
		rows = append(rows, "", b.paint(faint, "These commands will run:"))
	}
	for _, c := range p.Commands {
		for i, line := range wrap(text.Line(c.Line), w-2) {
			indent := "  "
			if i == 0 {
				indent = b.paint(faint, "$ ")
			}
			rows = append(rows, indent+line)
		}
	}
	return rows
}

// flakeWords say which tree is deployed.
func flakeWords(p Proposal) string {
	f := p.Plan.Flake
	if f.Ref == "" && f.Pinned == "" {
		return ""
	}
	s := "from " + text.Line(f.Ref)
	switch {
	case f.Revision != "":
		s += " at " + text.Line(short(f.Revision))
	case f.Dirty:
		s += ", with changes that are not committed"
	}
	if p.Plan.Parallel > 1 {
		s += fmt.Sprintf(", %d at a time", p.Plan.Parallel)
	}
	return s
}

func findingRows(b *brush, findings []Finding, w int) []string {
	if len(findings) == 0 {
		return nil
	}
	signs := map[Level]sign{
		Note: {"·", "-", "", plain}, Warning: {"▲", "!", "", warn}, Blocker: {"✗", "x", "", bad},
	}
	rows := []string{""}
	for _, f := range findings {
		s := signs[f.Level]
		message := sentence(f.Message)
		if f.Host != "" {
			message = text.Line(f.Host) + ": " + clause(f.Message)
		}
		for i, line := range wrap(message, w-2) {
			edge := "  "
			if i == 0 {
				edge = b.paint(s.ink, b.shape(s)) + " "
			}
			rows = append(rows, edge+line)
		}
		for _, line := range wrap(sentence(f.Hint), w-2) {
			rows = append(rows, "  "+b.paint(faint, line))
		}
	}
	return rows
}

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

// openHelp shows what the keys do here.
func (m *Model) openHelp() tea.Cmd {
	scopes := m.place().scopes()
	return m.open(&dialog{scope: scopeHelp, title: "Keys", ink: title,
		body: func(b *brush, w int) []string { return m.helpRows(scopes, w) }})
}

// helpRows are the actions of the scopes.
func (m *Model) helpRows(scopes []scope, w int) []string {
	var rows []string
	for _, s := range scopes {
		if len(rows) > 0 {
			rows = append(rows, "")
		}
		rows = append(rows, m.paint(title, string(s)))
		said := ""
		for i := range m.keys.actions {
			if a := &m.keys.actions[i]; a.scope == s && a.about != said {
				rows = append(rows, m.helpRow(a, w)...)
				said = a.about
			}
		}
	}
	return rows
}

// helpKeys is the width of the keys' column.
const helpKeys = 12

func (m *Model) helpRow(a *action, w int) []string {
	keys := a.Help().Key
	if m.ascii {
		keys = asciiKey(keys)
	}
	var rows []string
	for i, line := range wrap(a.about, max(10, w-helpKeys)) {
		edge := blank(helpKeys)
		if i == 0 {
			edge = m.paint(keyInk, text.Fit(keys, helpKeys))
		}
		rows = append(rows, edge+line)
	}
	return rows
}

package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// help is the dialog that tells of keys.
type help struct {
	scopes []scope // of the place from which it was opened
	words  string  // what was searched for: only such actions are shown, of all scopes
}

// openHelp shows what the keys do here.
func (m *Model) openHelp() tea.Cmd {
	h := &help{scopes: m.place().scopes()}
	m.help = h
	return m.open(&dialog{scope: scopeHelp, title: "Keys", ink: title, closed: func() { m.help = nil },
		body: func(b *brush, w int) []string { return m.helpRows(h, w) }})
}

// searchHelp narrows the help down to actions of whose key or description
// something is typed, wherever they hold.
func (m *Model) searchHelp() tea.Cmd {
	h := m.help
	m.prompt = newPrompt("/", h.words)
	m.prompt.changed = func(words string) { h.words, m.dialog.scroll = words, 0 }
	m.prompt.dropped = func() { h.words = "" }
	m.prompt.note = func() string { return "enter keep  esc all" }
	m.prompt.done = func(*Model, string) tea.Cmd { return nil }
	return nil
}

// tells says whether the action is one that is searched for.
func (h *help) tells(a *action) bool {
	for _, word := range strings.Fields(strings.ToLower(h.words)) {
		all := strings.ToLower(a.about + " " + a.Help().Desc + " " + a.id + " " + string(a.scope))
		if !strings.Contains(all, word) && !strings.EqualFold(a.Help().Key, h.words) {
			return false
		}
	}
	return true
}

// helpRows are the actions of the scopes, or of all when something is searched.
func (m *Model) helpRows(h *help, w int) []string {
	scopes := h.scopes
	if h.words != "" {
		scopes = m.keys.scopes()
	}
	var rows []string
	for _, s := range scopes {
		said, heading := "", false
		for i := range m.keys.actions {
			a := &m.keys.actions[i]
			if a.scope != s || a.about == said || !h.tells(a) {
				continue
			}
			if !heading {
				if len(rows) > 0 {
					rows = append(rows, "")
				}
				rows, heading = append(rows, m.paint(title, string(s))), true
			}
			rows = append(rows, m.helpRow(a, w)...)
			said = a.about
		}
	}
	if len(rows) == 0 {
		return wrap("No key does anything of that name.", w)
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

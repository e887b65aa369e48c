package ui

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// How many actions the palette shows at a time, and what is above and below them.
const (
	paletteShown  = 12
	paletteAround = 4
)

// paletteWidest is the widest row, in cells.
const paletteWidest = 104

// commands is the palette: all that can be done here, found by typing a part
// of its name.
type commands struct {
	all    []*action
	found  []*action
	chosen int
	top    int
}

// openPalette lists what can be done now.
func (m *Model) openPalette() tea.Cmd {
	c := &commands{}
	said := ""
	for _, s := range m.place().scopes() {
		for i := range m.keys.actions {
			a := &m.keys.actions[i]
			if a.scope == s && a.about != said && a.do != nil && a.id != "palette" && (a.can == nil || a.can(m)) {
				c.all, said = append(c.all, a), a.about
			}
		}
	}
	c.found = c.all
	body := func(b *brush, w int) []string { return c.rows(b, w, min(paletteShown, m.h-paletteAround)) }
	opened := m.open(&dialog{scope: scopePalette, title: "Commands", ink: title, body: body, closed: func() { m.commands = nil }})
	m.commands = c
	m.prompt = newPrompt(":", "")
	m.prompt.changed = c.filter
	m.prompt.dropped = m.shut
	m.prompt.note = func() string { return "enter do  esc close" }
	m.prompt.done = func(m *Model, _ string) tea.Cmd {
		m.shut()
		if len(c.found) == 0 {
			return nil
		}
		return c.found[c.chosen].do(m)
	}
	return opened
}

// filter keeps the actions that the words stand for, the best first.
func (c *commands) filter(words string) {
	score := map[*action]int{}
	c.found, c.chosen, c.top = nil, 0, 0
	for _, a := range c.all {
		if s := a.fits(words); s > 0 {
			score[a] = s
			c.found = append(c.found, a)
		}
	}
	slices.SortStableFunc(c.found, func(a, b *action) int { return cmp.Compare(score[b], score[a]) })
}

func (m *Model) movePalette(by int) tea.Cmd {
	if c := m.commands; len(c.found) > 0 {
		c.chosen = (c.chosen + by + len(c.found)) % len(c.found)
	}
	return nil
}

// fits says how well typed words stand for the action; 0 is not at all.
func (a *action) fits(words string) int {
	if s := max(fuzzy(words, a.Help().Desc), fuzzy(words, a.id)); s > 0 {
		return s + 1
	}
	if strings.Contains(strings.ToLower(a.about), strings.ToLower(words)) {
		return 1
	}
	return 0
}

// fuzzy says how well what was typed abbreviates a name: each letter has to
// occur, in order; beginnings of words and letters that follow each other
// count most. 0 is not at all.
func fuzzy(typed, name string) int {
	score, before, run := 1, ' ', false
	rest := strings.ToLower(name)
	for _, want := range strings.ToLower(typed) {
		if unicode.IsSpace(want) {
			run = false
			continue
		}
		found := false
		for rest != "" && !found {
			r, n := utf8.DecodeRuneInString(rest)
			rest = rest[n:]
			switch found = r == want; {
			case !found:
				run = false
			case run:
				score += 4
			case !unicode.IsLetter(before):
				score += 3
			default:
				score++
			}
			before = r
		}
		if !found {
			return 0
		}
		run = true
	}
	return score
}

// rows are the actions around the chosen one, in h rows.
func (c *commands) rows(b *brush, w, h int) []string {
	w = min(w, paletteWidest)
	c.top = window(c.top, c.chosen, len(c.found), h)
	var rows []string
	for i, a := range c.found[c.top:min(len(c.found), c.top+h)] {
		keys := a.Help().Key
		if b.ascii {
			keys = asciiKey(keys)
		}
		word := text.Fit(a.Help().Desc, 14)
		if c.top+i == c.chosen {
			rows = append(rows, b.paint(here, text.Fit(b.pointer+" "+text.Fit(keys, helpKeys)+word+" "+a.about, w)))
			continue
		}
		rows = append(rows, text.Fit("  "+b.paint(keyInk, text.Fit(keys, helpKeys))+b.paint(strong, word)+" "+b.paint(faint, a.about), w))
	}
	if len(rows) == 0 {
		rows = append(rows, b.paint(faint, text.Fit("  Nothing here is called that.", w)))
	}
	return exactly(rows, w, h)
}

func paletteActions() []action {
	return []action{
		{Binding: bind("↓", "next", "down", "tab", "ctrl+n"), id: "palette.next", scope: scopePalette,
			about: "To the next command.", do: func(m *Model) tea.Cmd { return m.movePalette(1) }},
		{Binding: bind("↑", "previous", "up", "shift+tab", "ctrl+p"), id: "palette.previous", scope: scopePalette,
			about: "To the previous command.", do: func(m *Model) tea.Cmd { return m.movePalette(-1) }},
	}
}

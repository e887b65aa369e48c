package ui

import (
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// foundMsg is where a search ended; line is -1 when nothing was found.
type foundMsg struct {
	dir, host string
	line      int
	around    bool // the search went on at the other end
	what      string
	err       error
}

// askSearch opens the prompt for what to search in the focused log. Nothing
// typed means the same again.
func (m *Model) askSearch() tea.Cmd {
	p := m.run.focused()
	if p == nil {
		return nil
	}
	m.prompt = newPrompt("search "+text.Truncate(text.Line(p.host), nameMost), "")
	m.prompt.dropped = func() { p.all(); p.query, p.hit = "", -1 }
	m.prompt.done = func(m *Model, value string) tea.Cmd {
		if value != "" {
			p.all()
			p.query, p.hit = value, -1
		}
		return m.search(p.follow)
	}
	return nil
}

// search goes to the next or previous match of what is searched for.
func (m *Model) search(back bool) tea.Cmd {
	p := m.run.focused()
	if p == nil || p.query == "" {
		return nil
	}
	return m.find(p, back, fmt.Sprintf("%q", p.query), matcher(p.query))
}

// onlyMatches shows only the lines that match, or all again.
func (m *Model) onlyMatches() tea.Cmd {
	p := m.run.focused()
	if p == nil {
		return nil
	}
	if p.query == "" {
		m.say(warn, "Search for something first", "/ searches; x then shows only the lines that match.")
		return nil
	}
	p.toggleOnly()
	return nil
}

// nextError goes to the next or previous line that tells of an error.
func (m *Model) nextError(back bool) tea.Cmd {
	p := m.run.focused()
	if p == nil {
		return nil
	}
	return m.find(p, back, "an error", tellsError)
}

// find looks for a line from what is shown on, and then from the other end.
func (m *Model) find(p *pane, back bool, what string, match func(string) bool) tea.Cmd {
	from := p.top
	switch {
	case p.hit >= 0 && back:
		from = p.hit - 1
	case p.hit >= 0:
		from = p.hit + 1
	case p.follow && back:
		from = p.total - 1
	case p.follow:
		from = 0
	}
	msg, log, end := foundMsg{dir: m.run.dir, host: p.host, what: what, line: -1}, p.log, 0
	if back {
		end = p.total
	}
	return m.start(func(ctx context.Context) tea.Msg {
		if from >= 0 {
			msg.line, msg.err = log.Find(ctx, from, back, match)
		}
		if msg.line < 0 && msg.err == nil {
			msg.around = true
			msg.line, msg.err = log.Find(ctx, end, back, match)
		}
		return msg
	})
}

func (m *Model) onFound(msg foundMsg) {
	p := m.run.index[msg.host]
	switch {
	case msg.dir != m.run.dir || p == nil:
	case msg.err != nil:
		m.fail(fmt.Errorf("searching the log of %s: %w", msg.host, msg.err))
	case msg.line < 0:
		m.say(warn, fmt.Sprintf("%s: %s is not in the log", msg.host, msg.what), "")
	default:
		p.show(msg.line)
		if msg.around {
			m.say(plain, "The search went on at the other end", "")
		}
	}
}

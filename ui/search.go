package ui

import (
	"context"
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// foundMsg is where a search ended; line is -1 when nothing was found.
type foundMsg struct {
	dir, host string
	line      int
	back      bool
	around    bool   // the search went on at the other end
	others    bool   // instead of that it is to go on in another pane
	none      string // what to say when nothing was found
	err       error
}

// askSearch opens the prompt for what to search in the focused log. Nothing
// typed means the same again.
func (m *Model) askSearch() tea.Cmd {
	p := m.run.focused()
	if p == nil {
		return nil
	}
	m.prompt = newPrompt("search "+text.Truncate(text.Line(p.host), nameMost)+":", "")
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
	if p == nil {
		return nil
	}
	if p.query == "" {
		m.say(warn, "Search for something first", "/ searches; n then goes to the next match, N to the previous one.")
		return nil
	}
	return m.find(p, back, foundMsg{none: fmt.Sprintf("%q is not in its log", p.query)}, matcher(p.query))
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

// nextError goes to the next or previous line that tells of an error. Among
// panes it goes on in the next one that did not end well.
func (m *Model) nextError(back bool) tea.Cmd {
	r := m.run
	p := r.focused()
	if p == nil {
		return nil
	}
	others := r.as == asPanes && slices.ContainsFunc(r.panes, func(o *pane) bool { return o != p && o.rank() < rankOther })
	switch {
	case !others:
		return m.find(p, back, foundMsg{none: "no line of its log tells of an error"}, tellsError)
	case p.rank() < rankOther:
		return m.find(p, back, foundMsg{others: true}, tellsError)
	}
	return m.errorElsewhere(back)
}

// errorElsewhere goes to the next or previous pane that did not end well.
func (m *Model) errorElsewhere(back bool) tea.Cmd {
	r := m.run
	by := 1 - 2*boolInt(back)
	for r.step(by); r.focused().rank() >= rankOther; {
		r.step(by)
	}
	p := r.focused()
	p.hit = -1
	p.stay(boolInt(back) * p.total)
	return m.find(p, back, foundMsg{none: "no line of its log tells of an error"}, tellsError)
}

// find looks for a line from what is shown on, and then from the other end.
func (m *Model) find(p *pane, back bool, msg foundMsg, match func(string) bool) tea.Cmd {
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
	msg.dir, msg.host, msg.line, msg.back = m.run.dir, p.host, -1, back
	log, end := p.log, 0
	unread := p.total == 0 && !p.only() // it has not been on screen yet
	if back {
		end = p.total
	}
	return m.start(func(ctx context.Context) tea.Msg {
		if unread {
			_, msg.err = log.Poll()
		}
		if from >= 0 && msg.err == nil {
			msg.line, msg.err = log.Find(ctx, from, back, match)
		}
		if msg.line < 0 && msg.err == nil && !msg.others {
			msg.around = true
			msg.line, msg.err = log.Find(ctx, end, back, match)
		}
		return msg
	})
}

func (m *Model) onFound(msg foundMsg) tea.Cmd {
	p := m.run.index[msg.host]
	switch {
	case msg.dir != m.run.dir || p == nil:
	case msg.err != nil:
		m.fail(fmt.Errorf("searching the log of %s: %w", msg.host, msg.err))
	case msg.line < 0 && msg.others && m.run.as == asPanes && m.run.focused() == p:
		return m.errorElsewhere(msg.back)
	case msg.line < 0:
		m.say(warn, msg.host+": "+msg.none, "")
	default:
		p.show(msg.line)
		if msg.around {
			m.say(plain, "The search went on at the other end", "")
		}
	}
	return nil
}

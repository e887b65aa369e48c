package ui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/rollout"
)

// polledMsg is what a command read of the run on screen.
type polledMsg struct {
	dir      string
	view     rollout.View
	events   []rollout.Event
	glimpses []glimpse
	err      error
}

// runOpenedMsg is a run that was opened, with what was read of it so far.
type runOpenedMsg struct {
	dir    string
	reader RunReader
	view   rollout.View
	err    error
}

// openRun opens the run in dir and goes to it.
func (m *Model) openRun(dir string) tea.Cmd {
	m.goTo(placeRun)
	if dir == m.run.dir && m.run.reader != nil {
		return nil
	}
	backend := m.backend
	return m.start(func(context.Context) tea.Msg {
		reader, err := backend.OpenRun(dir)
		if err != nil {
			return runOpenedMsg{dir: dir, err: err}
		}
		if _, err := readEvents(reader); err != nil {
			return runOpenedMsg{dir: dir, err: err}
		}
		return runOpenedMsg{dir: dir, reader: reader, view: reader.View()}
	})
}

// readEvents reads all that there are now.
func readEvents(r RunReader) ([]rollout.Event, error) {
	var all []rollout.Event
	for {
		some, err := r.Next()
		all = append(all, some...)
		if err != nil || len(some) == 0 {
			return all, err
		}
	}
}

func (m *Model) onRunOpened(msg runOpenedMsg) tea.Cmd {
	if msg.err != nil {
		if m.at == placeRun {
			m.leavePlace() // there is nothing to see
		}
		m.fail(msg.err)
		return nil
	}
	m.run.opened(msg.dir, msg.reader, msg.view, func(host string) Log { return m.backend.OpenLog(msg.dir, host) })
	if _, mine := m.ours[msg.dir]; mine {
		m.ours[msg.dir] = msg.view
	}
	return m.tick()
}

// tick starts the shared tick, unless it is under way or nothing moves.
func (m *Model) tick() tea.Cmd {
	if m.ticking || !m.run.going() && !m.run.settling() {
		return nil
	}
	m.ticking = true
	return m.after(tickEvery, tickMsg{})
}

// fetch reads what the visible panes want and do not have, at once: after a
// key, a resize, or when another pane came into view.
func (m *Model) fetch() tea.Cmd {
	if m.at != placeRun {
		return nil
	}
	for _, p := range m.run.visible() {
		if p.wants() != p.shows {
			return m.poll()
		}
	}
	return nil
}

// poll reads the run and the visible logs. One such command is under way at a time.
func (m *Model) poll() tea.Cmd {
	if m.polling || m.run.reader == nil {
		return nil
	}
	m.polling = true
	dir, reader, colours, zone := m.run.dir, m.run.reader, m.palette, m.now().Location()
	var requests []request
	if m.at == placeRun {
		for _, p := range m.run.visible() {
			requests = append(requests, request{host: p.host, log: p.log, view: p.wants(), fresh: p.wants() != p.shows, zone: zone})
		}
	}
	return m.start(func(context.Context) tea.Msg {
		msg := polledMsg{dir: dir}
		msg.events, msg.err = readEvents(reader)
		msg.view = reader.View()
		for _, r := range requests {
			msg.glimpses = append(msg.glimpses, r.look(colours))
		}
		return msg
	})
}

// onPolled takes what was read. What belongs to a run that has been left is dropped.
func (m *Model) onPolled(msg polledMsg) tea.Cmd {
	m.polling = false
	r := m.run
	if msg.dir != r.dir || r.reader == nil {
		m.dirty = false
		return m.tick()
	}
	m.dirty = len(msg.events) > 0 || msg.view.Alive != r.view.Alive || msg.view.Broken != r.view.Broken || r.err != msg.err
	r.err = msg.err
	for _, g := range msg.glimpses {
		p := r.index[g.host]
		m.dirty = m.dirty || !g.same || g.total != p.total
		p.take(g)
	}
	if m.dirty {
		r.update(msg.view)
		r.layout()
		m.known.learnRun(msg.view)
	}
	m.hear(msg.events)
	if _, mine := m.ours[r.dir]; mine {
		m.ours[r.dir] = msg.view
	}
	return tea.Batch(m.tick(), m.leaveIfDone())
}

// hear shows what the supervisor answers to a request of a person.
func (m *Model) hear(events []rollout.Event) {
	for _, e := range events {
		if e.Event == rollout.EventCancel && e.Reason != "" {
			message := e.Reason
			if e.Host != "" {
				message = e.Host + ": " + message
			}
			m.announce(warn, message, "")
		}
	}
	m.tellTooLate(m.run.tooLate(events))
}

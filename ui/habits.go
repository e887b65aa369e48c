package ui

import (
	"context"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// Habits are how a person has set up the dashboard, which is remembered for
// each fleet. The zero value is how it comes.
type Habits struct {
	Order string `json:"order,omitempty"` // of the hosts, such as "by name"
	ByTag bool   `json:"byTag,omitempty"` // hosts are grouped
	List  bool   `json:"list,omitempty"`  // runs open as one line per host
	Times bool   `json:"times,omitempty"` // logs are shown with when their lines came
	Mouse bool   `json:"mouse,omitempty"` // it is listened to
	Met   bool   `json:"met,omitempty"`   // the first keys need no more explaining
	Theme Theme  `json:"theme,omitempty"` // that was chosen with a key
	Light bool   `json:"light,omitempty"` // for a light background
}

// rememberedMsg tells that habits were kept, or why not.
type rememberedMsg struct{ err error }

// settle takes up habits; what they say that is not known counts for nothing.
func (m *Model) settle(h Habits) {
	for o := range orderCount {
		if o.String() == h.Order {
			m.fleet.order = o
		}
	}
	m.fleet.byTag, m.run.lists, m.run.timed, m.mouse = h.ByTag, h.List, h.Times, h.Mouse
	m.before = h
	m.kept = m.habits()
	m.diary = &diary{write: func(h Habits) error { return m.backend.Remember(h) }, written: m.kept}
}

func (m *Model) habits() Habits {
	h := Habits{ByTag: m.fleet.byTag, List: m.run.lists, Times: m.run.timed, Mouse: m.mouse, Met: m.before.Met, Theme: m.before.Theme, Light: m.before.Light}
	h.Met = h.Met || m.welcome.first && !m.welcome.shown
	if m.themed {
		h.Theme, h.Light = m.look.Theme, m.look.Light
	}
	if o := m.fleet.order; o != byAttention {
		h.Order = o.String()
	}
	return h
}

// diary is where habits are written down, never older ones after newer ones.
// Commands write while the dashboard is there; those that have not come to it
// when it is left have nothing to write any more.
type diary struct {
	mu      sync.Mutex
	write   func(Habits) error
	written Habits // last, or tried to
	closed  bool
}

func (d *diary) keep(h Habits) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.put(h)
}

// close writes what is left. Nobody waits for the commands of a dashboard that
// ends, so without it the last change would be lost now and then.
func (d *diary) close(h Habits) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.put(h)
	d.closed = true
	return err
}

func (d *diary) put(h Habits) error {
	if d.closed || h == d.written {
		return nil
	}
	d.written = h
	return d.write(h)
}

// remember keeps the habits when they have changed, one after the other.
func (m *Model) remember() tea.Cmd {
	h, diary := m.habits(), m.diary
	if m.keeping || h == m.kept {
		return nil
	}
	m.keeping, m.kept = true, h
	return m.start(func(context.Context) tea.Msg { return rememberedMsg{diary.keep(h)} })
}

func (m *Model) onRemembered(msg rememberedMsg) {
	m.keeping = false
	if msg.err != nil {
		m.fail(msg.err)
	}
}

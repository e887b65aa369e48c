package ui

import (
	"context"

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

// remember keeps the habits when they have changed, one after the other.
func (m *Model) remember() tea.Cmd {
	h, backend := m.habits(), m.backend
	if m.keeping || h == m.kept {
		return nil
	}
	m.keeping, m.kept = true, h
	return m.start(func(context.Context) tea.Msg { return rememberedMsg{backend.Remember(h)} })
}

func (m *Model) onRemembered(msg rememberedMsg) {
	m.keeping = false
	if msg.err != nil {
		m.fail(msg.err)
	}
}

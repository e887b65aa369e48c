package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// keymap finds an action by scope and key.
type keymap struct {
	actions []action
	byKey   map[scope]map[string]*action
}

func newKeymap(all []action) keymap {
	k := keymap{actions: all, byKey: map[scope]map[string]*action{}}
	for i := range all {
		a := &all[i]
		if k.byKey[a.scope] == nil {
			k.byKey[a.scope] = map[string]*action{}
		}
		for _, name := range a.Keys() {
			k.byKey[a.scope][name] = a
		}
	}
	return k
}

// scopes are all that have actions, in their order.
func (k keymap) scopes() []scope {
	var all []scope
	for i := range k.actions {
		if s := k.actions[i].scope; !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// find returns the action of a key in the first scope that has one, or nil.
func (k keymap) find(scopes []scope, name string) *action {
	for _, s := range scopes {
		if a := k.byKey[s][name]; a != nil {
			return a
		}
	}
	return nil
}

// scopes are the ones that hold now, the nearest first.
func (m *Model) scopes() []scope {
	if m.dialog != nil {
		return []scope{m.dialog.scope}
	}
	return m.place().scopes()
}

// onKey acts on a key. What is typed ahead or over a slow line arrives as
// several runes at once; pasted text is meant for a prompt or for nobody.
func (m *Model) onKey(msg tea.KeyMsg) tea.Cmd {
	if m.followsEscape(msg) {
		msg.Alt = false
		return tea.Batch(m.onKey(tea.KeyMsg{Type: tea.KeyEsc}), m.onKey(msg))
	}
	if a := m.keys.byKey[scopeEverywhere][msg.String()]; a != nil && a.always && !msg.Paste {
		return a.do(m)
	}
	switch {
	case m.prompt != nil && !m.tooSmall():
		return m.prompt.key(m, msg)
	case m.dialog != nil && m.dialog.field != nil && !m.tooSmall() && msg.String() != "ctrl+c":
		return m.onField(msg)
	case msg.Paste:
		return nil
	case msg.Type != tea.KeyRunes || len(msg.Runes) == 1:
		return m.press(msg.String())
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}
		cmds = append(cmds, m.onKey(one))
	}
	return tea.Batch(cmds...)
}

// followsEscape says whether a key with alt is Escape and the key: terminals
// send both alike, so it is where that key with alt means nothing. Arrows and
// the like have alt in their own sequences. An answer keeps all that is typed,
// as the rest of a password would be taken for keys if its dialog closed.
func (m *Model) followsEscape(msg tea.KeyMsg) bool {
	const firstControl = 0 // what terminals send as one byte; other keys are below
	if !msg.Alt || msg.Paste || msg.Type < firstControl && msg.Type != tea.KeyRunes && msg.Type != tea.KeySpace {
		return false
	}
	switch {
	case m.prompt != nil:
		return !m.prompt.edits(msg)
	case m.dialog != nil && m.dialog.field != nil:
		return false
	}
	return m.keys.find(m.scopes(), msg.String()) == nil
}

// press acts on one key outside of prompts.
func (m *Model) press(name string) tea.Cmd {
	if m.tooSmall() {
		if name == "ctrl+c" || name == "q" {
			return m.leave()
		}
		return nil // nothing is to happen that cannot be seen
	}
	if m.dialog == nil && name != "ctrl+c" && m.now().Sub(m.withdrawn) < deafFor {
		return nil // it was meant for the question that has gone
	}
	if m.dialog == nil && (m.pressed(name, m.now()) || m.welcome.met(name)) {
		return nil
	}
	if m.besides() && name != "esc" {
		m.pressed(name, m.now())
	}
	if d := m.dialog; d != nil {
		if name == "ctrl+c" {
			return m.interrupt()
		}
		if d.deaf(name, m.now()) {
			return nil
		}
	}
	a := m.keys.find(m.scopes(), name)
	switch {
	case a == nil:
		return nil
	case a.can != nil && !a.can(m):
		m.cannot(a)
		return nil
	}
	if a.press != nil {
		return a.press(m, name)
	}
	return a.do(m)
}

// interrupt is ctrl+c in a dialog: the question whether to quit is answered by
// leaving what runs to itself, any other is closed.
func (m *Model) interrupt() tea.Cmd {
	if m.dialog.scope == scopeQuit {
		return m.leave()
	}
	return m.closeDialog()
}

func (m *Model) tooSmall() bool { return m.w < minWidth || m.h < minHeight }

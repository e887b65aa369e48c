package ui

import "nixfleet-tui/fleet"

// cannot answers a key whose action is not possible now: who pressed it looked
// for it, and would take silence for a key that was lost. Empty sentences are
// for what the screen says already.
func (m *Model) cannot(a *action) {
	if a.cannot == nil {
		return
	}
	if message, hint := a.cannot(m); message != "" {
		m.say(warn, message, hint)
	}
}

func (m *Model) cannotAcceptKey() (message, hint string) {
	h := m.known.hosts[m.under()]
	if h == nil {
		return "", ""
	}
	switch h.status.State {
	case fleet.StateHostKey:
		return "The host key that " + m.under() + " shows is not to be accepted", "K is for keys that nobody knows yet; what to do about this one is said with the host."
	case fleet.StateUp, fleet.StateAuth:
		return "The host key of " + m.under() + " is known already", "K is for keys that nobody knows yet."
	}
	return "No host key of " + m.under() + " waits to be accepted", "K is for hosts that answer with a key that nobody knows yet."
}

func (m *Model) cannotUndo() (message, hint string) {
	return "No change of the marks is left to take back", ""
}

func (m *Model) cannotCancel() (message, hint string) {
	if !m.hasRun() {
		return "", ""
	}
	return "The run has ended: nothing is left to cancel", ""
}

func (m *Model) cannotRetry() (message, hint string) {
	switch {
	case !m.hasRun():
		return "", ""
	case m.run.going():
		return "The run still goes on", "When it has ended, R proposes to do again what did not end well."
	}
	return "Nothing of this run would be mended by doing it again", ""
}

func (m *Model) cannotActivate() (message, hint string) {
	switch {
	case !m.hasRun():
		return "", ""
	case m.run.view.Plan.Then != nil:
		return "The preview still goes on", "When it has ended, D shows what activating it would change."
	}
	return "This run is not a preview", "D in the deploy menu makes a run one: it builds first and shows what would change."
}

func (m *Model) cannotTurn() (message, hint string) {
	if !m.hasRun() {
		return "", ""
	}
	return "All panes are on this page", ""
}

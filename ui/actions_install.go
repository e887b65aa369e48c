package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// installActions are those of an installation.
func installActions() []action {
	const open = "Install a new host from a running installer, step by step; or show the installation that was begun."
	host := func(m *Model) bool { return m.install.request.Host != "" }
	going := func(m *Model) bool { return m.install.going() }
	still := func(m *Model) bool { return host(m) && !going(m) }
	undo := func(m *Model) bool { s, ok := m.install.current(); return still(m) && ok && s.Undo }
	return []action{
		{Binding: bind("I", "install", "I"), id: "fleet.install", scope: scopeFleet, about: open, do: (*Model).openInstall},
		{Binding: bind("I", "install", "I"), id: "host.install", scope: scopeHost, about: open, do: (*Model).openInstall},
		{Binding: bind("enter", "go on", "enter"), id: "install.on", scope: scopeInstall, footer: 1, danger: true,
			can:   func(m *Model) bool { return still(m) || m.install.question != nil },
			about: "Go on where it stopped, or answer what the flow asks.", do: (*Model).installNext},
		{Binding: bind("c", "stop", "c"), id: "install.stop", scope: scopeInstall, footer: 1, can: going,
			about: "Stop; it goes on where it stopped. nixos-install itself goes on by itself on the target.", do: (*Model).stopInstall},
		{Binding: bind("a", "again", "a"), id: "install.again", scope: scopeInstall, footer: 5, can: still, danger: true,
			about: "Do the step under the cursor again, and what follows.", do: (*Model).installAgain},
		{Binding: bind("x", "undo", "x"), id: "install.undo", scope: scopeInstall, footer: 6, can: undo, danger: true,
			about: "Take back what the step under the cursor left behind.", do: func(m *Model) tea.Cmd { return m.undoInstall(true) }},
		{Binding: bind("X", "undo all", "X"), id: "install.undo-all", scope: scopeInstall, footer: 8, can: still, danger: true,
			about: "Take back all that was done, up to nixos-install.", do: func(m *Model) tea.Cmd { return m.undoInstall(false) }},
		{Binding: bind("t", "target", "t"), id: "install.target", scope: scopeInstall, footer: 7, can: still,
			about: "Name another address of the installer, or another file for the hardware configuration, and go on.",
			do:    func(m *Model) tea.Cmd { return m.askInstaller(m.install.request) }},
		{Binding: bind("I", "another", "I"), id: "install.another", scope: scopeInstall, can: func(m *Model) bool { return !going(m) },
			about: "Install another host.", do: func(m *Model) tea.Cmd { return m.recall("", false) }},
	}
}

// installNext goes on, or puts the question that waits.
func (m *Model) installNext() tea.Cmd {
	if m.install.question != nil {
		return m.askInstall()
	}
	return m.installOn(m.install.request)
}

// stopInstall has the flow end where it is.
func (m *Model) stopInstall() tea.Cmd {
	m.install.stopped = true
	m.install.stop()
	return nil
}

// installAgain does a step again. What it left behind goes first, so that is asked.
func (m *Model) installAgain() tea.Cmd {
	s, _ := m.install.current()
	r := m.install.request
	r.Step = s.Name
	on := func(m *Model) tea.Cmd { m.shut(); return m.installOn(r) }
	if !s.Undo {
		return on(m)
	}
	return m.openDeaf(installQuestion("Do it again: "+s.Title+"?", "What it left behind is taken back first, as far as it was made from here; all else is kept.", "do it again", on))
}

// undoInstall takes back the step under the cursor, or all of them.
func (m *Model) undoInstall(one bool) tea.Cmd {
	r := m.install.request
	r.Undo = true
	heading, words := "Undo the installation of "+text.Line(r.Host)+"?", "What was made from here is removed, on the target and here: keys, the copied system, the hardware configuration. What was there before stays."
	if s, ok := m.install.current(); one && ok {
		r.Step = s.Name
		heading, words = "Undo: "+s.Title+"?", "What it made is removed; what was there before stays."
	}
	return m.openDeaf(installQuestion(heading, words, "undo it", func(m *Model) tea.Cmd { m.shut(); return m.installOn(r) }))
}

// installQuestion asks before something is taken back.
func installQuestion(heading, words, yes string, do func(*Model) tea.Cmd) *dialog {
	d := &dialog{scope: scopeInstallAsk, title: heading, ink: danger}
	d.body = func(_ *brush, w int) []string { return wrap(words, min(w, 80)) }
	d.answers = []answer{
		{key: "n", label: "no", ink: plain, do: (*Model).closeDialog},
		{key: "y", label: yes, ink: bad, do: do},
	}
	return d
}

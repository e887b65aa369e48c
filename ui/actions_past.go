package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
)

func pastActions() []action {
	at := func(m *Model) bool { g, ok := m.past.current(); return ok && !g.Gone }
	listed := func(m *Model) bool { _, ok := m.past.current(); return ok }
	all := []action{
		{Binding: bind("enter", "compare", "enter"), id: "past.compare", scope: scopePast, footer: 1, can: at,
			about: "Show which packages differ from what runs or from the marked generation, or between two marked ones.", do: (*Model).comparePast},
		{Binding: bind("=", "wanted", "="), id: "past.wanted", scope: scopePast, footer: 10,
			about: "Show which packages differ between what runs and what the flake wants, if that was built.", do: (*Model).compareHosts},
		{Binding: bind("space", "mark", " "), id: "past.mark", scope: scopePast, footer: 5, can: listed,
			about: "Mark the generation, to compare it or to delete it, or take its mark away.", do: func(m *Model) tea.Cmd { m.past.mark(); return nil }},
		{Binding: bind("a", "activate", "a"), id: "past.activate", scope: scopePast, footer: 4, can: at, danger: true,
			about: "Go to this generation now, after a confirmation.", do: func(m *Model) tea.Cmd { return m.goBack(nixcmd.Switch) }},
		{Binding: bind("b", "at boot", "b"), id: "past.boot", scope: scopePast, footer: 6, can: at, danger: true,
			about: "Make this generation what the host boots next, after a confirmation.", do: func(m *Model) tea.Cmd { return m.goBack(nixcmd.Boot) }},
		{Binding: bind("p", "pin", "p"), id: "past.pin", scope: scopePast, footer: 7, can: at,
			about: "Pin this generation, so that nothing collects it, or let go of it.", do: (*Model).pin},
		{Binding: bind("D", "delete", "D"), id: "past.delete", scope: scopePast, footer: 8, can: listed, danger: true,
			about: "Show what deleting the marked generations, or this one, and collecting the garbage would free; after a confirmation do it.", do: (*Model).collectPast},
		{Binding: bind("z", "sizes", "z"), id: "past.sizes", scope: scopePast, footer: 9, can: listed,
			about: "Show an estimate of what each generation alone holds.", do: (*Model).readSizes},
		{Binding: bind("r", "read again", "r"), id: "past.refresh", scope: scopePast, footer: 11,
			about: "Ask the host again.", do: (*Model).readPast},
		{Binding: bind("esc", "close", "esc", "q", "enter"), id: "difference.close", scope: scopeDifference, footer: 1,
			about: "Close.", do: (*Model).closeDialog},
	}
	all = append(all, scrolling(scopeDifference, "difference.", 2, " ")...)
	all = append(append(all, toThePastActions()...), backMenuActions()...)
	return append(all, rebootMenuActions()...)
}

// toThePastActions lead from hosts to their pasts.
func toThePastActions() []action {
	host := func(m *Model) bool { return m.fleet.current() != "" }
	open, restart := "Show what the host could go back to: its generations, and how they differ.", "Open the menu to restart the marked hosts, or this one, in waves, and to wait for them."
	menu := "Open the menu to go back, or to delete old generations, on the marked hosts or this one."
	compare := "Show which packages differ between what the two marked hosts run, or between what this one runs and what the flake wants."
	return []action{
		{Binding: bind("h", "generations", "h"), id: "fleet.generations", scope: scopeFleet, can: host, about: open, do: (*Model).openPast},
		{Binding: bind("h", "generations", "h"), id: "host.generations", scope: scopeHost, footer: 9, about: open, do: (*Model).openPast},
		{Binding: bind("B", "go back", "B"), id: "fleet.back", scope: scopeFleet, can: host, danger: true, about: menu, do: (*Model).openBackMenu},
		{Binding: bind("B", "go back", "B"), id: "host.back", scope: scopeHost, danger: true, about: menu, do: (*Model).openBackMenu},
		{Binding: bind("B", "go back", "B"), id: "past.back", scope: scopePast, danger: true, about: menu, do: (*Model).openBackMenu},
		{Binding: bind("=", "compare", "="), id: "fleet.compare", scope: scopeFleet, can: host, about: compare, do: (*Model).compareHosts},
		{Binding: bind("=", "compare", "="), id: "host.compare", scope: scopeHost, about: compare, do: (*Model).compareHosts},
		{Binding: bind("R", "reboot", "R"), id: "fleet.reboot", scope: scopeFleet, can: host, danger: true, about: restart, do: (*Model).openRebootMenu},
		{Binding: bind("R", "reboot", "R"), id: "host.reboot", scope: scopeHost, footer: 10, danger: true, about: restart, do: (*Model).openRebootMenu},
	}
}

package ui

import (
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// pastRows are those of the menu about the pasts of hosts.
func (d *runMenu) pastRows(b *brush, w int) (rows []string, at int) {
	return d.below(b, append(d.hostRows(w),
		b.paint(keyInk, "t")+" go back to "+b.paint(strong, text.Line(d.to))+b.paint(faint, pointWords(d.to)),
		b.paint(keyInk, "n")+" keep the newest "+b.paint(strong, strconv.Itoa(d.keep))), w)
}

// backOptions are the options of a run in which nothing is built.
func backOptions() []menuOption {
	return slices.DeleteFunc(menuOptions(), func(o menuOption) bool { return o.section == "build" || o.id == "diff" })
}

// pointWords say what a point means of each host.
func pointWords(point string) string {
	before, isBefore := strings.CutPrefix(point, "-")
	switch {
	case point == "-1":
		return "  the one before what it would boot now"
	case isBefore:
		return "  the one " + before + " before what it would boot now"
	case strings.Contains(point, "-"):
		return "  what was newest then"
	}
	return "  that number"
}

// openBackMenu opens the menu for the chosen hosts.
func (m *Model) openBackMenu() tea.Cmd {
	hosts := m.targets()
	if m.at == placePast {
		hosts = []string{m.past.host}
	}
	menu := &runMenu{hosts: hosts, options: backOptions(), to: "-1", keep: usualKeep}
	d := &dialog{scope: scopeBack, title: "The past of " + count(len(hosts), "host", "hosts")}
	for _, c := range backChoices() {
		d.answers = append(d.answers, answer{key: c.key, label: c.word, about: c.about, do: c.do})
	}
	return m.openRunMenu(d, menu, menu.pastRows)
}

// goBackTo asks what going to the menu's generation would do on its hosts.
func (m *Model) goBackTo(a nixcmd.Action) tea.Cmd {
	menu := m.menu
	point, err := fleet.ParsePoint(menu.to, m.now().Location())
	if err != nil {
		m.fail(err)
		return nil
	}
	return m.plan(Request{Action: a, Hosts: menu.hosts, To: point, Wait: menu.wait, Choices: menu.Choices}, "Working out what going back on "+count(len(menu.hosts), "host", "hosts")+" would do…")
}

// collectOld asks what deleting all but the newest generations would do.
func (m *Model) collectOld() tea.Cmd {
	menu := m.menu
	return m.plan(Request{Action: nixcmd.Collect, Hosts: menu.hosts, Keep: menu.keep, Wait: menu.wait, Choices: menu.Choices}, "Working out what would be deleted on "+count(len(menu.hosts), "host", "hosts")+"…")
}

// askPoint opens the prompt for where to go back to.
func (m *Model) askPoint() tea.Cmd {
	menu := m.menu
	m.prompt = newPrompt("back to (-1, a number, or a time such as 2026-11-20 15:04):", menu.to)
	m.prompt.done = func(m *Model, value string) tea.Cmd {
		if _, err := fleet.ParsePoint(value, m.now().Location()); err != nil {
			m.fail(err)
			return nil
		}
		menu.to = strings.TrimSpace(value)
		return nil
	}
	return nil
}

// askKeep opens the prompt for how many generations stay.
func (m *Model) askKeep() tea.Cmd {
	menu := m.menu
	m.prompt = newPrompt("how many of the newest generations stay:", strconv.Itoa(menu.keep))
	m.prompt.done = func(m *Model, value string) tea.Cmd {
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 1 {
			m.say(warn, "That is no number of generations", "Give how many of the newest stay, such as 5.")
			return nil
		}
		menu.keep = n
		return nil
	}
	return nil
}

// backChoice is a line of the menu.
type backChoice struct {
	key, word, about string
	do               func(*Model) tea.Cmd
}

func backChoices() []backChoice {
	return []backChoice{
		{"s", "switch", "Go back now, and at every boot", func(m *Model) tea.Cmd { return m.goBackTo(nixcmd.Switch) }},
		{"b", "boot", "Go back at the next boot", func(m *Model) tea.Cmd { return m.goBackTo(nixcmd.Boot) }},
		{"c", "collect", "Delete all but the newest, and collect the garbage", (*Model).collectOld},
	}
}

func backMenuActions() []action {
	all := []action{
		{Binding: bind("↓ j", "down", "down", "j", "tab"), id: "back.down", scope: scopeBack,
			about: "To the next line.", do: func(m *Model) tea.Cmd { return m.moveDialog(1) }},
		{Binding: bind("↑ k", "up", "up", "k", "shift+tab"), id: "back.up", scope: scopeBack,
			about: "To the previous line.", do: func(m *Model) tea.Cmd { return m.moveDialog(-1) }},
		{Binding: bind("enter", "choose", "enter"), id: "back.choose", scope: scopeBack, footer: 1,
			about: "Work out what the chosen line would do.", do: (*Model).chooseDialog},
		{Binding: bind("esc", "close", "esc", "q"), id: "back.close", scope: scopeBack, footer: 2,
			about: "Close the menu.", do: (*Model).closeDialog},
		{Binding: bind("t", "to", "t"), id: "back.to", scope: scopeBack, footer: 3,
			about: "Say where to go back to: -1 for the one before, a number, or a time.", do: (*Model).askPoint},
		{Binding: bind("n", "newest", "n"), id: "back.keep", scope: scopeBack, footer: 4,
			about: "Say how many of the newest generations stay.", do: (*Model).askKeep},
	}
	all = append(all, menuOptionActions(scopeBack, "back", backOptions())...)
	for _, c := range backChoices() {
		all = append(all, action{Binding: bind(c.key, c.word, c.key), id: "back." + c.word, scope: scopeBack, danger: true,
			about: c.about + "; after a confirmation.", do: c.do})
	}
	return all
}

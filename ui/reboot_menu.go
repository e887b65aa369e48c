package ui

import (
	"cmp"
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// rebootOptions are the options of a run that restarts hosts: nothing is built,
// nothing can be put back, and there are always waves.
func rebootOptions() []menuOption {
	var all []menuOption
	for _, o := range menuOptions() {
		switch {
		case o.section == "build" || o.section == "care":
			continue
		case o.id == "wave":
			o.value = rebootWave
		case o.section == "hosts" && !slices.ContainsFunc(all, func(o menuOption) bool { return o.section == "care" }):
			all = append(all, returnOption())
		}
		all = append(all, o)
	}
	return all
}

// returnOption is how long a host may take to come back.
func returnOption() menuOption {
	o := number{key: "U", id: "return-timeout", name: "up again within", about: "Change the seconds that a host may take to come back.",
		usual: fmt.Sprintf("%d s", rollout.UsualReturn), form: "%d s", rounds: []int{1200, 1800, 300}, what: func(d *runMenu) *int { return &d.back }}.option()
	o.section = "care"
	return o
}

// rebootWave is how many hosts restart in a wave: as many as are taken at a
// time, where nothing else was said.
func rebootWave(d *runMenu) (words string, changed bool) {
	return fmt.Sprint(cmp.Or(d.Wave, d.Parallel, rollout.UsualParallel)), d.Wave != 0
}

// openRebootMenu opens the menu to restart the chosen hosts.
func (m *Model) openRebootMenu() tea.Cmd {
	hosts := m.targets()
	menu := &runMenu{hosts: hosts, options: rebootOptions()}
	d := &dialog{scope: scopeReboot, title: "Reboot " + count(len(hosts), "host", "hosts")}
	d.answers = []answer{{key: "r", label: "reboot", about: rebootAbout, do: (*Model).rebootHosts}}
	return m.openRunMenu(d, menu, menu.rows)
}

const rebootAbout = "Restart in waves, and wait for each"

// rebootHosts asks what restarting the menu's hosts would do.
func (m *Model) rebootHosts() tea.Cmd {
	menu := m.menu
	return m.plan(Request{Action: nixcmd.Reboot, Hosts: menu.hosts, Return: menu.back, Wait: menu.wait, Choices: menu.Choices},
		"Working out what restarting "+count(len(menu.hosts), "host", "hosts")+" would do…")
}

func rebootMenuActions() []action {
	all := []action{
		{Binding: bind("enter", "choose", "enter", "r"), id: "reboot.reboot", scope: scopeReboot, footer: 1, danger: true,
			about: rebootAbout + "; after a confirmation.", do: (*Model).rebootHosts},
		{Binding: bind("esc", "close", "esc", "q"), id: "reboot.close", scope: scopeReboot, footer: 2,
			about: "Close the menu.", do: (*Model).closeDialog},
	}
	return append(all, menuOptionActions(scopeReboot, "reboot", rebootOptions())...)
}

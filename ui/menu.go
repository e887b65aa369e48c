package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// deployMenu is what has been chosen in the menu so far.
type deployMenu struct {
	hosts   []string
	buildOn string
	wait    bool
	Choices
}

// usualParallel is how many hosts are deployed to at a time when nothing else is said.
const usualParallel = 4

// rows are the hosts, and every option with its key and how it stands.
func (d *deployMenu) rows(b *brush, w int) []string {
	rows := append(wrap(list(safe(d.hosts), 3*w), min(w, 90)), "")
	line, room := "", min(w, 90)
	for _, o := range d.options() {
		value := b.paint(faint, text.Line(o.value))
		if o.changed {
			value = b.paint(strong, text.Line(o.value))
		}
		words := "  " + b.paint(keyInk, o.key) + " " + o.name + " " + value
		if line != "" && text.Width(line)+text.Width(words) > room {
			rows, line = append(rows, line), ""
		}
		line += words
	}
	return append(rows, line)
}

// menuOption is a line of the menu's options.
type menuOption struct {
	key, name, value string
	changed          bool
}

func (d *deployMenu) options() []menuOption {
	yes := map[bool]string{true: "yes", false: "no"}
	on, args, parallel := d.buildOn, d.Args, d.Parallel
	if on == "" {
		on = "as fleet.nix says"
	}
	if args == "" {
		args = "none"
	}
	if parallel == 0 {
		parallel = usualParallel
	}
	return []menuOption{
		{"o", "build on", on, d.buildOn != ""},
		{"P", "at a time", fmt.Sprint(parallel), d.Parallel != 0},
		{"W", "wait for others", yes[d.wait], d.wait},
		{"X", "skip unreachable", yes[d.SkipDown], d.SkipDown},
		{"F", "follow the tree", yes[d.FollowTree], d.FollowTree},
		{"T", "thaw", yes[d.Thaw], d.Thaw},
		{"A", "arguments", text.Truncate(args, argsShown), d.Args != ""},
	}
}

// argsShown is how much of the arguments the menu has room for.
const argsShown = 40

// nextBuildOn goes through the places where it can be built.
func (m *Model) nextBuildOn() tea.Cmd {
	choices := []string{"", "target", "local", LocalAlone}
	for _, b := range m.known.builders {
		choices = append(choices, b.Builder.Name)
	}
	for i, c := range choices {
		if c == m.menu.buildOn {
			m.menu.buildOn = choices[(i+1)%len(choices)]
			break
		}
	}
	return nil
}

// nextParallel goes through numbers of hosts at a time.
func (m *Model) nextParallel() tea.Cmd {
	next := map[int]int{0: 8, 8: 16, 16: 32, 32: 1, 1: 2, 2: 0}
	m.menu.Parallel = next[m.menu.Parallel]
	return nil
}

// askArgs opens the prompt for what nixos-rebuild is told besides.
func (m *Model) askArgs() tea.Cmd {
	menu := m.menu
	m.prompt = newPrompt("arguments for nixos-rebuild:", menu.Args)
	m.prompt.done = func(_ *Model, value string) tea.Cmd { menu.Args = value; return nil }
	return nil
}

func menuOptionActions() []action {
	turn := func(k, id, about string, what func(*deployMenu) *bool) action {
		return action{Binding: bind(k, id, k), id: "deploy." + id, scope: scopeMenu, about: about,
			do: func(m *Model) tea.Cmd { v := what(m.menu); *v = !*v; return nil }}
	}
	return []action{
		{Binding: bind("o", "build on", "o"), id: "deploy.build-on", scope: scopeMenu, footer: 3,
			about: "Change where it is built: as fleet.nix says, on the target, on this machine, there without its builders, on a builder.", do: (*Model).nextBuildOn},
		{Binding: bind("P", "at a time", "P"), id: "deploy.parallel", scope: scopeMenu,
			about: "Change how many hosts are deployed to at a time.", do: (*Model).nextParallel},
		turn("W", "wait", "Wait for others that are at a host, instead of leaving it out.", func(d *deployMenu) *bool { return &d.wait }),
		turn("X", "skip-unreachable", "Skip hosts that cannot be reached when their turn comes, instead of failing them.", func(d *deployMenu) *bool { return &d.SkipDown }),
		turn("F", "follow-tree", "Go on when the tree changes that is not committed, instead of stopping.", func(d *deployMenu) *bool { return &d.FollowTree }),
		turn("T", "thaw", "Deploy to hosts that fleet.nix calls frozen, too.", func(d *deployMenu) *bool { return &d.Thaw }),
		{Binding: bind("A", "arguments", "A"), id: "deploy.arguments", scope: scopeMenu,
			about: "Say what nixos-rebuild is told besides, such as --show-trace.", do: (*Model).askArgs},
	}
}

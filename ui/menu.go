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
		{"C", "canary", steps(d.Canary, "none"), d.Canary != 0},
		{"V", "waves of", steps(d.Wave, "all"), d.Wave != 0},
		{"L", "stop after failures", steps(d.MaxFailures, "as waves say"), d.MaxFailures != 0},
		{"D", "difference first", yes[d.Diff], d.Diff},
		{"B", "back on failure", yes[d.Undo], d.Undo},
		{"G", "go back unless confirmed within", seconds(d.Confirm), d.Confirm != 0},
		{"W", "wait for others", yes[d.wait], d.wait},
		{"X", "skip unreachable", yes[d.SkipDown], d.SkipDown},
		{"F", "follow the tree", yes[d.FollowTree], d.FollowTree},
		{"T", "thaw", yes[d.Thaw], d.Thaw},
		{"A", "arguments", text.Truncate(args, argsShown), d.Args != ""},
	}
}

// steps is a number, or what none means.
func steps(n int, none string) string {
	if n == 0 {
		return none
	}
	return fmt.Sprint(n)
}

func seconds(n int) string {
	if n == 0 {
		return "never"
	}
	return fmt.Sprintf("%d s", n)
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

// following is what comes after at in a round of numbers.
func following(round []int, at int) int {
	for i, n := range round {
		if n == at {
			return round[(i+1)%len(round)]
		}
	}
	return round[0]
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
	next := func(k, id, about string, what func(*deployMenu) *int, round ...int) action {
		return action{Binding: bind(k, id, k), id: "deploy." + id, scope: scopeMenu, about: about,
			do: func(m *Model) tea.Cmd { v := what(m.menu); *v = following(round, *v); return nil }}
	}
	return []action{
		{Binding: bind("pgdn", "more options", "pgdown"), id: "deploy.more", scope: scopeMenu,
			about: "Scroll the options down.", do: func(m *Model) tea.Cmd { return m.scrollDialog(1) }},
		{Binding: bind("pgup", "options back", "pgup"), id: "deploy.less", scope: scopeMenu,
			about: "Scroll the options up.", do: func(m *Model) tea.Cmd { return m.scrollDialog(-1) }},
		{Binding: bind("o", "build on", "o"), id: "deploy.build-on", scope: scopeMenu, footer: 3,
			about: "Change where it is built: as fleet.nix says, on the target, on this machine, there without its builders, on a builder.", do: (*Model).nextBuildOn},
		next("P", "parallel", "Change how many hosts are deployed to at a time.", func(d *deployMenu) *int { return &d.Parallel }, 0, 8, 16, 32, 1, 2),
		next("C", "canary", "Change how many hosts go first; the others follow only when these are well.", func(d *deployMenu) *int { return &d.Canary }, 0, 1, 2, 4),
		next("V", "wave", "Change how many hosts follow at a time, each wave only when the one before is well.", func(d *deployMenu) *int { return &d.Wave }, 0, 2, 4, 8, 16),
		next("L", "max-failures", "Change how many hosts may fail before no more are begun.", func(d *deployMenu) *int { return &d.MaxFailures }, 0, 1, 2, 5),
		turn("D", "diff", "Build first and show which packages change and what restarts; then activate just that, or do not.", func(d *deployMenu) *bool { return &d.Diff }),
		turn("B", "rollback-on-failure", "Put a host back on what it was if its activation or a health check fails.", func(d *deployMenu) *bool { return &d.Undo }),
		next("G", "confirm-timeout", "Have each host go back by itself unless a new login finds it well in time.", func(d *deployMenu) *int { return &d.Confirm }, 0, 30, 90, 300),
		turn("W", "wait", "Wait for others that are at a host, instead of leaving it out.", func(d *deployMenu) *bool { return &d.wait }),
		turn("X", "skip-unreachable", "Skip hosts that cannot be reached when their turn comes, instead of failing them.", func(d *deployMenu) *bool { return &d.SkipDown }),
		turn("F", "follow-tree", "Go on when the tree changes that is not committed, instead of stopping.", func(d *deployMenu) *bool { return &d.FollowTree }),
		turn("T", "thaw", "Deploy to hosts that fleet.nix calls frozen, too.", func(d *deployMenu) *bool { return &d.Thaw }),
		{Binding: bind("A", "arguments", "A"), id: "deploy.arguments", scope: scopeMenu,
			about: "Say what nixos-rebuild is told besides, such as --show-trace.", do: (*Model).askArgs},
	}
}

package ui

import (
	"cmp"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/rollout"
)

// menuOption is an option of a menu from which a run is made.
type menuOption struct {
	section string
	key     string
	id      string // the command line's flag of the same meaning
	name    string
	about   string
	value   func(*runMenu) (words string, changed bool)
	turn    func(*Model) tea.Cmd
	number  func(*runMenu) *int // nil: it is none
}

// menuOptions are all of them, as the deploy menu has them.
func menuOptions() []menuOption {
	var all []menuOption
	for _, s := range []struct {
		section string
		options []menuOption
	}{{"build", buildOptions()}, {"steps", stepOptions()}, {"care", careOptions()}, {"hosts", hostOptions()}, {"you", personOptions()}} {
		for _, o := range s.options {
			o.section = s.section
			all = append(all, o)
		}
	}
	return all
}

func buildOptions() []menuOption {
	return []menuOption{
		{key: "o", id: "build-on", name: "build on", turn: (*Model).nextBuildOn,
			about: "Change where it is built: as fleet.nix says, on the target, on this machine, there without its builders, on a builder.",
			value: func(d *runMenu) (string, bool) { return cmp.Or(d.buildOn, "as fleet.nix says"), d.buildOn != "" }},
		yesNo("F", "follow-tree", "follow the tree", "Go on when the tree changes that is not committed, instead of stopping.", func(d *runMenu) *bool { return &d.FollowTree }),
		{key: "A", id: "arguments", name: "arguments", turn: (*Model).askArgs,
			about: "Say what nixos-rebuild is told besides, such as --show-trace.",
			value: func(d *runMenu) (string, bool) { return cmp.Or(d.Args, "none"), d.Args != "" }},
	}
}

func stepOptions() []menuOption {
	return []menuOption{
		number{key: "P", id: "parallel", name: "at a time", about: "Change how many hosts are taken at a time.",
			usual: fmt.Sprint(rollout.UsualParallel), form: "%d", rounds: []int{8, 16, 32, 1, 2}, what: func(d *runMenu) *int { return &d.Parallel }}.option(),
		number{key: "C", id: "canary", name: "canary", about: "Change how many hosts go first; the others follow only when these are well.",
			usual: "none", form: "%d", rounds: []int{1, 2, 4}, what: func(d *runMenu) *int { return &d.Canary }}.option(),
		number{key: "V", id: "wave", name: "waves of", about: "Change how many hosts follow at a time, each wave only when the one before is well.",
			usual: "all", form: "%d", rounds: []int{2, 4, 8, 16}, what: func(d *runMenu) *int { return &d.Wave }}.option(),
		number{key: "L", id: "max-failures", name: "stop after failures", about: "Change how many hosts may fail before no more are begun.",
			usual: "as waves say", form: "%d", rounds: []int{1, 2, 5}, what: func(d *runMenu) *int { return &d.MaxFailures }}.option(),
	}
}

func careOptions() []menuOption {
	return []menuOption{
		yesNo("D", "diff", "diff first", "Build first and show which packages change and what restarts; then activate just that, or do not.", func(d *runMenu) *bool { return &d.Diff }),
		yesNo("B", "rollback-on-failure", "back on failure", "Put a host back on what it was if its activation or a health check fails.", func(d *runMenu) *bool { return &d.Undo }),
		number{key: "H", id: "health-timeout", name: "health within", about: "Change the seconds in which the health checks of fleet.nix have to succeed.",
			usual: fmt.Sprintf("%d s", rollout.UsualHealth), form: "%d s", rounds: []int{60, 120, 300}, what: func(d *runMenu) *int { return &d.Health }}.option(),
		number{key: "G", id: "confirm-timeout", name: "back unless confirmed within", about: "Have each host go back by itself unless a new login finds it well in time.",
			usual: "never", form: "%d s", rounds: []int{30, 90, 300}, what: func(d *runMenu) *int { return &d.Confirm }}.option(),
		number{key: "M", id: "activation-timeout", name: "activate within", about: "Where hosts go back by themselves: change the seconds that an activation may take.",
			usual: fmt.Sprintf("%d s", rollout.UsualActivation), form: "%d s", rounds: []int{1800, 3600, 300}, what: func(d *runMenu) *int { return &d.Activation }}.option(),
	}
}

func hostOptions() []menuOption {
	return []menuOption{
		yesNo("W", "wait-for-others", "wait for others", "Wait for others that are at a host, instead of leaving it out.", func(d *runMenu) *bool { return &d.wait }),
		yesNo("X", "skip-unreachable", "skip unreachable", "Skip hosts that are down, or whose only builders are, instead of failing them; not those that show another host key or do not let us in.", func(d *runMenu) *bool { return &d.SkipDown }),
		yesNo("T", "thaw", "thaw", "Act on hosts that fleet.nix calls frozen, too.", func(d *runMenu) *bool { return &d.Thaw }),
	}
}

func personOptions() []menuOption {
	return []menuOption{
		{key: "S", id: "password-per", name: "sudo's password per", about: "Change who shares a password where sudo wants one: all hosts of the run, none, or those of the same first tag.",
			value: func(d *runMenu) (string, bool) { return cmp.Or(d.PasswordPer, rollout.PerRun), d.PasswordPer != "" },
			turn: func(m *Model) tea.Cmd {
				m.menu.PasswordPer = following([]string{"", rollout.PerHost, rollout.PerTag}, m.menu.PasswordPer)
				return nil
			}},
		yesNo("N", "notify", "notify at the end", "Ring the terminal and have it send a notification when the run ends.", func(d *runMenu) *bool { return &d.Notify }),
	}
}

func yesNo(key, id, name, about string, what func(*runMenu) *bool) menuOption {
	return menuOption{key: key, id: id, name: name, about: about,
		value: func(d *runMenu) (string, bool) {
			return map[bool]string{true: "yes", false: "no"}[*what(d)], *what(d)
		},
		turn: func(m *Model) tea.Cmd { v := what(m.menu); *v = !*v; return nil },
	}
}

// number is an option that is a number.
type number struct {
	key, id, name, about string
	usual                string // what 0 means
	form                 string // of another, for Printf
	rounds               []int  // what it becomes one after the other, besides 0
	what                 func(*runMenu) *int
}

func (n number) option() menuOption {
	rounds := append([]int{0}, n.rounds...)
	return menuOption{key: n.key, id: n.id, name: n.name, about: n.about, number: n.what,
		value: func(d *runMenu) (string, bool) {
			if v := *n.what(d); v != 0 {
				return fmt.Sprintf(n.form, v), true
			}
			return n.usual, false
		},
		turn: func(m *Model) tea.Cmd { v := n.what(m.menu); *v = following(rounds, *v); return nil },
	}
}

// menuOptionActions are the keys of a menu's options.
func menuOptionActions(in scope, name string, options []menuOption) []action {
	all := []action{
		{Binding: bind("pgdn", "more options", "pgdown"), id: name + ".more", scope: in,
			about: "Scroll the options down.", do: func(m *Model) tea.Cmd { return m.scrollDialog(1) }},
		{Binding: bind("pgup", "options back", "pgup"), id: name + ".less", scope: in,
			about: "Scroll the options up.", do: func(m *Model) tea.Cmd { return m.scrollDialog(-1) }},
		{Binding: bind("0-9", "number", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), id: name + ".number", scope: in,
			about: "After the key of an option that is a number: type any other.", press: (*Model).typeDigit},
	}
	for _, o := range options {
		all = append(all, action{Binding: bind(o.key, o.name, o.key), id: name + "." + o.id, scope: in, about: o.about,
			do: func(m *Model) tea.Cmd { return m.turn(o) }})
	}
	return all
}

package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// scope is where an action's keys hold.
type scope string

// The scopes, in the order of the documentation.
const (
	scopeEverywhere scope = "Everywhere"
	scopePlaces     scope = "Places"
	scopeList       scope = "Moving"
	scopeFleet      scope = "Fleet"
	scopeHost       scope = "Host"
	scopePast       scope = "Generations"
	scopeBuilders   scope = "Builders"
	scopeRun        scope = "Run"
	scopePanes      scope = "Run, panes"
	scopeLog        scope = "Run, one log"
	scopeRuns       scope = "Runs"
	scopeInstall    scope = "Installation"
	scopeMenu       scope = "Deploy menu"
	scopeConfirm    scope = "Confirmation"
	scopeCancel     scope = "Cancel question"
	scopeAsk        scope = "Command question"
	scopeAnswers    scope = "Answers to a command"
	scopeBack       scope = "Menu of the past"
	scopeReboot     scope = "Reboot menu"
	scopeDifference scope = "Differences of two systems"
	scopeInstallAsk scope = "Question of an installation"
	scopeQuit       scope = "Quit question"
	scopeAnswer     scope = "Question of a program"
	scopeHelp       scope = "Help"
	scopePalette    scope = "Commands"
	scopeWaiting    scope = "While something is worked out"
)

// action is something that a key does. This table is the only place that knows
// keys: the footer, the help and docs/keys.md are made from it.
type action struct {
	key.Binding        // the keys, how the first is shown, and one word for the footer
	id          string // such as "fleet.mark"
	scope       scope
	about       string // one sentence
	danger      bool   // can change a host, or stop what changes one
	footer      int    // how soon it gives way in a narrow footer; 0 never stands there
	do          func(*Model) tea.Cmd
	press       func(m *Model, key string) tea.Cmd  // instead of do, where it depends on which of the keys it was
	always      bool                                // also in dialogs and while something is typed
	can         func(*Model) bool                   // nil: always
	cannot      func(*Model) (message, hint string) // what is said where it cannot be done; nil: nothing
	shows       func(*Model) bool                   // whether the footer has it; nil: whenever it can be done
}

// bind makes the keys of an action; shown is how the footer spells them.
func bind(shown, word string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, word))
}

// actions is the table of all keys.
func actions() []action {
	var all []action
	for _, some := range []func() []action{
		everywhereActions, placeActions, movingActions, fleetActions, hostActions, pastActions, buildersActions,
		runActions, paneActions, logActions, runsActions, installActions, menuActions, questionActions, answerActions, askActions, certificateActions, helpActions, paletteActions,
	} {
		all = append(all, some()...)
	}
	return all
}

func everywhereActions() []action {
	return []action{
		{Binding: bind("?", "help", "?"), id: "help", scope: scopeEverywhere, footer: 2,
			about: "Show what the keys do here.", do: (*Model).openHelp},
		{Binding: bind(":", "commands", ":", "ctrl+p"), id: "palette", scope: scopeEverywhere, footer: 13,
			about: "Find what can be done here by a part of its name.", do: (*Model).openPalette},
		{Binding: bind("esc", "back", "esc"), id: "back", scope: scopeEverywhere, footer: 4, shows: func(m *Model) bool { return m.at != placeFleet },
			about: "Take one step back: close, clear the filter, clear the marks, leave the place.", do: (*Model).back},
		{Binding: bind("q", "quit", "q", "ctrl+c"), id: "quit", scope: scopeEverywhere, footer: 3,
			about: "Quit. While something runs: ask whether to wait, to leave it running or to cancel it. A second ctrl+c leaves it running.", do: (*Model).quit},
		{Binding: bind("m", "mouse", "m"), id: "mouse", scope: scopeEverywhere,
			about: "Listen to the mouse, or leave it to the terminal: a click chooses, the wheel scrolls.", do: (*Model).toggleMouse},
		{Binding: bind("A", "certificates", "A"), id: "certificates", scope: scopeEverywhere,
			about: "Show the SSH certificates in your agent, how long they last, and sign one.", do: (*Model).openCertificates},
		{Binding: bind("C", "colours", "C"), id: "colours", scope: scopeEverywhere,
			about: "Change the colours: the terminal's own, told apart without red and green, none; for dark and for light backgrounds.", do: (*Model).nextLook},
		{Binding: bind("M", "messages", "M"), id: "messages", scope: scopeEverywhere,
			about: "Show again what was said, errors and all.", do: (*Model).openMessages},
		{Binding: bind("ctrl+z", "suspend", "ctrl+z"), id: "suspend", scope: scopeEverywhere, always: true,
			about: "Suspend the dashboard; runs go on. `fg` brings it back.", do: (*Model).suspend},
		{Binding: bind("ctrl+l", "redraw", "ctrl+l"), id: "redraw", scope: scopeEverywhere, always: true,
			about: "Draw the screen again.", do: func(*Model) tea.Cmd { return tea.ClearScreen }},
	}
}

func placeActions() []action {
	to := func(digit, id string, p placeID, about string) action {
		return action{Binding: bind(digit, id, digit), id: "go." + id, scope: scopePlaces, about: about,
			do: func(m *Model) tea.Cmd { return m.goTo(p) }}
	}
	return []action{
		to("1", "fleet", placeFleet, "Go to the table of hosts."),
		to("2", "builders", placeBuilders, "Go to the builders."),
		{Binding: bind("3", "run", "3"), id: "go.run", scope: scopePlaces, about: "Go to the run that was open last, or to the newest.", do: (*Model).goToRun},
		to("4", "runs", placeRuns, "Go to the history of runs."),
	}
}

func movingActions() []action {
	to := func(shown, id, about string, m motion, keys ...string) action {
		return action{Binding: bind(shown, id, keys...), id: "move." + id, scope: scopeList, about: about,
			do: func(model *Model) tea.Cmd { model.place().move(m); return nil }}
	}
	return []action{
		to("↑ k", "up", "Move or scroll up.", moveUp, "up", "k"),
		to("↓ j", "down", "Move or scroll down.", moveDown, "down", "j"),
		to("ctrl+u", "half up", "Up by half a page.", moveHalfUp, "ctrl+u"),
		to("ctrl+d", "half down", "Down by half a page.", moveHalfDown, "ctrl+d"),
		to("pgup", "page up", "Up by a page.", movePageUp, "pgup", "ctrl+b"),
		to("pgdn", "page down", "Down by a page.", movePageDown, "pgdown", "ctrl+f"),
		to("g home", "top", "To the beginning.", moveTop, "g", "home"),
		to("G end", "bottom", "To the end.", moveBottom, "G", "end"),
	}
}

func fleetActions() []action {
	at := func(m *Model) bool { return m.fleet.current() != "" }
	return []action{
		{Binding: bind("space", "mark", " "), id: "fleet.mark", scope: scopeFleet, footer: 4, can: at,
			about: "Mark the host, or take its mark away.", do: on((*fleetPlace).mark)},
		{Binding: bind("d", "deploy", "d"), id: "fleet.deploy", scope: scopeFleet, footer: 1, can: at, danger: true,
			about: "Open the deploy menu for the marked hosts, or for this one.", do: (*Model).openMenu},
		{Binding: bind("ctrl+a", "mark all", "ctrl+a"), id: "fleet.mark-all", scope: scopeFleet,
			about: "Mark all hosts that the filter shows.", do: on((*fleetPlace).markAll)},
		{Binding: bind("v", "range", "v"), id: "fleet.range", scope: scopeFleet, footer: 11, can: at,
			about: "Begin to mark a range; again, or space: mark it.", do: on((*fleetPlace).markRange)},
		{Binding: bind("i", "invert", "i"), id: "fleet.invert", scope: scopeFleet,
			about: "Turn the marks of the visible hosts around.", do: on((*fleetPlace).invert)},
		{Binding: bind(`ctrl+\`, "clear marks", `ctrl+\`), id: "fleet.clear", scope: scopeFleet,
			about: "Take all marks away.", do: on((*fleetPlace).clearMarks)},
		{Binding: bind("U", "undo marks", "U"), id: "fleet.undo", scope: scopeFleet, can: func(m *Model) bool { return len(m.fleet.undone) > 0 }, cannot: (*Model).cannotUndo,
			about: "Take the last change of the marks back; also after a deployment.", do: on((*fleetPlace).undoMarks)},
		{Binding: bind("/", "filter", "/"), id: "fleet.filter", scope: scopeFleet, footer: 5,
			about: "Show only some hosts: names, globs, @tag, !x, system:…, state:…, drift:…, is:reboot.", do: (*Model).askFilter},
		{Binding: bind("enter", "open", "enter"), id: "fleet.open", scope: scopeFleet, footer: 6, can: at,
			about: "Open the host under the cursor.", do: (*Model).openHost},
		{Binding: bind("s", "shell", "s"), id: "fleet.shell", scope: scopeFleet, footer: 7, can: at,
			about: "Log in to the host under the cursor; the dashboard comes back afterwards.", do: (*Model).openShell},
		{Binding: bind("K", "accept key", "K"), id: "fleet.accept-key", scope: scopeFleet, footer: 2, can: (*Model).canAcceptKey, cannot: (*Model).cannotAcceptKey, danger: true,
			about: "Have ssh ask whether the unknown key of the host under the cursor is the right one.", do: (*Model).acceptKey},
		{Binding: bind("S", "sort", "S"), id: "fleet.sort", scope: scopeFleet, footer: 9,
			about: "Sort by attention, name, age of the generation or latency; first anew by attention, where that has changed.", do: on((*fleetPlace).nextOrder)},
		{Binding: bind("T", "group", "T"), id: "fleet.group", scope: scopeFleet, footer: 12,
			about: "Group the hosts by their first tag, or no longer.", do: on((*fleetPlace).toggleGroups)},
		{Binding: bind("r", "refresh", "r"), id: "fleet.refresh", scope: scopeFleet, footer: 8,
			about: "Ask all hosts and builders now.", do: func(m *Model) tea.Cmd { m.backend.Refresh(nil); return nil }},
		{Binding: bind("u", "evaluate", "u"), id: "fleet.evaluate", scope: scopeFleet, footer: 10,
			about: "Evaluate what the flake wants of all hosts now.", do: func(m *Model) tea.Cmd { m.backend.Evaluate(nil); return nil }},
	}
}

// on makes an action of what concerns the table of hosts alone.
func on(do func(*fleetPlace)) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { do(m.fleet); return nil }
}

func hostActions() []action {
	return []action{
		{Binding: bind("d", "deploy", "d"), id: "host.deploy", scope: scopeHost, footer: 1, danger: true,
			about: "Open the deploy menu for this host.", do: (*Model).openMenu},
		{Binding: bind("s", "shell", "s"), id: "host.shell", scope: scopeHost, footer: 4,
			about: "Log in to this host.", do: (*Model).openShell},
		{Binding: bind("K", "accept key", "K"), id: "host.accept-key", scope: scopeHost, footer: 2, can: (*Model).canAcceptKey, cannot: (*Model).cannotAcceptKey, danger: true,
			about: "Have ssh ask whether the host's unknown key is the right one.", do: (*Model).acceptKey},
		{Binding: bind("b", "check builder", "b"), id: "host.check-builder", scope: scopeHost, footer: 3, can: (*Model).hostBuilds,
			about: "Check the builder that this host is from a host that sends builds to it, as that host's root, and have a tiny build run.", do: (*Model).checkHostBuilder},
		{Binding: bind("enter", "last run", "enter"), id: "host.run", scope: scopeHost, footer: 5, can: (*Model).hostRan,
			about: "Open the last run that had a part for this host.", do: (*Model).openLastRun},
		{Binding: bind("r", "refresh", "r"), id: "host.refresh", scope: scopeHost, footer: 6,
			about: "Ask this host now.", do: func(m *Model) tea.Cmd { m.backend.Refresh([]string{m.host.name}); return nil }},
		{Binding: bind("u", "evaluate", "u"), id: "host.evaluate", scope: scopeHost, footer: 7,
			about: "Evaluate what the flake wants of this host now.", do: func(m *Model) tea.Cmd { m.backend.Evaluate([]string{m.host.name}); return nil }},
	}
}

func buildersActions() []action {
	at := func(m *Model) bool { return m.builders.current() != "" }
	return []action{
		{Binding: bind("c", "check", "c"), id: "builders.check", scope: scopeBuilders, footer: 1, can: at,
			about: "Check the builder under the cursor from a host that sends builds to it, as that host's root, and have a tiny build run.",
			do:    func(m *Model) tea.Cmd { m.backend.CheckBuilders([]string{m.builders.current()}); return nil }},
		{Binding: bind("enter", "all of it", "enter"), id: "builders.open", scope: scopeBuilders, footer: 3,
			can:   func(m *Model) bool { return at(m) && !m.builders.opened },
			about: "Show all that is known of the builder under the cursor; esc leads back.", do: func(m *Model) tea.Cmd { m.builders.open(); return nil }},
		{Binding: bind("a", "check all", "a"), id: "builders.check-all", scope: scopeBuilders, footer: 5, can: at,
			about: "Check all builders like that.", do: func(m *Model) tea.Cmd { m.backend.CheckBuilders(nil); return nil }},
		{Binding: bind("r", "refresh", "r"), id: "builders.refresh", scope: scopeBuilders, footer: 4,
			about: "Ask all hosts and builders now.", do: func(m *Model) tea.Cmd { m.backend.Refresh(nil); return nil }},
	}
}

func runsActions() []action {
	return []action{
		{Binding: bind("enter", "open", "enter"), id: "runs.open", scope: scopeRuns, footer: 1,
			can:   func(m *Model) bool { _, ok := m.runs.current(); return ok },
			about: "Open the run under the cursor.", do: (*Model).openListedRun},
	}
}

func helpActions() []action {
	return append([]action{
		{Binding: bind("esc", "close", "esc", "?", "q", "enter"), id: "help.close", scope: scopeHelp, footer: 1,
			about: "Close the help.", do: (*Model).closeDialog},
		{Binding: bind("/", "search", "/"), id: "help.search", scope: scopeHelp, footer: 1, can: func(m *Model) bool { return m.help != nil },
			about: "Search all keys, also those of other places.", do: (*Model).searchHelp},
	}, scrolling(scopeHelp, "help.", 2, " ")...)
}

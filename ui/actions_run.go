package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
)

// runActions hold in all of a run's views.
func runActions() []action {
	return []action{
		{Binding: bind("z", "zoom", "z", "enter"), id: "run.zoom", scope: scopeRun, footer: 1, can: (*Model).hasRun,
			about: "Give the focused log the whole screen; again: back.", do: inRun((*runPlace).zoom)},
		{Binding: bind("v", "panes/list", "v"), id: "run.view", scope: scopeRun, footer: 5, can: (*Model).hasRun,
			about: "Change between panes and one line per host.", do: inRun((*runPlace).nextView)},
		{Binding: bind("space", "mark", " "), id: "run.mark", scope: scopeRun, footer: 12, can: (*Model).hasRun,
			about: "Mark the host, for cancel.", do: inRun((*runPlace).mark)},
		{Binding: bind("c", "cancel", "c"), id: "run.cancel", scope: scopeRun, footer: 4, can: (*Model).canCancel, cannot: (*Model).cannotCancel, danger: true,
			about: "Ask whether to cancel the marked hosts, or this one.", do: (*Model).askCancel},
		{Binding: bind("R", "retry failed", "R"), id: "run.retry", scope: scopeRun, footer: 4, can: (*Model).canRetry, cannot: (*Model).cannotRetry, danger: true,
			about: "Propose to do again what did not end well.", do: (*Model).retry},
		{Binding: bind("D", "difference", "D"), id: "run.activate", scope: scopeRun, footer: 2, can: (*Model).canActivate, cannot: (*Model).cannotActivate, danger: true,
			about: "Of a preview: show what activating what it has built would change, and propose just that.", do: (*Model).activate},
		{Binding: bind("o", "raw log", "o"), id: "run.pager", scope: scopeRun, footer: 10, can: (*Model).hasRun,
			about: "Show the log as it was printed, traces of evaluation included, in $PAGER.", do: func(m *Model) tea.Cmd { return m.openLog(Pager) }},
		{Binding: bind("O", "edit log", "O"), id: "run.editor", scope: scopeRun, can: (*Model).hasRun,
			about: "Open the log as it was printed in $VISUAL or $EDITOR.", do: func(m *Model) tea.Cmd { return m.openLog(Editor) }},
		{Binding: bind("tab", "next", "tab", "right", "l"), id: "run.next", scope: scopePanes, footer: 6,
			about: "Focus the next pane.", do: inRun(func(r *runPlace) { r.step(1) })},
		{Binding: bind("]", "next page", "]"), id: "run.next-page", scope: scopePanes, footer: 3, can: (*Model).hasPages, cannot: (*Model).cannotTurn,
			about: "Turn to the next page of panes.", do: inRun(func(r *runPlace) { r.turn(1) })},
		{Binding: bind("[", "previous page", "["), id: "run.previous-page", scope: scopePanes, can: (*Model).hasPages, cannot: (*Model).cannotTurn,
			about: "Turn to the previous page of panes.", do: inRun(func(r *runPlace) { r.turn(-1) })},
		{Binding: bind("+", "larger", "+", "="), id: "run.larger", scope: scopePanes,
			about: "Larger panes, and fewer on a page.", do: inRun(func(r *runPlace) { r.approach(1) })},
		{Binding: bind("-", "smaller", "-"), id: "run.smaller", scope: scopePanes,
			about: "Smaller panes, and more on a page.", do: inRun(func(r *runPlace) { r.approach(-1) })},
		{Binding: bind("shift+tab", "previous", "shift+tab", "left", "h"), id: "run.previous", scope: scopePanes,
			about: "Focus the previous pane.", do: inRun(func(r *runPlace) { r.step(-1) })},
	}
}

// paneActions choose panes by digit, which elsewhere choose places.
func paneActions() []action {
	return []action{
		{Binding: bind("1-9", "pane", "1", "2", "3", "4", "5", "6", "7", "8", "9"), id: "run.pane", scope: scopePanes,
			about: "Focus the pane that has this number.",
			press: func(m *Model, key string) tea.Cmd { m.run.choose(int(key[0] - '1')); return nil }},
	}
}

// logActions hold wherever a log is shown: in panes and alone.
func logActions() []action {
	return []action{
		{Binding: bind("f", "follow", "f"), id: "log.follow", scope: scopeLog, footer: 6,
			about: "Follow the end of the log, or stay where it is.", do: inRun((*runPlace).toggleFollow)},
		{Binding: bind("/", "search", "/"), id: "log.search", scope: scopeLog, footer: 7,
			about: "Search the whole log.", do: (*Model).askSearch},
		{Binding: bind("n", "next match", "n"), id: "log.next", scope: scopeLog,
			about: "Go to the next match.", do: func(m *Model) tea.Cmd { return m.search(false) }},
		{Binding: bind("N", "previous match", "N"), id: "log.previous", scope: scopeLog,
			about: "Go to the previous match.", do: func(m *Model) tea.Cmd { return m.search(true) }},
		{Binding: bind("x", "only matches", "x"), id: "log.only", scope: scopeLog,
			about: "Show only the lines that match what was searched for, or all again.", do: (*Model).onlyMatches},
		{Binding: bind("e", "error", "e"), id: "log.error", scope: scopeLog, footer: 8,
			about: "Go to the next line that tells of an error; among panes, on to the next that did not end well.", do: func(m *Model) tea.Cmd { return m.nextError(false) }},
		{Binding: bind("E", "previous error", "E"), id: "log.error-back", scope: scopeLog,
			about: "Go to the previous one.", do: func(m *Model) tea.Cmd { return m.nextError(true) }},
		{Binding: bind("w", "wrap", "w"), id: "log.wrap", scope: scopeLog, footer: 9,
			about: "Wrap long lines, or cut them.", do: inRun((*runPlace).toggleWrap)},
		{Binding: bind("t", "times", "t"), id: "log.times", scope: scopeLog, footer: 11,
			about: "Show when each line came, or no longer.", do: inRun((*runPlace).toggleTimes)},
		{Binding: bind("y", "copy", "y"), id: "log.copy", scope: scopeLog,
			about: "Copy the line that was found, or else what the pane shows, to the terminal's clipboard (OSC 52).", do: (*Model).copyLog},
		{Binding: bind(">", "sideways", ">"), id: "log.right", scope: scopeLog,
			about: "Show more to the right of long lines.", do: inRun(func(r *runPlace) { r.shift(1) })},
		{Binding: bind("<", "sideways back", "<"), id: "log.left", scope: scopeLog,
			about: "Back to the left.", do: inRun(func(r *runPlace) { r.shift(-1) })},
	}
}

// inRun makes an action of what concerns the run on screen alone.
func inRun(do func(*runPlace)) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { do(m.run); return nil }
}

func menuActions() []action {
	all := []action{
		{Binding: bind("↓ j", "down", "down", "j", "tab"), id: "deploy.down", scope: scopeMenu,
			about: "To the next action.", do: func(m *Model) tea.Cmd { return m.moveDialog(1) }},
		{Binding: bind("↑ k", "up", "up", "k", "shift+tab"), id: "deploy.up", scope: scopeMenu,
			about: "To the previous action.", do: func(m *Model) tea.Cmd { return m.moveDialog(-1) }},
		{Binding: bind("enter", "choose", "enter"), id: "deploy.choose", scope: scopeMenu, footer: 1,
			about: "Work out what the chosen action would do.", do: (*Model).chooseDialog},
		{Binding: bind("esc", "close", "esc", "q"), id: "deploy.close", scope: scopeMenu, footer: 2,
			about: "Close the menu.", do: (*Model).closeDialog},
	}
	all = append(all, menuOptionActions(scopeMenu, "deploy", menuOptions())...)
	for _, c := range deployChoices() {
		all = append(all, action{Binding: bind(c.key, string(c.action), c.key), id: "deploy." + string(c.action), scope: scopeMenu,
			about: c.about + ", after a confirmation.", danger: c.action.Activates() || c.action.MovesProfile(),
			do: func(m *Model) tea.Cmd { return m.propose(c.action) }})
	}
	return all
}

// deployChoice is a line of the deploy menu.
type deployChoice struct {
	key    string
	action nixcmd.Action
	about  string
}

func deployChoices() []deployChoice {
	return []deployChoice{
		{"s", nixcmd.Switch, "Activate now and at every boot"},
		{"b", nixcmd.Boot, "Activate at the next boot"},
		{"t", nixcmd.Test, "Activate now, but not at boot"},
		{"u", nixcmd.Build, "Build only"},
		{"n", nixcmd.DryActivate, "Show what activation would do"},
		{"d", nixcmd.DryBuild, "Show what would be built"},
	}
}

// questionActions are those of dialogs that ask. Enter takes what is chosen,
// which at first is the harmless answer.
func questionActions() []action {
	var all []action
	for _, s := range []scope{scopeConfirm, scopeCancel, scopeAsk, scopeInstallAsk, scopeQuit} {
		closing := action{Binding: bind("esc", "no", "esc", "n"), id: id(s, "no"), scope: s, footer: 2,
			about: "Close without doing anything.", do: (*Model).closeDialog}
		if s == scopeInstallAsk {
			closing.Binding, closing.id, closing.about = bind("esc", "later", "esc"), id(s, "later"), "Close; what the flow asks waits, and enter asks it again."
		}
		all = append(all, closing,
			action{Binding: bind("tab", "choose", "tab", "right", "l"), id: id(s, "next"), scope: s, footer: 3,
				about: "To the next answer.", do: func(m *Model) tea.Cmd { return m.moveDialog(1) }},
			action{Binding: bind("shift+tab", "back", "shift+tab", "left", "h"), id: id(s, "previous"), scope: s,
				about: "To the previous answer.", do: func(m *Model) tea.Cmd { return m.moveDialog(-1) }},
			action{Binding: bind("enter", "take", "enter"), id: id(s, "take"), scope: s, footer: 1,
				about: "Take the chosen answer. At first that is the harmless one.", do: (*Model).chooseDialog},
		)
		all = append(all, scrolling(s, id(s, ""), 0)...)
	}
	answer := func(s scope, k, word, about string, danger bool) action {
		return action{Binding: bind(k, word, k), id: id(s, word), scope: s, about: about, danger: danger,
			do: func(m *Model) tea.Cmd { return m.answer(k) }}
	}
	return append(all,
		answer(scopeConfirm, "y", "yes", "Do it. Where somebody's work may be undone, it goes on when the host's name has been typed.", true),
		answer(scopeConfirm, "w", "wait", "Wait for others that are at a host, or no longer; it is worked out anew.", false),
		answer(scopeConfirm, "I", "insist", "Insist on hosts that would surely fail, or no longer; it is worked out anew.", true),
		answer(scopeCancel, "y", "yes", "Cancel the hosts. One that is activating is left alone.", true),
		answer(scopeCancel, "!", "insist", "Cancel even what is activating, which may leave a host half switched.", true),
		answer(scopeAsk, "y", "yes", "Run the command on all hosts that are named.", true),
		answer(scopeInstallAsk, "n", "no", "No: go on without, or stop there.", false),
		answer(scopeInstallAsk, "y", "yes", "Yes: do what is asked.", true),
		answer(scopeQuit, "w", "wait", "Stay, and quit when the run has ended.", false),
		answer(scopeQuit, "d", "detach", "Quit now; the run goes on by itself.", false),
		answer(scopeQuit, "c", "cancel", "Cancel the run and stay to see how it ends.", true),
		action{Binding: bind("esc", "stop", "esc", "q"), id: "waiting.stop", scope: scopeWaiting, footer: 1,
			about: "Stop working it out.", do: (*Model).closeDialog},
	)
}

func id(s scope, word string) string {
	names := map[scope]string{scopeConfirm: "confirm.", scopeCancel: "cancel.", scopeAsk: "ask.", scopeInstallAsk: "install-ask.", scopeQuit: "quit."}
	return names[s] + word
}

package ui

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// active are the directories of runs that go on and that this dashboard
// started or shows.
func (m *Model) active() []string {
	var dirs []string
	for dir, v := range m.ours {
		justStarted := len(v.Tasks) == 0 // and not opened yet
		if !v.Over() && (v.Alive || justStarted) {
			dirs = append(dirs, dir)
		}
	}
	if m.run.going() && m.run.view.Alive && !slices.Contains(dirs, m.run.dir) {
		dirs = append(dirs, m.run.dir)
	}
	slices.Sort(dirs)
	return dirs
}

// quit leaves, or asks what is to become of what runs.
func (m *Model) quit() tea.Cmd {
	if len(m.active()) == 0 {
		return m.leave()
	}
	d := &dialog{scope: scopeQuit, ink: warn}
	d.follow = func(m *Model) {
		going := m.active()
		d.title = "Quit while " + count(len(going), "run goes", "runs go") + " on?"
		if len(going) == 0 {
			m.withdraw("Nothing runs any more", "Press q again to quit.")
		}
	}
	d.follow(m)
	d.body = func(b *brush, w int) []string {
		return wrap("A run needs no dashboard: it goes on by itself, and Runs (4) or `"+m.self+" runs attach last` shows it again.", min(w, 80))
	}
	d.answers = []answer{
		{key: "n", label: "stay", ink: plain, do: (*Model).stay},
		{key: "w", label: "wait, then quit", ink: plain, do: (*Model).wait},
		{key: "d", label: "detach", ink: plain, do: (*Model).leave},
		{key: "c", label: "cancel the run", ink: bad, do: func(m *Model) tea.Cmd { return m.cancelAll(m.active()) }},
	}
	return m.open(d)
}

// stay goes on as before, also when the person had chosen to wait.
func (m *Model) stay() tea.Cmd {
	m.waits = false
	return m.closeDialog()
}

// wait quits as soon as nothing runs any more.
func (m *Model) wait() tea.Cmd {
	m.shut()
	m.waits = true
	m.say(busy, "The dashboard quits when the run has ended", "")
	return m.leaveIfDone()
}

func (m *Model) leaveIfDone() tea.Cmd {
	if m.waits && len(m.active()) == 0 && !m.toRing() {
		return m.leave()
	}
	return nil
}

func (m *Model) cancelAll(dirs []string) tea.Cmd {
	var cmds []tea.Cmd
	for _, dir := range dirs {
		cmds = append(cmds, m.cancel(dir, nil, false))
	}
	return tea.Batch(cmds...)
}

// leave ends the program. Runs go on.
func (m *Model) leave() tea.Cmd {
	m.shut()
	m.quits = true
	return tea.Quit
}

// onSignal is what the system asks for: SIGINT is ctrl+c, the others end the program.
func (m *Model) onSignal(s interrupted) tea.Cmd {
	if s.fatal {
		return m.leave()
	}
	return m.press("ctrl+c")
}

// suspend gives the terminal back to the shell that started us, with its title.
func (m *Model) suspend() tea.Cmd {
	m.backend.Pause(true)
	write := m.write
	return m.start(func(context.Context) tea.Msg { return titleBackMsg{write(popTitle)} })
}

// titleBackMsg says that the shell has its title back, and is to get the rest.
type titleBackMsg struct{ err error }

func (m *Model) onTitleBack(msg titleBackMsg) tea.Cmd {
	m.failWriting(msg.err)
	return tea.Suspend
}

// onResumed takes the terminal again. Its title is set when the shell's has been kept.
func (m *Model) onResumed() tea.Cmd {
	m.backend.Pause(false)
	write := m.write
	keep := m.start(func(context.Context) tea.Msg { return titleKeptMsg{write(pushTitle)} })
	return tea.Batch(keep, m.listenAgain())
}

// titleKeptMsg says that the shell's title has been kept again.
type titleKeptMsg struct{ err error }

func (m *Model) onTitleKept(msg titleKeptMsg) {
	m.title = "" // it is set anew
	m.failWriting(msg.err)
}

func (m *Model) failWriting(err error) {
	if err != nil {
		m.fail(fmt.Errorf("writing to the terminal: %w", err))
	}
}

// farewell is what is left on the normal screen: how the runs of this
// dashboard went, and where their logs are.
func (m *Model) farewell() string {
	var b strings.Builder
	for _, dir := range slices.Sorted(maps.Keys(m.ours)) {
		v := worstFirst(m.ours[dir])
		if len(v.Tasks) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s on %s: %s\n", text.Line(v.Plan.Called()), count(len(v.Tasks), "host", "hosts"), m.tally(v))
		for _, t := range v.Tasks {
			m.farewellTask(&b, t)
		}
		if !v.Over() {
			fmt.Fprintf(&b, "  it goes on: %s runs attach %s\n", m.self, text.Line(path.Base(dir)))
		}
		fmt.Fprintf(&b, "  logs: %s\n", text.Line(dir))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (m *Model) farewellTask(b *strings.Builder, t rollout.TaskView) {
	if t.Verdict == nil || t.Verdict.Outcome == rollout.OutcomeOK {
		return
	}
	s := taskSign(t)
	fmt.Fprintf(b, "  %s  %s  %s\n", text.Line(t.Host), m.paint(s.ink, m.label(s)), text.Line(t.Verdict.Reason))
	for _, line := range quoted(t.Verdict) {
		fmt.Fprintf(b, "      %s\n", text.Line(line))
	}
	if t.Verdict.Hint != "" {
		fmt.Fprintf(b, "    %s\n", sentence(t.Verdict.Hint))
	}
}

// worstFirst is a run whose tasks stand in the order in which they want a person.
func worstFirst(v rollout.View) rollout.View {
	v.Tasks = slices.Clone(v.Tasks)
	slices.SortStableFunc(v.Tasks, func(a, b rollout.TaskView) int { return taskRank(a) - taskRank(b) })
	return v
}

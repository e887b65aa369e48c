package ui

import (
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// messages that answer requests to the backend. asked tells to which.
type (
	proposedMsg struct {
		asked    int
		request  Request
		proposal Proposal
		err      error
	}
	launchedMsg struct {
		dir    string
		wishes Personal
		err    error
	}
	cancelSentMsg struct{ err error }
)

// openMenu opens the deploy menu for the chosen hosts.
func (m *Model) openMenu() tea.Cmd {
	hosts := m.targets()
	menu := &runMenu{hosts: hosts, options: menuOptions()}
	d := &dialog{scope: scopeMenu, title: "Deploy to " + count(len(hosts), "host", "hosts")}
	for _, c := range deployChoices() {
		d.answers = append(d.answers, answer{key: c.key, label: string(c.action), about: c.about,
			do: func(m *Model) tea.Cmd { return m.propose(c.action) }})
	}
	return m.openRunMenu(d, menu, menu.rows)
}

// propose asks what an action on the menu's hosts would do.
func (m *Model) propose(a nixcmd.Action) tea.Cmd {
	menu := m.menu
	return m.plan(Request{Action: a, Hosts: menu.hosts, BuildOn: menu.buildOn, Wait: menu.wait, Choices: menu.Choices},
		fmt.Sprintf("Working out what %s on %s would do…", a, count(len(menu.hosts), "host", "hosts")))
}

// retry asks what doing again would do that did not end well.
func (m *Model) retry() tea.Cmd {
	return m.plan(Request{Retry: m.run.dir, Insist: m.run.view.Plan.Insist, Wait: m.run.view.Plan.Wait, Choices: Choices{Personal: m.wishes[m.run.dir]}}, "Working out what is to be done again…")
}

// plan has a request worked out, and shows that this is under way. The menu from
// which it was made comes back if nothing comes of it.
func (m *Model) plan(r Request, what string) tea.Cmd {
	m.asked++
	asked, backend := m.asked, m.backend
	ctx, stop := context.WithCancel(context.Background())
	d := &dialog{
		scope: scopeWaiting, title: "One moment", ink: title,
		body:   func(b *brush, w int) []string { return m.workingRows(b, what, w) },
		closed: func() { m.asked++; stop() },
	}
	if m.menu != nil {
		d.under, m.dialog = m.dialog, nil
	}
	shown := m.open(d)
	return tea.Batch(shown, m.start(func(program context.Context) tea.Msg {
		unlink := context.AfterFunc(program, stop)
		defer unlink()
		p, err := backend.Plan(ctx, r)
		return proposedMsg{asked, r, p, err}
	}))
}

// workingRows say what is worked out, and whether that waits for an answer.
func (m *Model) workingRows(b *brush, what string, w int) []string {
	rows := append(wrap(what, w), "")
	if m.isAsked() {
		rows = append(rows, b.paint(warn, "a program waits for an answer: a opens its question"))
	}
	return append(rows, b.paint(faint, "esc stops it"))
}

// onProposed puts the proposal before the person.
func (m *Model) onProposed(msg proposedMsg) tea.Cmd {
	if msg.asked != m.asked {
		return nil // it was stopped
	}
	if msg.err != nil {
		for m.dialog != nil && (m.menu == nil || !m.dialog.upright) {
			m.shut()
		}
		m.fail(msg.err)
		return nil
	}
	m.shutAll()
	p := msg.proposal
	p.Personal = msg.request.Personal
	return m.open(confirmation(p, msg.request))
}

// launch starts what was confirmed.
func (m *Model) launch(p Proposal) tea.Cmd {
	if len(p.lacks()) > 0 {
		return m.askSudo(p, 0)
	}
	backend := m.backend
	// Without a scope it has no keys: what is being started cannot be called back here.
	m.open(&dialog{title: "One moment", ink: title, body: func(*brush, int) []string { return []string{"Starting the run…"} }})
	return m.start(func(ctx context.Context) tea.Msg {
		dir, err := backend.Launch(ctx, p)
		return launchedMsg{dir, p.Personal, err}
	})
}

func (m *Model) onLaunched(msg launchedMsg) tea.Cmd {
	m.shut()
	if msg.err != nil {
		m.fail(msg.err)
		return nil
	}
	m.fleet.clearMarks()
	m.ours[msg.dir] = rollout.View{Dir: msg.dir}
	m.wishes[msg.dir] = msg.wishes
	if msg.wishes.Notify {
		m.rings[msg.dir] = false
	}
	return m.openRun(msg.dir)
}

// cancel asks the supervisor to cancel; its answer is an event of the run.
func (m *Model) cancel(dir string, hosts []string, insist bool) tea.Cmd {
	backend := m.backend
	m.shut()
	if dir == m.run.dir {
		m.run.toCancel(hosts)
	}
	return m.start(func(ctx context.Context) tea.Msg {
		return cancelSentMsg{backend.Cancel(ctx, dir, hosts, insist)}
	})
}

func (m *Model) onCancelSent(msg cancelSentMsg) {
	if msg.err != nil {
		clear(m.run.cancels)
		m.fail(msg.err)
		return
	}
	m.say(warn, "Asked to cancel; the run answers in a moment", "")
}

func (m *Model) openHost() tea.Cmd {
	m.host.name, m.host.scroll = m.fleet.current(), 0
	if h := m.known.hosts[m.host.name]; h != nil && h.status.NeedsTouch() {
		m.backend.Refresh([]string{m.host.name}) // somebody sits here who can touch the key
	}
	return m.goTo(placeHost)
}

// hostRan says whether a run had a part for the host.
func (m *Model) hostRan() bool { _, _, ok := m.known.lastRun(m.host.name); return ok }

func (m *Model) openLastRun() tea.Cmd {
	if v, _, ok := m.known.lastRun(m.host.name); ok {
		return m.openRun(v.Dir)
	}
	return nil
}

func (m *Model) openListedRun() tea.Cmd {
	if v, ok := m.runs.current(); ok {
		return m.openRun(v.Dir)
	}
	return nil
}

func (m *Model) hasRun() bool { return m.run.reader != nil && m.run.focused() != nil }

func (m *Model) canCancel() bool { return m.hasRun() && m.run.going() }

// canRetry says whether a run has ended that left hosts to do again.
func (m *Model) canRetry() bool {
	if !m.hasRun() || m.run.going() {
		return false
	}
	for _, t := range m.run.view.Tasks {
		if t.Verdict == nil || t.Verdict.Outcome.Again() {
			return true
		}
	}
	return false
}

// askFilter opens the filter's prompt; the table follows each key.
func (m *Model) askFilter() tea.Cmd {
	f := m.fleet
	m.prompt = newPrompt("/", f.expr)
	m.prompt.changed = f.setFilter
	m.prompt.dropped = func() { f.setFilter("") }
	m.prompt.done = func(_ *Model, value string) tea.Cmd { f.setFilter(value); return nil }
	m.prompt.note = func() string { return fmt.Sprintf("%d of %d  enter keep  esc clear", len(f.shown), len(m.known.names)) }
	return nil
}

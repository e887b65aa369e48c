package ui

import (
	"context"
	"os/exec"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
)

// installer makes machines with an installer into hosts. It is part of Backend.
type installer interface {
	// RecallInstall is what an earlier start for a host was told. Where none is
	// sure yet it suggests one: the host that was begun last, or else the one under
	// the cursor if it may be new.
	RecallInstall(host string, sure bool) InstallRequest
	// Install goes through the flow until it ends or ctx does. How far it is comes
	// as news.
	Install(ctx context.Context, r InstallRequest) InstallEnd
	// AnswerInstall answers the question that the course shows.
	AnswerInstall(number int, yes bool)
}

// InstallRequest is what a person wants installed, and from where.
type InstallRequest struct {
	Host     string
	Target   string // root@ADDRESS
	Hardware string // file for the hardware configuration, or ""
	Step     string // this one is done again, or undone; "" goes on, or undoes all
	Undo     bool
	Arrives  bool // it was told to reboot, and is no installer any more
	Begun    bool // by an earlier start
}

// InstallEnd is how a start of the flow ended. A program that it has is to get
// the terminal.
type InstallEnd struct {
	Err       error
	AcceptKey *exec.Cmd // ssh, which asks about the installer's key; then it goes on
	HandOver  *exec.Cmd // nixos-anywhere, which the person chose
}

// InstallTold is how far the flow is.
type InstallTold struct {
	Host     string
	Course   install.Course
	Question *InstallQuestion // that waits for an answer, or nil
}

// InstallQuestion is one that the flow puts to a person. Numbers are never used twice.
type InstallQuestion struct {
	Number int
	install.Question
}

func (n InstallTold) slot() string { return "installation of " + n.Host }

type (
	installRecalledMsg struct {
		request InstallRequest
		sure    bool
	}
	installEndedMsg struct {
		request InstallRequest
		end     InstallEnd
	}
	installResumeMsg struct {
		err error
		on  bool // goes on with the flow
	}
)

// onInstall takes the messages of installations.
func (m *Model) onInstall(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case installRecalledMsg:
		return m.onRecalled(msg)
	case installEndedMsg:
		return m.onInstallEnded(msg)
	case installResumeMsg:
		return m.onInstallResumed(msg)
	}
	m.dirty = false
	return nil
}

// openInstall shows the installation that goes on, or asks what is to be installed.
func (m *Model) openInstall() tea.Cmd {
	if m.install.going() {
		return m.goTo(placeInstall)
	}
	return m.recall(m.under(), false)
}

func (m *Model) recall(host string, sure bool) tea.Cmd {
	backend := m.backend
	return m.start(func(context.Context) tea.Msg { return installRecalledMsg{backend.RecallInstall(host, sure), sure} })
}

// onRecalled asks for what is not known yet. What was begun is shown as it was left.
func (m *Model) onRecalled(msg installRecalledMsg) tea.Cmd {
	if m.dialog != nil || m.prompt != nil || m.install.going() {
		return nil // the person is at something else by now
	}
	r := msg.request
	if !msg.sure {
		m.askLine("install host:", r.Host, func(m *Model, host string) tea.Cmd {
			if host == "" {
				return nil
			}
			return m.recall(host, true)
		})
		return nil
	}
	if !r.Begun {
		return m.askInstaller(r)
	}
	if m.install.is(r.Host) {
		m.install.request = r // what was said stays
	} else {
		m.install.take(r)
	}
	return m.goTo(placeInstall)
}

// askInstaller asks where the installer answers, and where what it tells of its
// hardware is to be written.
func (m *Model) askInstaller(r InstallRequest) tea.Cmd {
	suggested := r.Target
	if suggested == "" {
		suggested = "root@"
	}
	m.askLine("installer at:", suggested, func(m *Model, target string) tea.Cmd {
		if target == "" || target == "root@" {
			return nil
		}
		r.Target, r.Arrives = target, false
		m.askLine("file for its hardware, or none:", r.Hardware, func(m *Model, file string) tea.Cmd {
			r.Hardware = file
			m.install.take(r)
			return tea.Batch(m.goTo(placeInstall), m.installOn(r))
		})
		return nil
	})
	return nil
}

// askLine asks for a line of text.
func (m *Model) askLine(label, value string, done func(m *Model, value string) tea.Cmd) {
	m.prompt = newPrompt(label, value)
	m.prompt.done = done
	m.prompt.note = func() string { return "enter go on  esc leave it" }
}

// installOn starts the flow.
func (m *Model) installOn(r InstallRequest) tea.Cmd {
	p, backend := m.install, m.backend
	ctx, stop := context.WithCancel(context.Background())
	p.begin(stop)
	return m.start(func(program context.Context) tea.Msg {
		unlink := context.AfterFunc(program, stop)
		defer unlink()
		return installEndedMsg{r, backend.Install(ctx, r)}
	})
}

// learnInstall takes how far the flow is, and puts its question.
func (m *Model) learnInstall(n InstallTold) {
	if p := m.install; p.is(n.Host) {
		p.course, p.question = n.Course, n.Question
	}
}

// raiseInstall opens a question of the flow that was not shown yet, once
// nothing else is being asked.
func (m *Model) raiseInstall() tea.Cmd {
	p := m.install
	if p.asks != 0 && (p.question == nil || p.question.Number != p.asks) && m.dialog != nil && m.dialog.scope == scopeInstallAsk && p.going() {
		m.shut() // it does not wait any more
	}
	if p.question == nil || p.question.Number == p.asks || m.at != placeInstall || m.dialog != nil || m.prompt != nil || m.tooSmall() {
		return nil
	}
	return m.askInstall()
}

// askInstall puts the flow's question before the person.
func (m *Model) askInstall() tea.Cmd {
	q, backend := *m.install.question, m.backend
	m.install.asks = q.Number
	d := &dialog{scope: scopeInstallAsk, title: "Installing " + text.Line(m.install.request.Host), ink: danger}
	d.body = func(b *brush, w int) []string {
		rows := []string{}
		for _, line := range wrap(q.Text, w) {
			rows = append(rows, b.paint(strong, line))
		}
		if len(q.Shown) > 0 {
			rows = append(rows, "")
		}
		for _, line := range q.Shown {
			rows = append(rows, shownLine(text.Line(line), w)...)
		}
		return rows
	}
	reply := func(yes bool) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			m.shut()
			m.install.question = nil
			return m.start(func(context.Context) tea.Msg { backend.AnswerInstall(q.Number, yes); return nil })
		}
	}
	d.answers = []answer{
		{key: "n", label: "no", ink: plain, do: reply(false)},
		{key: "y", label: "yes", ink: bad, do: reply(true)},
	}
	return m.openDeaf(d)
}

// shownLine is a line of what a question shows: as it is where there is room,
// else wrapped between words.
func shownLine(line string, w int) (rows []string) {
	if text.Width(line) <= w-2 {
		return []string{"  " + line}
	}
	indent := "  " + line[:len(line)-len(strings.TrimLeft(line, " "))]
	for _, part := range wrap(line, max(1, w-len(indent))) {
		rows = append(rows, indent+part)
	}
	return rows
}

// openDeaf opens a question of an installation, which hears nothing at first.
func (m *Model) openDeaf(d *dialog) tea.Cmd {
	opened := m.open(d)
	d.deafUntil = m.now().Add(deafFor)
	return tea.Batch(opened, m.after(deafFor, armedMsg{}))
}

// onInstallEnded says how it ended, or gives the terminal to who goes on.
func (m *Model) onInstallEnded(msg installEndedMsg) tea.Cmd {
	p, end := m.install, msg.end
	p.ended(end.Err)
	switch {
	case end.AcceptKey != nil:
		return m.openDeaf(m.installerKeyQuestion(end.AcceptKey, end.Err))
	case end.HandOver != nil:
		return m.give(end.HandOver, anyFailure, func(err error) tea.Msg { return installResumeMsg{err, false} })
	case end.Err != nil && m.at == placeInstall: // it is told there, and stays
	case end.Err != nil && p.stopped:
		m.say(warn, "The installation of "+p.request.Host+" was stopped", "I shows it, and goes on with it.")
	case end.Err != nil:
		m.fail(end.Err)
	case msg.request.Undo:
		m.say(good, "What was done of it is undone", "")
	default:
		m.announce(good, "Installed: "+p.request.Host, "")
	}
	return nil
}

// installerKeyQuestion offers to have ssh ask about the installer's key.
func (m *Model) installerKeyQuestion(ssh *exec.Cmd, err error) *dialog {
	d := &dialog{scope: scopeInstallAsk, title: "The installer's key is not known", ink: warn}
	d.body = func(b *brush, w int) []string {
		message, _ := tell(err)
		rows := append(wrap(message, w), "")
		return append(rows, wrap("ssh shows its fingerprint: compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on the machine's console.", w)...)
	}
	d.answers = []answer{
		{key: "n", label: "not now", ink: plain, do: (*Model).closeDialog},
		{key: "y", label: "let ssh ask", ink: plain, do: func(m *Model) tea.Cmd {
			m.shut()
			return m.give(ssh, anyFailure, func(err error) tea.Msg { return installResumeMsg{err, true} })
		}},
	}
	return d
}

// onInstallResumed goes on, when a program that had the terminal has ended.
func (m *Model) onInstallResumed(msg installResumeMsg) tea.Cmd {
	listen := m.listenAgain()
	switch {
	case msg.err != nil && msg.on:
		m.announce(warn, "The installer's key was not accepted", "Compare it on the machine's console; enter asks again.")
	case msg.err != nil:
		m.announce(warn, "nixos-anywhere did not end well: "+msg.err.Error(), "What it printed stands on the screen that you had before.")
	case msg.on:
		return tea.Batch(listen, m.installOn(m.install.request))
	}
	return listen
}

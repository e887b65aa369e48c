package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// inquiry is a command that several hosts were asked to run.
type inquiry struct {
	command string
	hosts   []string // in the order in which they were asked
	answers []fleet.Answer
	stop    context.CancelFunc
	stopped bool
}

// answeredMsg is one host's answer.
type answeredMsg struct {
	to     *inquiry
	answer fleet.Answer
}

// askCommand opens the prompt for a command on the marked hosts, or on this one.
func (m *Model) askCommand() tea.Cmd {
	hosts := m.targets()
	where := text.Line(hosts[0])
	if len(hosts) > 1 {
		where = count(len(hosts), "host", "hosts")
	}
	m.prompt = newPrompt("run on "+where+":", "")
	m.prompt.done = func(m *Model, command string) tea.Cmd {
		if strings.TrimSpace(command) == "" {
			return nil
		}
		return m.open(askQuestion(command, hosts))
	}
	return nil
}

// targets are the hosts that a menu or a command is about.
func (m *Model) targets() []string {
	if m.at == placeHost {
		return []string{m.host.name}
	}
	return m.fleet.chosen()
}

// askQuestion is the confirmation: nothing runs on a host that is not named in it.
func askQuestion(command string, hosts []string) *dialog {
	what := "Run it on " + count(len(hosts), "host", "hosts")
	d := &dialog{scope: scopeAsk, title: what + "?", ink: danger}
	d.body = func(b *brush, w int) []string {
		var rows []string
		for _, line := range wrap(strings.Join(safe(hosts), ", "), w) {
			rows = append(rows, b.paint(strong, line))
		}
		rows = append(rows, "")
		for i, line := range chop(text.Line(command), w-2) {
			edge := "  "
			if i == 0 {
				edge = b.paint(faint, "$ ")
			}
			rows = append(rows, edge+line)
		}
		rows = append(rows, "")
		return append(rows, wrap("It runs in each host's login shell, as the user you log in as, without a terminal and beside everything else that goes on there. Nothing checks what it does.", w)...)
	}
	d.answers = []answer{
		{key: "n", label: "cancel", ink: plain, do: (*Model).closeDialog},
		{key: "y", label: what, ink: bad, do: func(m *Model) tea.Cmd { return m.inquire(command, hosts) }},
	}
	return d
}

// inquire asks all hosts at once and shows what they say as it comes.
func (m *Model) inquire(command string, hosts []string) tea.Cmd {
	if m.inquiry != nil {
		m.inquiry.stop() // its answers would be seen by nobody
	}
	ctx, stop := context.WithCancel(context.Background())
	q := &inquiry{command: command, hosts: hosts, stop: stop}
	m.inquiry = q
	backend := m.backend
	cmds := []tea.Cmd{m.showAnswers()}
	for _, host := range hosts {
		cmds = append(cmds, m.start(func(program context.Context) tea.Msg {
			unlink := context.AfterFunc(program, stop)
			defer unlink()
			return answeredMsg{q, backend.Ask(ctx, host, command)}
		}))
	}
	return tea.Batch(cmds...)
}

func (m *Model) onAnswered(msg answeredMsg) {
	q := msg.to
	if q.answers = append(q.answers, msg.answer); len(q.answers) == len(q.hosts) {
		q.stop()
		if m.inquiry == q && (m.dialog == nil || m.dialog.scope != scopeAnswers) {
			m.say(plain, "All have answered: "+q.command, "X shows what they said.")
		}
	}
}

// showAnswers opens what was said to the last command.
func (m *Model) showAnswers() tea.Cmd {
	q := m.inquiry
	return m.open(&dialog{scope: scopeAnswers, title: "$ " + text.Line(q.command), ink: title, body: q.rows})
}

// waiting are the hosts that have not answered yet.
func (q *inquiry) waiting() []string {
	return slices.DeleteFunc(slices.Clone(q.hosts), func(host string) bool {
		return slices.ContainsFunc(q.answers, func(a fleet.Answer) bool { return a.Host == host })
	})
}

// stopAsking lets go of the hosts that have not answered.
func (m *Model) stopAsking() tea.Cmd {
	m.inquiry.stopped = true
	m.inquiry.stop()
	return nil
}

// rows are the answers, equal ones once, and who is still to be heard.
func (q *inquiry) rows(b *brush, w int) []string {
	rows := q.unwell(b, w)
	for _, g := range fleet.Fold(q.answers) {
		if len(rows) > 0 {
			rows = append(rows, "")
		}
		rows = append(rows, answerHead(b, g, w)...)
		rows = append(rows, answerLines(b, g.Answer, w)...)
	}
	if left := q.waiting(); len(left) > 0 {
		if len(rows) > 0 {
			rows = append(rows, "")
		}
		words := fmt.Sprintf("%d of %d still to answer: %s", len(left), len(q.hosts), strings.Join(safe(left), ", "))
		if q.stopped {
			words = "being stopped: " + strings.Join(safe(left), ", ")
		}
		for _, line := range wrap(words, w) {
			rows = append(rows, b.paint(busy, line))
		}
	}
	return rows
}

// unwell names the hosts on which the command did not end well: their answers
// may be far down.
func (q *inquiry) unwell(b *brush, w int) (rows []string) {
	var hosts []string
	for _, a := range q.answers {
		if a.Err != nil || a.ExitCode != 0 {
			hosts = append(hosts, a.Host)
		}
	}
	if slices.Sort(hosts); len(hosts) > 0 && len(q.hosts) > 1 {
		for _, line := range wrap(fmt.Sprintf("%d of %d did not end well: %s", len(hosts), len(q.hosts), strings.Join(safe(hosts), ", ")), w) {
			rows = append(rows, b.paint(bad, line))
		}
	}
	return rows
}

// answerHead names the hosts of an answer and how it ended there.
func answerHead(b *brush, g fleet.Folded, w int) []string {
	s := sign{"✓", "+", "exit 0", good}
	switch {
	case g.Err != nil:
		s = sign{"✗", "x", "not run to its end", bad}
	case g.ExitCode != 0:
		s = sign{"✗", "x", fmt.Sprintf("exit %d", g.ExitCode), bad}
	}
	rows := []string{b.rule(count(len(g.Hosts), "host", "hosts"), "", min(w, 40)) + " " + b.paint(s.ink, b.label(s))}
	for _, line := range wrap(strings.Join(safe(g.Hosts), ", "), w) {
		rows = append(rows, b.paint(strong, line))
	}
	return rows
}

// answerLines are what was said, safe to show.
func answerLines(b *brush, a fleet.Answer, w int) []string {
	var rows []string
	if a.Err != nil {
		message, hint := tell(a.Err)
		for _, line := range append(wrap(message, w-2), wrap(hint, w-2)...) {
			rows = append(rows, "  "+b.paint(warn, line))
		}
	}
	for _, part := range []struct {
		said []byte
		ink  ink
	}{{a.Stdout, plain}, {a.Stderr, warn}} {
		for line := range strings.Lines(strings.TrimRight(string(part.said), " \r\n")) {
			for _, piece := range chop(text.Line(line), w-2) {
				rows = append(rows, "  "+b.paint(part.ink, piece))
			}
			if len(rows) > answerMost {
				return append(rows, b.paint(faint, "  and more, which is not shown"))
			}
		}
	}
	if len(rows) == 0 {
		rows = append(rows, b.paint(faint, "  it said nothing"))
	}
	return rows
}

// copyAnswers puts what is shown on the terminal's clipboard.
func (m *Model) copyAnswers() tea.Cmd {
	rows := m.inquiry.rows(&brush{palette: newPalette(Look{Theme: ThemeNone}), glyphs: m.glyphs, ascii: m.ascii}, dialogWidest)
	for i, r := range rows {
		rows[i] = strings.TrimRight(text.Line(r), " ")
	}
	return m.copyText(strings.Join(rows, "\n"), len(rows))
}

func askActions() []action {
	could := func(m *Model) bool { return len(m.targets()) > 0 && m.targets()[0] != "" }
	shown := func(m *Model) bool { return m.inquiry != nil }
	again := "Show again what hosts said to the last command."
	run := "Run a command on the marked hosts, or on this one, after a confirmation; equal answers are shown once."
	all := []action{
		{Binding: bind("x", "run a command", "x"), id: "fleet.ask", scope: scopeFleet, footer: 13, can: could, danger: true, about: run, do: (*Model).askCommand},
		{Binding: bind("X", "answers", "X"), id: "fleet.answers", scope: scopeFleet, can: shown, about: again, do: (*Model).showAnswers},
		{Binding: bind("x", "run a command", "x"), id: "host.ask", scope: scopeHost, footer: 8, can: could, danger: true, about: run, do: (*Model).askCommand},
		{Binding: bind("X", "answers", "X"), id: "host.answers", scope: scopeHost, can: shown, about: again, do: (*Model).showAnswers},
		{Binding: bind("esc", "close", "esc", "q", "enter"), id: "answers.close", scope: scopeAnswers, footer: 1,
			about: "Close; hosts that have not answered go on, and X shows what they say.", do: (*Model).closeDialog},
		{Binding: bind("y", "copy", "y"), id: "answers.copy", scope: scopeAnswers, footer: 4,
			about: "Copy all of it to the terminal's clipboard (OSC 52).", do: (*Model).copyAnswers},
		{Binding: bind("c", "stop", "c"), id: "answers.stop", scope: scopeAnswers, footer: 3, danger: true, can: func(m *Model) bool { return len(m.inquiry.waiting()) > 0 && !m.inquiry.stopped },
			about: "Hang up on the hosts that have not answered; what runs there gets a SIGHUP.", do: (*Model).stopAsking},
	}
	return append(all, scrolling(scopeAnswers, "answers.", 2, " ")...)
}

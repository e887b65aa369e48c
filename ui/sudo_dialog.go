package ui

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// triedMsg says on which hosts sudo took a password.
type triedMsg struct {
	asked    int
	proposal Proposal
	secret   *rollout.Secret
	right    []string
	wrong    int // attempts before
	err      error
}

// lacks are the hosts whose sudo wants a password that is not known yet.
func (p Proposal) lacks() []string {
	var names []string
	for _, h := range p.Plan.Hosts {
		if h.Password && h.Skip == "" && p.Passwords[h.Name] == nil {
			names = append(names, h.Name)
		}
	}
	return names
}

// together are the next hosts that lack a password and are taken to have the same.
func (m *Model) together(p Proposal) []string {
	return rollout.SamePassword(p.lacks(), p.PasswordPer, m.fleet.groupOf)[0]
}

// askSudo asks for the password of sudo, which is tried out before the run
// starts. wrong is how many were wrong before.
func (m *Model) askSudo(p Proposal, wrong int) tea.Cmd {
	hosts := m.together(p)
	f := &answerField{hidden: true}
	f.refuse = (*Model).closeDialog
	f.send = func(m *Model) tea.Cmd { return m.trySudo(p, hosts, f.secret, wrong) }
	cmd := m.openField("sudo wants your password", f, func(b *brush, w int) []string {
		rows := []string{b.paint(strong, text.Truncate(strings.Join(safe(hosts), ", "), w))}
		rows = append(rows, wrap("sudo there wants your password. It is tried out now, before anything is built, and kept in memory until the run has ended.", min(w, 90))...)
		if wrong > 0 {
			rows = append(rows, "", b.paint(bad, "That was not right."))
		}
		return rows
	})
	if m.dialog != nil && m.dialog.field == f {
		m.dialog.closed = func() {
			f.secret.Wipe()
			m.withoutPassword(p)
		}
	}
	return cmd
}

// withoutPassword ends what was to be started.
func (m *Model) withoutPassword(p Proposal) {
	p.Passwords.Wipe()
	m.say(warn, "Nothing was started: sudo wants a password", "")
}

// trySudo has the password tried out where it is wanted.
func (m *Model) trySudo(p Proposal, hosts []string, secret *rollout.Secret, wrong int) tea.Cmd {
	m.dialog.closed = nil // the command has the secret now
	m.asked++
	asked, backend := m.asked, m.backend
	m.open(&dialog{title: "One moment", ink: title, body: func(*brush, int) []string { return []string{"Trying out the password…"} }})
	return m.start(func(ctx context.Context) tea.Msg {
		right, err := backend.TryPassword(ctx, p, hosts, secret)
		return triedMsg{asked, p, secret, right, wrong, err}
	})
}

// onTried goes on when all hosts have taken a password, or asks again.
func (m *Model) onTried(msg triedMsg) tea.Cmd {
	m.shut()
	if msg.err != nil || len(msg.right) == 0 {
		msg.secret.Wipe()
	}
	if msg.err != nil {
		msg.proposal.Passwords.Wipe()
		m.fail(msg.err)
		return nil
	}
	p := msg.proposal
	if p.Passwords == nil {
		p.Passwords = rollout.Passwords{}
	}
	for _, host := range msg.right {
		p.Passwords[host] = msg.secret
	}
	wrong := msg.wrong + 1
	if len(msg.right) > 0 {
		wrong = 0
	}
	switch {
	case len(p.lacks()) == 0:
		return m.launch(p)
	case wrong == rollout.PasswordTries:
		p.Passwords.Wipe()
		m.say(bad, "Nothing was started: sudo did not take the password on "+text.Line(strings.Join(m.together(p), ", ")), "Find out which it is: log in there (s) and try sudo.")
		return nil
	}
	return m.askSudo(p, wrong)
}

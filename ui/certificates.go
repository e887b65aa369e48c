package ui

import (
	"fmt"
	"os/exec"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

const scopeCertificates scope = "Certificates"

// KeysRead tells what the person's ssh agent holds.
type KeysRead struct{ Keys fleet.Keys }

// SudoForeseen tells whether sudo will work on a host.
type SudoForeseen struct {
	Host     string
	Forecast fleet.SudoForecast
}

func (KeysRead) slot() string       { return "keys" }
func (n SudoForeseen) slot() string { return "sudo on " + n.Host }

// certificateSign is how a certificate stands, with the time that is left.
func certificateSign(c fleet.Certificate, now time.Time) sign {
	left := c.Until.Sub(now)
	switch {
	case now.Before(c.From):
		return sign{"◌", ".", "not valid yet", warn}
	case c.Until.IsZero():
		return sign{"●", "+", "for ever", good}
	case left <= 0:
		return sign{"✗", "x", "expired", bad}
	case left < fleet.LapseSoon:
		return sign{"▲", "!", countdown(left), warn}
	}
	return sign{"●", "+", countdown(left), good}
}

// countdown is the time that is left: "3h12m", "9m".
func countdown(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1m"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 2*text.Day:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%dd", int(d/text.Day))
}

// headerCertificate is the time that is left of the certificate that counts;
// "" where sudo asks for none.
func (m *Model) headerCertificate() string {
	k := m.known.keys
	if k == nil {
		return ""
	}
	c, has := k.Counting()
	switch {
	case has:
		s := certificateSign(c, m.now())
		if left := c.Until.Sub(m.now()); s.ink == good && left >= 10*time.Hour && left < 2*text.Day {
			s.word = fmt.Sprintf("%dh", int(left/time.Hour)) // the header is short of room, not of time
		}
		s.word = "cert " + s.word
		return m.paint(s.ink, m.label(s))
	case k.Authority != "":
		return m.paint(bad, m.label(sign{"✗", "x", "no cert", bad}))
	}
	return ""
}

// openCertificates shows the certificates in the agent.
func (m *Model) openCertificates() tea.Cmd {
	d := &dialog{scope: scopeCertificates, title: "Certificates", ink: title}
	d.body = func(b *brush, w int) []string { return certificateRows(b, m.known.keys, m.now(), min(w, 100)) }
	d.answers = []answer{{key: "s", label: "sign for all hosts", ink: plain, do: func(m *Model) tea.Cmd { return m.signCertificate("") }}}
	if name := m.under(); name != "" {
		d.answers = append(d.answers, answer{key: "h", label: "sign for " + text.Truncate(text.Line(name), 30), ink: plain,
			do: func(m *Model) tea.Cmd { return m.signCertificate(name) }})
	}
	d.answers = append(d.answers, answer{key: "esc", label: "close", ink: plain, do: (*Model).closeDialog})
	d.chosen = len(d.answers) - 1
	return m.open(d)
}

// signCertificate has ssh-keygen sign one, on the terminal.
func (m *Model) signCertificate(host string) tea.Cmd {
	m.shut()
	program, err := m.backend.SignCertificate(host)
	return m.handOver("", "signing", program, err, anyFailure)
}

// certificateRows tell all of the certificates.
func certificateRows(b *brush, k *fleet.Keys, now time.Time, w int) []string {
	if k == nil {
		return []string{b.paint(faint, "the agent has not been asked yet")}
	}
	var rows []string
	if k.Trouble != "" {
		for _, line := range wrap(sentence(k.Trouble), w) {
			rows = append(rows, b.paint(warn, line))
		}
		rows = append(rows, wrap(sentence(k.Hint), w)...)
	}
	for _, c := range append(append([]fleet.Certificate{}, k.Certificates...), k.OnDisk...) {
		if len(rows) > 0 {
			rows = append(rows, "")
		}
		rows = append(rows, certificateBlock(b, k, c, now, w)...)
	}
	return rows
}

func certificateBlock(b *brush, k *fleet.Keys, c fleet.Certificate, now time.Time, w int) []string {
	s := certificateSign(c, now)
	name := c.KeyID
	if name == "" {
		name = "(no name)"
	}
	rows := []string{b.paint(s.ink, b.label(s)) + "  " + b.paint(strong, text.Line(name))}
	add := func(label, value string) {
		for i, line := range wrap(value, w-14) {
			if i > 0 {
				label = ""
			}
			rows = append(rows, "  "+b.paint(faint, fmt.Sprintf("%-11s", label))+line)
		}
	}
	add("principals", strings.Join(safe(c.Principals), ", "))
	add("valid", validity(c, now.Location()))
	authority := c.Authority
	if authority == k.Authority {
		authority += " (the fleet's)"
	}
	add("signed by", text.Line(authority))
	add("key", text.Line(c.Kind)+keyNote(c))
	add("permits", strings.Join(safe(c.Extensions), ", "))
	for _, o := range c.Critical {
		add("only with", text.Line(o.Name+" "+o.Value))
	}
	if c.File != "" {
		add("lies in", text.Line(c.File)+", and not in the agent, where alone sudo looks")
	}
	return rows
}

// validity is from when to when it is valid; "" for ever.
func validity(c fleet.Certificate, here *time.Location) string {
	const moment = "2006-01-02 15:04"
	from, until := c.From.In(here).Format(moment), c.Until.In(here).Format(moment)
	switch {
	case c.Until.IsZero() && c.From.IsZero():
		return ""
	case c.Until.IsZero():
		return "from " + from
	case c.From.IsZero():
		return "until " + until
	}
	return from + " to " + until
}

func keyNote(c fleet.Certificate) string {
	var notes []string
	if c.KeyHeld {
		notes = append(notes, "in the agent")
	}
	if c.Touch {
		notes = append(notes, "wants a touch")
	}
	if c.ForHosts {
		notes = append(notes, "proves a host, not a person")
	}
	if len(notes) == 0 {
		return ""
	}
	return ", " + strings.Join(notes, ", ")
}

// sudoSign is what was foretold of sudo.
func sudoSign(f fleet.SudoForecast) sign {
	switch f.Outlook {
	case fleet.SudoWillWork:
		return sign{"●", "+", "works", good}
	case fleet.SudoNeedsPassword:
		return sign{"▲", "!", "wants a password", warn}
	case fleet.SudoWillFail:
		return sign{"✗", "x", "will fail", bad}
	}
	return sign{"·", "-", "unknown", faint}
}

// sudo is what was foretold of sudo on a host, and holes in how root is guarded.
func (d *detailPage) sudo(h *host) {
	f := h.sudo
	if f.Outlook == "" {
		return
	}
	s := sudoSign(f)
	d.labelled("sudo", d.paint(s.ink, d.label(s))+d.sudoBy(f))
	if f.Outlook != fleet.SudoWillWork {
		for _, line := range wrap(sentence(f.Reason), d.w-12) {
			d.rows = append(d.rows, strings.Repeat(" ", 10)+line)
		}
		for _, line := range wrap(sentence(f.Hint), d.w-12) {
			d.rows = append(d.rows, strings.Repeat(" ", 10)+d.paint(faint, line))
		}
	}
}

// sudoBy says by what sudo lets through, and for how long.
func (d *detailPage) sudoBy(f fleet.SudoForecast) string {
	if f.Outlook != fleet.SudoWillWork {
		return ""
	}
	by := "  by " + string(f.By)
	if f.Touch {
		by += ", after a touch"
	}
	if !f.Until.IsZero() {
		by += ", for " + countdown(f.Until.Sub(d.now))
	}
	return d.paint(faint, by)
}

// risks are holes in how the host guards root.
func (d *detailPage) risks(h *host) {
	for _, r := range h.sudo.Risks {
		d.say(sign{"▲", "!", "", bad}, sentence(r.Message), sentence(r.Hint))
	}
}

func certificateActions() []action {
	return append([]action{
		{Binding: bind("s", "sign", "s"), id: "certificates.sign", scope: scopeCertificates, footer: 2,
			about: "Have ssh-keygen sign a certificate for all hosts with the fleet's authority, on this terminal.",
			do:    func(m *Model) tea.Cmd { return m.answer("s") }},
		{Binding: bind("h", "sign for host", "h"), id: "certificates.sign-host", scope: scopeCertificates, footer: 3,
			about: "The same, for the host under the cursor alone.", do: func(m *Model) tea.Cmd { return m.answer("h") }},
		{Binding: bind("enter", "choose", "enter"), id: "certificates.choose", scope: scopeCertificates,
			about: "Do what is chosen.", do: (*Model).chooseDialog},
		{Binding: bind("→ tab", "next", "right", "tab", "l"), id: "certificates.next", scope: scopeCertificates,
			about: "Choose the next answer.", do: func(m *Model) tea.Cmd { return m.moveDialog(1) }},
		{Binding: bind("←", "previous", "left", "shift+tab"), id: "certificates.previous", scope: scopeCertificates,
			about: "Choose the answer before.", do: func(m *Model) tea.Cmd { return m.moveDialog(-1) }},
		{Binding: bind("esc", "close", "esc", "q", "A"), id: "certificates.close", scope: scopeCertificates, footer: 1,
			about: "Close.", do: (*Model).closeDialog},
	}, scrolling(scopeCertificates, "certificates.", 4, " ")...)
}

// signer is what of the backend signs certificates.
type signer interface {
	// ReadKeys asks the agent now what it holds; the answer is news.
	ReadKeys()
	// SignCertificate is a program that signs a certificate for one host, or with
	// "" for all, and loads it into the agent; to be given the terminal.
	SignCertificate(host string) (*exec.Cmd, error)
}

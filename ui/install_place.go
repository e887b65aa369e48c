package ui

import (
	"fmt"
	"strings"
	"time"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
)

// installPlace is one installation: its steps, and what the one under the
// cursor says.
type installPlace struct {
	*brush
	now      func() time.Time
	w, h     int
	request  InstallRequest
	course   install.Course
	question *InstallQuestion
	asks     int // number of the question that was shown last
	err      error
	stop     func() // ends the flow; nil while it does not go on
	stopped  bool   // by the person
	since    time.Time
	at       int  // step under the cursor
	moved    bool // by the person; else the cursor follows
	top      int
	page     int
}

func (p *installPlace) scopes() []scope {
	return []scope{scopeInstall, scopeList, scopePlaces, scopeEverywhere}
}

func (p *installPlace) setSize(w, h int) { p.w, p.h = w, h }

func (p *installPlace) back() bool { return false }

func (p *installPlace) move(m motion) {
	if n := len(p.course.Steps); n > 0 {
		p.at, p.moved = m.apply(p.at, n, max(1, p.page)), true
	}
}

// point puts the cursor on the step in row y.
func (p *installPlace) point(_, y int) {
	if at := pointInList(y, 1, p.top, p.page, len(p.course.Steps)); at >= 0 {
		p.at, p.moved = at, true
	}
}

func (p *installPlace) going() bool { return p.stop != nil }

func (p *installPlace) is(host string) bool { return p.request.Host == host }

// take makes a request the one that is shown; nothing goes on.
func (p *installPlace) take(r InstallRequest) {
	p.request, p.course, p.question, p.err, p.at, p.moved = r, install.NewCourse(), nil, nil, 0, false
}

// begin notes that the flow goes on.
func (p *installPlace) begin(stop func()) {
	p.stop, p.stopped, p.err, p.question, p.moved, p.since = stop, false, nil, nil, false, p.now()
}

// ended notes that it does not any more.
func (p *installPlace) ended(err error) {
	p.stop()
	p.stop, p.err, p.question, p.course = nil, err, nil, p.course.Stopped()
}

// current is the step under the cursor.
func (p *installPlace) current() (install.StepCourse, bool) {
	if p.at < len(p.course.Steps) {
		return p.course.Steps[p.at], true
	}
	return install.StepCourse{}, false
}

// installSign is how a step stands.
func installSign(s install.StepCourse) sign {
	switch s.State {
	case install.TellDone:
		return sign{"✓", "+", "done", good}
	case install.TellBegin:
		return sign{"◐", "*", "at it", busy}
	case install.TellLeft:
		return sign{"○", "o", "yours", warn}
	case install.TellUndone:
		return sign{"↺", "<", "undone", plain}
	}
	return sign{"·", ".", "to do", faint}
}

// stepsLeast is how many steps are shown in any case.
const stepsLeast = 4

func (p *installPlace) rows() []string {
	if p.request.Host == "" {
		return exactly([]string{p.rule("install a new host", "", p.w), text.Fit("  I in Fleet (1) begins.", p.w)}, p.w, p.h)
	}
	rows := []string{p.rule("install "+text.Line(p.request.Host), p.standing(), p.w)}
	p.follow()
	n := len(p.course.Steps)
	p.page = max(stepsLeast, min(n, p.h-2-p.saidLeast()))
	p.top = window(p.top, p.at, n, p.page)
	for i := p.top; i < min(n, p.top+p.page); i++ {
		rows = append(rows, p.step(p.course.Steps[i], i == p.at))
	}
	rows = append(rows, p.said(p.h-len(rows))...)
	return exactly(rows, p.w, p.h)
}

// saidLeast is how many rows are for what was said.
func (p *installPlace) saidLeast() int {
	const few, many = 4, 8
	if p.h < 2*many+stepsLeast {
		return few
	}
	return many
}

// follow keeps the cursor on the step that is being taken, or that is next,
// until the person moves it.
func (p *installPlace) follow() {
	if p.moved {
		return
	}
	for i, s := range p.course.Steps {
		p.at = i
		if s.State == "" || s.State == install.TellBegin || s.State == install.TellUndone {
			return
		}
	}
}

// standing is what the flow is about, and what it does.
func (p *installPlace) standing() string {
	words := text.Line(p.request.Target)
	if p.going() {
		words += ", since " + p.since.In(p.now().Location()).Format("15:04")
	}
	return words
}

func (p *installPlace) step(s install.StepCourse, at bool) string {
	const widest = 34
	g, title := installSign(s), text.Fit(s.Title, min(widest, p.w/2)-1)+" "
	words := text.Line(s.Words)
	if s.State == install.TellBegin {
		words = p.progress()
	}
	head := p.shape(g) + " " + text.Fit(g.word, 7) + title
	if at {
		return p.paint(here, text.Fit(p.pointer+" "+head+words, p.w))
	}
	return text.Fit("  "+p.paint(g.ink, p.shape(g)+" "+text.Fit(g.word, 7))+title+p.paint(faint, words), p.w)
}

// progress is how far the step that is being taken has come.
func (p *installPlace) progress() string {
	c := p.course.Progress
	if c == nil {
		return ""
	}
	var words []string
	if c.BuildsExpected > 0 {
		words = append(words, fmt.Sprintf("built %d of %d", c.BuildsDone, c.BuildsExpected))
	}
	if c.CopiesExpected > 0 {
		words = append(words, fmt.Sprintf("copied %d of %d", c.CopiesDone, c.CopiesExpected))
	}
	if c.BytesExpected > 0 {
		words = append(words, size(c.BytesDone)+" of "+size(c.BytesExpected))
	}
	if len(c.Building) > 0 {
		words = append(words, text.Line(c.Building[0])+more(len(c.Building)-1))
	}
	return strings.Join(words, ", ")
}

// said is what was said of the step under the cursor, and at the end what
// holds the flow up.
func (p *installPlace) said(h int) []string {
	s, _ := p.current()
	rows := []string{p.rule(s.Title, "", p.w)}
	var lines []string
	for _, t := range p.course.Lines {
		if t.Step == s.Name {
			lines = append(lines, p.line(t)...)
		}
	}
	if words := p.progress(); words != "" && s.State == install.TellBegin {
		lines = append(lines, text.Fit("  "+p.paint(busy, words), p.w))
	}
	lines = append(lines, p.held()...)
	if len(lines) == 0 {
		for _, line := range wrap(installAbout(s.Name), p.w-4) {
			lines = append(lines, text.Fit("  "+p.paint(faint, line), p.w))
		}
	}
	return append(rows, lines[max(0, len(lines)-max(1, h-1)):]...)
}

// held is what the flow waits for, or why it has ended.
func (p *installPlace) held() (rows []string) {
	message, hint, ink := "", "", bad
	switch {
	case p.question != nil:
		message, hint, ink = p.question.Text, "Press enter to answer.", warn
	case p.err != nil && p.stopped:
		message, hint, ink = "It was stopped.", "Press enter to go on.", warn
	case p.err != nil:
		message, hint = tell(p.err)
	}
	for _, line := range wrap(sentence(message), p.w-4) {
		rows = append(rows, text.Fit("  "+p.paint(ink, line), p.w))
	}
	for _, line := range wrap(sentence(hint), p.w-4) {
		rows = append(rows, text.Fit("  "+line, p.w))
	}
	return rows
}

// line is one thing that was told, in rows.
func (p *installPlace) line(t install.Telling) (rows []string) {
	ink := plain
	switch t.Kind {
	case install.TellBegin:
		return nil
	case install.TellLog:
		return []string{text.Fit("  "+p.paint(faint, text.Truncate(text.Line(t.Text), p.w-2)), p.w)}
	case install.TellWarn:
		ink = warn
	case install.TellDone:
		ink = good
	}
	for _, line := range wrap(text.Line(t.Text), p.w-4) {
		rows = append(rows, text.Fit("  "+p.paint(ink, line), p.w))
	}
	return rows
}

// installAbout says what a step does that has said nothing yet.
func installAbout(step string) string {
	return map[string]string{
		"reach":    "Looks at the installer: platform, firmware, disks, and the space at /mnt. You partition, format and mount.",
		"hardware": "Writes what the machine tells of its hardware into a new file.",
		"flake":    "Sees what the flake lacks: the host, file systems, a key that lets you in.",
		"key":      "Makes the new host's SSH keys on the target, below /mnt, where they stay.",
		"secrets":  "Shows the public half for agenix, and waits until the secrets are rekeyed and committed.",
		"build":    "Builds the system, here or on the fleet's builders.",
		"copy":     "Copies the system into the store at /mnt.",
		"install":  "Runs nixos-install, once you say so. It goes on there even if the connection is cut.",
		"reboot":   "Restarts the machine if you like, and waits until it is up as itself.",
		"entry":    "Shows the entry for fleet.nix, and writes it if you like.",
		"known":    "Shows the line for known_hosts, and writes it if you like.",
	}[step]
}

package ui

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// historian tells what hosts were. It is part of Backend.
type historian interface {
	// Generations are those of a host's system profile.
	Generations(ctx context.Context, host string) (fleet.Generations, error)
	// Compare returns how the packages of two systems on a host differ.
	Compare(ctx context.Context, host, from, to string) ([]nixcmd.PackageChange, error)
}

// messages that answer what was asked of the past.
type (
	pastReadMsg struct {
		asked int
		past  fleet.Generations
		err   error
	}
	comparedMsg struct {
		asked   int
		title   string
		changes []nixcmd.PackageChange
		err     error
	}
)

// pastPlace is what a host could go back to: its generations, newest first.
type pastPlace struct {
	*brush
	now   func() time.Time
	w, h  int
	host  string
	past  fleet.Generations
	err   error
	reads bool // the host is being asked
	asked int
	at    int
	top   int
	page  int
	from  int // the generation that others are compared with; 0 is what runs
}

func (p *pastPlace) scopes() []scope {
	return []scope{scopePast, scopeList, scopePlaces, scopeEverywhere}
}

func (p *pastPlace) setSize(w, h int) { p.w, p.h = w, h }

func (p *pastPlace) back() bool { return false }

func (p *pastPlace) move(m motion) {
	if n := len(p.past.Generations); n > 0 {
		p.at = m.apply(p.at, n, max(1, p.page))
	}
}

// point puts the cursor on the generation in row y.
func (p *pastPlace) point(_, y int) {
	if at := pointInList(y, 2, p.top, p.page, len(p.past.Generations)); at >= 0 {
		p.at = at
	}
}

// current is the generation under the cursor.
func (p *pastPlace) current() (fleet.Generation, bool) {
	if p.at < len(p.past.Generations) {
		return p.past.Generations[p.at], true
	}
	return fleet.Generation{}, false
}

func (p *pastPlace) rows() []string {
	all := p.past.Generations
	note := "newest first"
	if p.reads {
		note = "asking"
	}
	rows := []string{p.rule(count(len(all), "generation", "generations")+" of "+text.Line(p.host), note, p.w)}
	switch {
	case p.err != nil:
		message, hint := tell(p.err)
		for _, line := range append(wrap(sentence(message), p.w-4), wrap(sentence(hint), p.w-4)...) {
			rows = append(rows, text.Fit("  "+line, p.w))
		}
		return exactly(rows, p.w, p.h)
	case len(all) == 0:
		return exactly(append(rows, text.Fit("  The host is being asked.", p.w)), p.w, p.h)
	}
	const about = 4 // rows below the list
	p.at = min(p.at, len(all)-1)
	p.page = max(1, p.h-2-about)
	p.top = window(p.top, p.at, len(all), p.page)
	rows = append(rows, p.paint(faint, text.Fit("  GEN   AGE   "+p.dated("DATE")+"KERNEL      "+text.Fit("IS", p.isWidth())+"  VERSION", p.w)))
	for i := p.top; i < min(len(all), p.top+p.page); i++ {
		rows = append(rows, p.generation(all[i], i == p.at))
	}
	for len(rows) < min(p.h-about, 2+p.page) {
		rows = append(rows, blank(p.w))
	}
	return exactly(append(rows, p.about(all[p.at])...), p.w, p.h)
}

// dated is the column of dates, where there is room for one.
func (p *pastPlace) dated(date string) string {
	const least, column = 90, 18
	if p.w < least {
		return ""
	}
	return text.Fit(date, column)
}

// isWidth is how wide the column is that says what a generation is.
func (p *pastPlace) isWidth() int {
	w := len("boot default")
	for _, g := range p.past.Generations {
		w = max(w, text.Width(strings.Join(g.Marks(), ", ")))
	}
	return w
}

func (p *pastPlace) generation(g fleet.Generation, at bool) string {
	ink := plain
	switch {
	case g.Gone:
		ink = bad
	case g.Running:
		ink = good
	case g.BootDefault:
		ink = warn
	}
	mark := " "
	if g.Number == p.from {
		mark = "*"
	}
	date := ""
	if !g.Created.IsZero() {
		date = g.Created.In(p.now().Location()).Format("2006-01-02 15:04")
	}
	head := mark + text.Fit(strconv.Itoa(g.Number), 5) + " " + text.Fit(ageOf(g.Created, p.now()), 6) + p.dated(date) + text.Fit(text.Line(g.Kernel), 12)
	is, label := text.Fit(strings.Join(g.Marks(), ", "), p.isWidth())+"  ", text.Line(g.Label)
	if at {
		return p.paint(here, text.Fit(p.pointer+head+is+label, p.w))
	}
	return text.Fit(" "+head+p.paint(ink, is)+label, p.w)
}

// about is what there is to know of the generation under the cursor.
func (p *pastPlace) about(g fleet.Generation) []string {
	facts := []string{short(text.Line(g.Revision)), storeHash(g.Path)}
	if len(g.Specialisations) > 0 {
		facts = append(facts, "specialisations: "+strings.Join(safe(g.Specialisations), " "))
	}
	rows := []string{p.rule("generation "+strconv.Itoa(g.Number), "", p.w), text.Fit("  "+strings.TrimSpace(strings.Join(facts, "  ")), p.w)}
	risks := p.past.RiskOf(g, true)
	if g.Running {
		risks = nil
	}
	for _, risk := range risks {
		for _, line := range wrap(sentence(risk), p.w-2) {
			rows = append(rows, text.Fit("  "+p.paint(warn, line), p.w))
		}
	}
	return rows
}

// openPast shows what the host could go back to.
func (m *Model) openPast() tea.Cmd {
	host := m.host.name
	if m.at == placeFleet {
		host = m.fleet.current()
	}
	if host != m.past.host {
		m.past.host, m.past.past, m.past.at, m.past.from = host, fleet.Generations{}, 0, 0
	}
	return tea.Batch(m.goTo(placePast), m.readPast())
}

// readPast asks the host for its generations.
func (m *Model) readPast() tea.Cmd {
	p := m.past
	p.reads, p.err = true, nil
	p.asked++
	asked, host, backend := p.asked, p.host, m.backend
	return m.start(func(ctx context.Context) tea.Msg {
		past, err := backend.Generations(ctx, host)
		return pastReadMsg{asked, past, err}
	})
}

func (m *Model) onPastRead(msg pastReadMsg) {
	if msg.asked == m.past.asked {
		m.past.reads, m.past.past, m.past.err = false, msg.past, msg.err
	}
}

// markPast makes the generation under the cursor the one that others are
// compared with, or no longer.
func (m *Model) markPast() tea.Cmd {
	g, _ := m.past.current()
	if m.past.from == g.Number {
		g.Number = 0
	}
	m.past.from = g.Number
	return nil
}

// comparePast shows how the generation under the cursor differs from what runs,
// or from the marked one.
func (m *Model) comparePast() tea.Cmd {
	p := m.past
	to, _ := p.current()
	from, name := p.past.Reading.Current, "what runs"
	if g, ok := p.past.Find(p.from); ok {
		from, name = g.Path, "generation "+strconv.Itoa(g.Number)
	}
	m.asked++
	asked, host, backend := m.asked, p.host, m.backend
	heading := "From " + name + " to generation " + strconv.Itoa(to.Number)
	ctx, stop := context.WithCancel(context.Background())
	m.open(&dialog{scope: scopeWaiting, title: "One moment", ink: title, body: func(b *brush, w int) []string {
		return append(wrap("Asking "+text.Line(host)+" what both systems consist of…", w), "", b.paint(faint, "esc stops it"))
	}, closed: func() { m.asked++; stop() }})
	return m.start(func(program context.Context) tea.Msg {
		unlink := context.AfterFunc(program, stop)
		defer unlink()
		changes, err := backend.Compare(ctx, host, from, to.Path)
		return comparedMsg{asked, heading, changes, err}
	})
}

func (m *Model) onCompared(msg comparedMsg) tea.Cmd {
	if msg.asked != m.asked {
		return nil // it was stopped
	}
	m.shut()
	if msg.err != nil {
		m.fail(msg.err)
		return nil
	}
	return m.open(&dialog{scope: scopeDifference, title: msg.title, ink: title, body: func(b *brush, w int) []string { return differenceRows(b, msg.changes, w) }})
}

func differenceRows(b *brush, changes []nixcmd.PackageChange, w int) []string {
	if len(changes) == 0 {
		return wrap("No package differs; what is generated for the host may.", w)
	}
	var sum int64
	for _, c := range changes {
		sum += c.Delta
	}
	rows := wrap(count(len(changes), "package differs", "packages differ")+"; in all "+nixcmd.FormatDelta(sum), w)
	rows = append(rows, "")
	for _, c := range changes {
		ink, mark := plain, "~"
		switch {
		case !c.Before:
			ink, mark = good, "+"
		case !c.After:
			ink, mark = bad, "-"
		}
		row := b.paint(ink, mark+" "+text.Line(c.Name)) + "  " + text.Line(c.Versions())
		if c.Delta != 0 {
			row += b.paint(faint, "  "+nixcmd.FormatDelta(c.Delta))
		}
		rows = append(rows, text.Truncate(row, w))
	}
	return rows
}

// goBack asks what going to the generation under the cursor would do.
func (m *Model) goBack(a nixcmd.Action) tea.Cmd {
	g, _ := m.past.current()
	return m.plan(Request{Action: a, Hosts: []string{m.past.host}, To: fleet.Point{Number: g.Number}}, "Working out what going to generation "+strconv.Itoa(g.Number)+" would do…")
}

// rebootHosts asks what restarting the hosts would do.
func (m *Model) rebootHosts() tea.Cmd {
	hosts := m.targets()
	return m.plan(Request{Action: nixcmd.Reboot, Hosts: hosts}, "Working out what restarting "+count(len(hosts), "host", "hosts")+" would do…")
}

func pastActions() []action {
	at := func(m *Model) bool { g, ok := m.past.current(); return ok && !g.Gone }
	host := func(m *Model) bool { return m.fleet.current() != "" }
	open, restart := "Show what the host could go back to: its generations, and how they differ.", "Restart the marked hosts, or this one, in waves, and wait for them; after a confirmation."
	return []action{
		{Binding: bind("h", "generations", "h"), id: "fleet.generations", scope: scopeFleet, can: host, about: open, do: (*Model).openPast},
		{Binding: bind("h", "generations", "h"), id: "host.generations", scope: scopeHost, footer: 9, about: open, do: (*Model).openPast},
		{Binding: bind("R", "reboot", "R"), id: "fleet.reboot", scope: scopeFleet, can: host, danger: true, about: restart, do: (*Model).rebootHosts},
		{Binding: bind("R", "reboot", "R"), id: "host.reboot", scope: scopeHost, footer: 10, danger: true, about: restart, do: (*Model).rebootHosts},
		{Binding: bind("enter", "compare", "enter"), id: "past.compare", scope: scopePast, footer: 1, can: at,
			about: "Show which packages differ from what runs, or from the marked generation.", do: (*Model).comparePast},
		{Binding: bind("space", "mark", " "), id: "past.mark", scope: scopePast, footer: 5, can: at,
			about: "Mark the generation that others are compared with, or take the mark away.", do: (*Model).markPast},
		{Binding: bind("a", "activate", "a"), id: "past.activate", scope: scopePast, footer: 4, can: at, danger: true,
			about: "Go to this generation now, after a confirmation.", do: func(m *Model) tea.Cmd { return m.goBack(nixcmd.Switch) }},
		{Binding: bind("b", "at boot", "b"), id: "past.boot", scope: scopePast, footer: 6, can: at, danger: true,
			about: "Make this generation what the host boots next, after a confirmation.", do: func(m *Model) tea.Cmd { return m.goBack(nixcmd.Boot) }},
		{Binding: bind("r", "read again", "r"), id: "past.refresh", scope: scopePast, footer: 7,
			about: "Ask the host again.", do: (*Model).readPast},
		{Binding: bind("esc", "close", "esc", "q", "enter"), id: "difference.close", scope: scopeDifference, footer: 1,
			about: "Close.", do: (*Model).closeDialog},
		{Binding: bind("↓ j", "scroll", "down", "j", "pgdown", " ", "ctrl+d"), id: "difference.down", scope: scopeDifference, footer: 2,
			about: "Scroll down.", do: func(m *Model) tea.Cmd { return m.scrollDialog(1) }},
		{Binding: bind("↑ k", "scroll up", "up", "k", "pgup", "ctrl+u"), id: "difference.up", scope: scopeDifference,
			about: "Scroll up.", do: func(m *Model) tea.Cmd { return m.scrollDialog(-1) }},
	}
}

package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// historian tells what hosts were, and changes what is kept of it. It is part
// of Backend.
type historian interface {
	// Generations are those of a host's system profile.
	Generations(ctx context.Context, host string) (fleet.Generations, error)
	// Compare returns how the packages of two systems differ, which are given by
	// words as the command `diff` takes them: "41", "running", "wanted", "web2:running".
	Compare(ctx context.Context, host, from, to string) ([]nixcmd.PackageChange, error)
	// Sizes estimates what each generation alone holds, by the path of its system.
	Sizes(ctx context.Context, host string, g fleet.Generations) (map[string]int64, error)
	// Pin keeps a generation of a host from being collected, or lets go of it.
	// The error is ErrWantsPassword where sudo wants a password, or another than
	// this one, which is nil at first and stays the caller's.
	Pin(ctx context.Context, host string, number int, unpin bool, password *rollout.Secret) error
}

// ErrWantsPassword says that sudo on a host wants a password of the login user,
// or another than it was given.
var ErrWantsPassword = errors.New("sudo there wants your password")

// pastReadMsg is what a host said of its generations.
type pastReadMsg struct {
	asked int
	past  fleet.Generations
	err   error
}

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
	marks map[int]bool     // by number
	sizes map[string]int64 // what each system alone holds; nil when nobody has asked
}

func (p *pastPlace) scopes() []scope {
	return []scope{scopePast, scopeList, scopePlaces, scopeEverywhere}
}

func (p *pastPlace) setSize(w, h int) { p.w, p.h = w, h }

// back takes the marks away.
func (p *pastPlace) back() bool {
	marked := len(p.marks) > 0
	clear(p.marks)
	return marked
}

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
	switch {
	case p.reads:
		note = "asking"
	case len(p.marks) > 0:
		note = fmt.Sprintf("%d marked", len(p.marks))
	}
	heading := count(len(all), "generation", "generations")
	if len(all) == 0 {
		heading, note = "generations", "" // nobody knows how many there are
	}
	rows := []string{p.rule(heading+" of "+text.Line(p.host), note, p.w)}
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
	rows = append(rows, p.paint(faint, text.Fit("   GEN   AGE   "+p.dated("DATE")+text.Fit("KERNEL", p.kernelWidth())+p.alone("ALONE")+text.Fit("IS", p.isWidth())+"  VERSION", p.w)))
	for i := p.top; i < min(len(all), p.top+p.page); i++ {
		rows = append(rows, p.generation(all[i], i == p.at))
	}
	for len(rows) < min(p.h-about, 2+p.page) {
		rows = append(rows, blank(p.w))
	}
	return exactly(append(rows, p.about(all[p.at])...), p.w, p.h)
}

// kernelMost is how wide kernels may become.
const kernelMost = 18

// dated is the column of dates, where there is room for one.
func (p *pastPlace) dated(date string) string {
	const least, column = 90, 18
	if p.w < least {
		return ""
	}
	return text.Fit(date, column)
}

// alone is the column of what generations alone hold, once that is known.
func (p *pastPlace) alone(size string) string {
	const column = 10
	if p.sizes == nil {
		return ""
	}
	return strings.Repeat(" ", max(0, column-text.Width(size))) + size + "  "
}

// sizeOf is what the generation alone holds, as far as that is known.
func (p *pastPlace) sizeOf(g fleet.Generation) string {
	if size, known := p.sizes[g.Path]; known && !g.Gone {
		return nixcmd.FormatBytes(size)
	}
	return ""
}

// kernelWidth is how wide the column of kernels is, with the room after it. The
// sizes after it stand at the right of theirs.
func (p *pastPlace) kernelWidth() int {
	w := len("KERNEL")
	for _, g := range p.past.Generations {
		w = max(w, text.Width(text.Line(g.Kernel)))
	}
	return min(w, kernelMost) + 2
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
	if p.marks[g.Number] {
		mark = p.diamond
	}
	date := ""
	if !g.Created.IsZero() {
		date = g.Created.In(p.now().Location()).Format("2006-01-02 15:04")
	}
	head := mark + " " + text.Fit(strconv.Itoa(g.Number), 5) + " " + text.Fit(ageOf(g.Created, p.now()), 6) + p.dated(date) + text.Fit(text.Line(g.Kernel), p.kernelWidth()) + p.alone(p.sizeOf(g))
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
	var risks []string
	if !g.Running {
		risks = p.past.RiskOf(g, true)
	}
	if p.past.Collecting {
		risks = append(risks, "a collection of its garbage was begun and has not come to its end: D or B and c go on with it")
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
		m.past.host, m.past.past, m.past.at, m.past.marks, m.past.sizes = host, fleet.Generations{}, 0, map[int]bool{}, nil
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
		maps.DeleteFunc(m.past.marks, func(number int, _ bool) bool { _, there := msg.past.Find(number); return !there })
	}
}

// goBack asks what going to the generation under the cursor would do.
func (m *Model) goBack(a nixcmd.Action) tea.Cmd {
	g, _ := m.past.current()
	return m.plan(Request{Action: a, Hosts: []string{m.past.host}, To: fleet.Point{Number: g.Number}}, "Working out what going to generation "+strconv.Itoa(g.Number)+" would do…")
}

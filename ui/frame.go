package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// The rows around a place.
const (
	headerRows = 2
	footerRows = 1
)

// between is the cells from..to of a row; a wide character that is cut becomes a space.
func between(s string, from, to int) string {
	if to <= from {
		return ""
	}
	return text.Fit(ansi.Cut(s, from, to), to-from)
}

// draw returns the whole screen.
func (m *Model) draw() string {
	if m.ascii {
		return onlyASCII(m.compose())
	}
	return m.compose()
}

// onlyASCII replaces what an ASCII terminal cannot show, cell by cell: what is
// ours has been spelled in ASCII already, but for the ellipsis.
func onlyASCII(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r == '…':
			b.WriteByte('~')
		case r == '×':
			b.WriteByte('x')
		default:
			b.WriteString(strings.Repeat("?", text.Width(string(r))))
		}
	}
	return b.String()
}

func (m *Model) compose() string {
	if m.w == 0 || m.h == 0 {
		return ""
	}
	if m.tooSmall() {
		return m.drawTooSmall()
	}
	rows := make([]string, 0, m.h)
	rows = append(rows, m.header()...)
	rows = append(rows, m.place().rows()...)
	rows = append(rows, m.footer())
	said := m.foot(rows)
	if m.dialog != nil {
		if !m.besides() {
			said = 0
		}
		free := m.h - footerRows - said
		box := m.dialog.draw(m.brush, m.w, free-1-boolInt(said > 0), m.now())
		// Where nothing stands below it, the middle is that of the whole screen.
		behind := rows[:free+footerRows*boolInt(said == 0)]
		copy(rows, m.over(behind, box, m.w))
		rows[len(rows)-1] = m.footer()
	}
	return strings.Join(rows, "\n")
}

func (m *Model) drawTooSmall() string {
	rows := make([]string, m.h)
	notice := wrap(fmt.Sprintf("need %d×%d, have %d×%d", minWidth, minHeight, m.w, m.h), m.w)
	notice = append(notice, wrap("q quits, runs go on", m.w)...)
	for i := range rows {
		rows[i] = blank(m.w)
	}
	for i, line := range notice {
		if i < m.h {
			rows[i] = text.Fit(line, m.w)
		}
	}
	return strings.Join(rows, "\n")
}

// footer names the keys that matter here.
func (m *Model) footer() string {
	if m.prompt != nil {
		return m.prompt.draw(m.brush, m.w)
	}
	var segments []segment
	for _, s := range m.scopes() {
		for i := range m.keys.actions {
			a := &m.keys.actions[i]
			if a.scope == s && a.footer > 0 && (a.can == nil || a.can(m)) && (a.shows == nil || a.shows(m)) {
				segments = append(segments, m.footerKey(a))
			}
		}
	}
	return row(segments, "  ", m.w)
}

func (m *Model) footerKey(a *action) segment {
	h := a.Help()
	key := h.Key
	if m.ascii {
		key = asciiKey(key)
	}
	return segment{" " + m.paint(keyInk, key) + " " + h.Desc, a.footer}
}

// asciiKey spells the arrows.
func asciiKey(s string) string {
	return strings.NewReplacer("↑", "up", "↓", "down").Replace(s)
}

// header answers whether everything is well.
func (m *Model) header() []string {
	return []string{m.headerPlaces(), m.headerCounts()}
}

func (m *Model) headerPlaces() string {
	left := m.paint(title, " nixfleet ") + " "
	digits := !slices.Contains(m.place().scopes(), scopePanes) // there they choose panes
	for i, name := range []string{"Fleet", "Builders", "Run", "Runs"} {
		label := fmt.Sprintf(" %d %s ", i+1, name)
		if !digits {
			left += "  "
			label = " " + name + " "
		}
		switch {
		case int(m.at) == i || m.at >= placeHost && i == 0:
			left += m.paint(here, label)
		default:
			left += m.paint(faint, label)
		}
	}
	clock := m.now().Format("15:04 ")
	running := m.headerRunning()
	name := m.paint(faint, m.known.name())
	words := []segment{{clock, 2}}
	for _, s := range []segment{{m.headerCertificate(), 1}, {running, 1}, {name, 3}} {
		if s.text != "" {
			words = append([]segment{s}, words...)
		}
	}
	return ends(left, join(words, "  ", m.w-text.Width(left)-1), m.w)
}

// shownRun is the run that goes on, if there is one; the one that is open first.
func (m *Model) shownRun() (v rollout.View, goesOn bool) {
	if m.run.going() {
		return m.run.view, true
	}
	if alive := m.known.running(); len(alive) > 0 {
		return alive[0], true
	}
	return v, false
}

// judged is how many tasks of a run have ended.
func judged(v rollout.View) (n int) {
	for _, t := range v.Tasks {
		n += boolInt(t.Verdict != nil)
	}
	return n
}

// headerRunning tells of the run that goes on.
func (m *Model) headerRunning() string {
	v, goesOn := m.shownRun()
	if !goesOn {
		return ""
	}
	s := sign{"◐", "*", fmt.Sprintf("%s %d/%d", text.Line(v.Plan.Called()), judged(v), len(v.Tasks)), busy}
	return m.paint(busy, m.label(s))
}

package ui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// dialogMargin is what is left of the screen around a dialog.
const (
	dialogMargin = 4
	dialogWidest = 110
)

// dialog is a box over the screen that takes all keys. Its answers are told
// apart by their keys; the first one is chosen to begin with.
type dialog struct {
	scope   scope
	title   string
	ink     ink                            // of the border and the title
	body    func(b *brush, w int) []string // rows of any width up to w
	answers []answer
	upright bool // answers stand below each other, as a menu
	chosen  int
	scroll  int
	inner   int          // height of the body when last drawn
	closed  func()       // called once when it closes, however that happens
	under   *dialog      // comes back when this one closes; or nil
	field   *answerField // takes the keys that are no action; or nil
	follow  func(*Model) // brings what is asked to where things stand now, or closes it; or nil

	deafUntil time.Time // zero: hears at once
	heard     string    // the last key that was not acted on
}

// answer is one way to close a dialog.
type answer struct {
	key, label string
	about      string // in menus
	ink        ink
	do         func(*Model) tea.Cmd
}

// deaf says whether the key is to be passed over: the dialog has only just
// appeared, or the key is one that was already held down when it did.
func (d *dialog) deaf(name string, now time.Time) bool {
	if name == "esc" || !now.Before(d.deafUntil) {
		return false // closing does no harm
	}
	if name == d.heard {
		d.deafUntil = now.Add(deafFor)
	}
	d.heard = name
	return true
}

// open shows d. A question is deaf at first, since it may come up under a key
// that was meant for something else.
func (m *Model) open(d *dialog) tea.Cmd {
	m.shutAll()
	m.dialog = d
	switch d.scope {
	case scopeConfirm, scopeCancel, scopeAsk, scopeQuit, scopeAnswer:
		d.deafUntil = m.now().Add(deafFor)
		return m.after(deafFor, armedMsg{})
	}
	return nil
}

// waits says whether it only tells that something is worked out.
func (d *dialog) waits() bool { return d != nil && d.scope == scopeWaiting }

// shut closes the dialog, if one is open.
func (m *Model) shut() {
	d := m.dialog
	if d == nil {
		return
	}
	m.dialog, m.prompt = d.under, nil // a prompt over a dialog is part of it
	if d.closed != nil {
		d.closed()
	}
}

// shutAll closes the dialog and what it lies over.
func (m *Model) shutAll() {
	for m.dialog != nil {
		m.shut()
	}
}

func (m *Model) closeDialog() tea.Cmd {
	m.shut()
	return nil
}

func (m *Model) moveDialog(by int) tea.Cmd {
	d := m.dialog
	if n := len(d.answers); n > 0 {
		d.chosen = (d.chosen + by + n) % n
	}
	return nil
}

// chooseDialog takes the chosen answer.
func (m *Model) chooseDialog() tea.Cmd {
	if d := m.dialog; len(d.answers) > 0 {
		return m.answer(d.answers[d.chosen].key)
	}
	return nil
}

// answer takes the answer that has the key; one that the dialog does not offer is passed over.
func (m *Model) answer(name string) tea.Cmd {
	for _, a := range m.dialog.answers {
		if a.key == name {
			return a.do(m)
		}
	}
	return nil
}

// draw returns the box, at most w by h.
func (d *dialog) draw(b *brush, w, h int, now time.Time) []string {
	inner := min(w-dialogMargin, dialogWidest) - 4
	body := d.body(b, inner)
	foot := d.foot(b, inner, now)
	if d.upright && len(body)+1+len(foot) > h-2 {
		foot = d.flow(b, inner)
	}
	inner = d.fitted(append(append([]string(nil), body...), foot...), inner)
	d.inner = min(len(body), max(1, h-2-len(foot)-boolInt(len(foot) > 0)))
	d.scroll = max(0, min(d.scroll, len(body)-d.inner))
	below := len(body) - d.inner - d.scroll
	content := append([]string(nil), body[d.scroll:d.scroll+d.inner]...)
	if len(foot) > 0 {
		content = append(append(content, ""), foot...)
	}
	return b.box(d.title, d.beyond(b, below), content, inner+4, d.ink)
}

// beyond says how many lines are above and below those that are seen.
func (d *dialog) beyond(b *brush, below int) string {
	var parts []string
	if d.scroll > 0 {
		parts = append(parts, fmt.Sprintf("%s %d", b.up, d.scroll))
	}
	if below > 0 {
		parts = append(parts, fmt.Sprintf("%s %d", b.down, below))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "  ") + " more"
}

// fitted is the width that the content needs, up to w.
func (d *dialog) fitted(rows []string, w int) int {
	need := text.Width(d.title) + 4
	for _, r := range rows {
		need = max(need, text.Width(r))
	}
	return min(need, w)
}

// foot is the answers.
func (d *dialog) foot(b *brush, w int, now time.Time) []string {
	if d.upright {
		rows := make([]string, len(d.answers))
		for i, a := range d.answers {
			rows[i] = d.menuRow(b, a, i == d.chosen, w)
		}
		return rows
	}
	waits := now.Before(d.deafUntil)
	var words []string
	for i, a := range d.answers {
		label := " " + a.key + " " + a.label + " "
		switch {
		case waits:
			words = append(words, b.paint(faint, " "+label+" "))
		case i == d.chosen:
			words = append(words, b.paint(strong, b.pointer)+b.paint(here, label)+" ")
		default:
			words = append(words, b.paint(a.ink, " "+label+" "))
		}
	}
	if len(words) == 0 {
		return nil
	}
	if line := strings.Join(words, " "); text.Width(line) <= w {
		return []string{line}
	}
	return words
}

// flow is a menu's answers one after the other, where there is no room for all
// that there is to say about them.
func (d *dialog) flow(b *brush, w int) []string {
	var rows []string
	line := ""
	for i, a := range d.answers {
		words := "  " + b.paint(keyInk, a.key) + " " + a.label + " "
		if i == d.chosen {
			words = b.pointer + b.paint(here, " "+a.key+" "+a.label+" ")
		}
		if line != "" && text.Width(line)+text.Width(words) > w {
			rows, line = append(rows, line), ""
		}
		line += words
	}
	return append(rows, line)
}

func (d *dialog) menuRow(b *brush, a answer, chosen bool, w int) string {
	if chosen {
		return b.paint(here, text.Fit(fmt.Sprintf("%s %s  %-13s %s ", b.pointer, a.key, a.label, a.about), min(w, 64)))
	}
	return "  " + b.paint(keyInk, a.key) + fmt.Sprintf("  %-13s ", a.label) + b.paint(faint, a.about)
}

// box draws a border around rows: w cells wide, with a title above and a note below.
func (b *brush) box(heading, note string, rows []string, w int, i ink) []string {
	inner := w - 4
	out := make([]string, 0, len(rows)+2)
	heading = " " + text.Truncate(heading, max(0, w-6)) + " "
	line := strings.Repeat(b.horizontal, max(0, w-3-text.Width(heading)))
	out = append(out, b.paint(i, b.topLeft+b.horizontal)+b.paint(strong, heading)+b.paint(i, line+b.topRight))
	side := b.paint(i, b.vertical)
	for _, r := range rows {
		out = append(out, side+" "+text.Fit(r, inner)+" "+side)
	}
	if note != "" {
		note = " " + note + " "
	}
	line = strings.Repeat(b.horizontal, max(0, w-3-text.Width(note)))
	return append(out, b.paint(i, b.bottomLeft+line+note+b.horizontal+b.bottomRight))
}

// over lays a box in the middle of rows. What is behind becomes faint.
func (b *brush) over(rows, box []string, w int) []string {
	if len(box) == 0 {
		return rows
	}
	width := text.Width(box[0])
	x, y := max(0, (w-width)/2), max(0, (len(rows)-len(box))/2)
	out := make([]string, len(rows))
	for i, r := range rows {
		behind := text.Line(r)
		if i < y || i >= y+len(box) {
			out[i] = b.paint(faint, behind)
			continue
		}
		out[i] = b.paint(faint, between(behind, 0, x)) + box[i-y] + b.paint(faint, between(behind, x+width, w))
	}
	return out
}

package ui

import (
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

const clockForm = "15:04:05"

// notice is a sentence above the footer. What comes by itself, or tells of a
// failure, stays until it can have been read: a key that was meant for
// something else does not take it away, and one that is covered by a newer one
// comes back after it.
type notice struct {
	message, hint string
	ink           ink
	said          time.Time
	shown         time.Time // when it came up
	matters       bool      // it is to be read
	over          *dialog   // that was open when it was said: it is about that, and is not covered by it
}

// notices are what was said: the one on screen and those that wait for it, and
// all of them once more to be read later.
type notices struct {
	queue []notice // the first is on screen
	told  []notice // the newest last
}

// current is the notice on screen, or nil.
func (s *notices) current() *notice {
	if len(s.queue) == 0 {
		return nil
	}
	return &s.queue[0]
}

// add takes a notice. What is still to be read is not said twice, and what
// does not matter gives way to any other.
func (s *notices) add(n notice) {
	if slices.ContainsFunc(s.queue, func(o notice) bool { return o.message == n.message && o.hint == n.hint }) {
		return
	}
	s.told = append(s.told, n)
	s.told = s.told[max(0, len(s.told)-messagesMost):]
	s.queue = slices.DeleteFunc(s.queue, func(o notice) bool { return !o.matters })
	if n.matters {
		s.queue = slices.Insert(s.queue, 0, n)
	} else {
		s.queue = append(s.queue, n)
	}
	s.queue = s.queue[:min(len(s.queue), waitingMost)]
}

// pressed is told of each key. It says whether the key was only about the
// notice: esc puts it away, and nothing else.
func (s *notices) pressed(name string, now time.Time) (swallowed bool) {
	n := s.current()
	if n == nil {
		return false
	}
	if name == "esc" || !n.matters || now.Sub(n.shown) >= readFor {
		s.queue = s.queue[1:]
		if next := s.current(); next != nil {
			next.shown = now
		}
	}
	return name == "esc" && n.matters
}

// say answers a key with a sentence and a hint above the footer.
func (m *Model) say(i ink, message, hint string) { m.notify(i, message, hint, false) }

// announce shows what nobody asked for.
func (m *Model) announce(i ink, message, hint string) { m.notify(i, message, hint, true) }

// fail shows an error.
func (m *Model) fail(err error) {
	message, hint := tell(err)
	m.notify(bad, message, hint, true)
}

func (m *Model) notify(i ink, message, hint string, matters bool) {
	now := m.now()
	m.add(notice{message: sentence(message), hint: sentence(text.AsCalled(m.self, hint)), ink: i, said: now, shown: now, matters: matters, over: m.dialog})
}

// besides says whether a notice stands below the dialog, and not under it.
func (m *Model) besides() bool {
	n := m.current()
	return n != nil && m.dialog != nil && n.over == m.dialog
}

// drawNotice lays a notice over the last rows of the place, and says how many.
func (m *Model) drawNotice(rows []string, n notice) int {
	lines, hint := m.noticeLines(n, (len(rows)-headerRows-footerRows)/2)
	at := len(rows) - footerRows - len(lines) - len(hint)
	for i, line := range append(lines, hint...) {
		edge, body := m.paint(n.ink, " ! "), m.paint(strong, text.Fit(line, m.w-3))
		if i == 0 && len(m.queue) > 1 {
			body = ends(body, m.paint(faint, fmt.Sprintf(" %d more ", len(m.queue)-1)), m.w-3)
		}
		if i > 0 {
			edge = blank(3)
		}
		if i >= len(lines) {
			body = text.Fit(line, m.w-3)
		}
		rows[at+i] = edge + body
	}
	return len(lines) + len(hint)
}

// noticeLines are a notice's sentence and its hint in at most so many lines, of
// which the hint gets what the sentence leaves, and one at least.
func (m *Model) noticeLines(n notice, most int) (lines, hint []string) {
	const rest = " … M shows all"
	lines, hint = wrap(n.message, m.w-4), wrap(n.hint, m.w-4)
	cut := func(all []string, most int) []string {
		if len(all) <= most {
			return all
		}
		return append(all[:most-1:most-1], text.Truncate(all[most-1], m.w-4-text.Width(rest))+rest)
	}
	lines = cut(lines, max(1, most-min(1, len(hint))))
	return lines, cut(hint, max(1, most-len(lines)))
}

// openMessages shows what was said so far, the newest first.
func (m *Model) openMessages() tea.Cmd {
	return m.open(&dialog{scope: scopeHelp, title: "Messages", ink: title, body: m.messageRows})
}

func (m *Model) messageRows(b *brush, w int) []string {
	if len(m.told) == 0 {
		return []string{"Nothing was said yet."}
	}
	var rows []string
	for i := range m.told {
		n := m.told[len(m.told)-1-i]
		stamp := n.said.Format(clockForm) + " "
		for _, line := range wrap(n.message, w-len(stamp)) {
			rows = append(rows, b.paint(faint, stamp)+b.paint(n.ink, line))
			stamp = blank(len(stamp))
		}
		for _, line := range wrap(n.hint, w-len(stamp)) {
			rows = append(rows, blank(len(stamp))+line)
		}
	}
	return rows
}

package ui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// sideways is how many columns a log moves at a time.
const sideways = 20

// pane shows one task: its border tells how it stands, its inside a part of
// its log. The rows inside were fitted by the command that read them.
type pane struct {
	host string
	log  Log
	task rollout.TaskView

	restarts bool // the run is a reboot

	w, h   int // of the inside
	follow bool
	top    int // number of the first line when not following
	left   int // columns that are off to the left
	wrap   bool
	timed  bool   // lines are shown with when they came
	query  string // what is searched for, to be shown in reverse
	hit    int    // the line that was found, -1 for none

	shows view // what rows are of
	rows  []string
	total int // lines that there are
	seen  int // lines that there were when following ended
	err   error
}

// view says which part of a log is wanted, and how. Two equal views of a log
// that did not change have equal rows.
type view struct {
	w, h, top, left int
	follow, wrap    bool
	timed, only     bool
	query           string
	hit             int
}

func newPane(host string, log Log) *pane {
	return &pane{host: host, log: log, follow: true, hit: -1}
}

// wants is the view that the pane should have.
func (p *pane) wants() view {
	return view{p.w, p.h, p.top, p.left, p.follow, p.wrap, p.timed, p.only(), p.query, p.hit}
}

func (p *pane) setSize(w, h int) { p.w, p.h = max(1, w), max(1, h) }

// move scrolls. Moving up ends following; moving to the end begins it again.
func (p *pane) move(m motion) {
	last := max(0, p.total-p.h)
	if p.follow {
		if m == moveDown || m == moveBottom || m == moveHalfDown || m == movePageDown {
			return
		}
		p.stay(last)
	}
	if m == moveBottom {
		p.follow = true
		return
	}
	p.top = m.apply(p.top, last+1, p.h)
	if p.top >= last && m != moveUp && m != moveTop && m != moveHalfUp && m != movePageUp {
		p.follow = true
	}
}

// stay ends following with line top at the top.
func (p *pane) stay(top int) {
	p.follow, p.top, p.seen = false, max(0, top), p.total
}

func (p *pane) toggleFollow() {
	if p.follow {
		p.stay(p.total - p.h)
	} else {
		p.follow = true
	}
}

// show brings a line that was found into the middle.
func (p *pane) show(line int) {
	p.stay(line - p.h/2)
	p.top = min(p.top, max(0, p.total-p.h))
	p.hit = line
}

// take accepts rows that were read for the view v.
func (p *pane) take(g glimpse) {
	p.total, p.err = g.total, g.err
	switch {
	case g.err != nil:
		p.shows, p.rows = g.view, nil
	case !g.same:
		p.shows, p.rows = g.view, g.rows
	}
}

// sign is how the task stands. What a reboot does to a host is no activation.
func (p *pane) sign() sign {
	s := taskSign(p.task)
	if p.restarts && p.task.Verdict == nil && p.task.Phase == nixcmd.PhaseActivating {
		s.word = "restarting"
	}
	return s
}

// above is the upper border: which host, how far, how long.
func (p *pane) above(b *brush, number string, focused, marked bool, now time.Time) string {
	s := p.sign()
	i := p.border(focused)
	name := " " + number
	if marked {
		name += b.diamond + " "
	}
	name += text.Truncate(text.Line(p.host), max(6, p.w/3)) + " "
	head := b.paint(strong, name)
	if focused {
		head = b.paint(here, name)
	}
	clock := span(p.task.Started, p.task.Ended, now)
	if clock != "" {
		clock = " " + clock + " "
	}
	left := leftWords(p.task)
	status := " " + b.paint(s.ink, b.label(s)) + " "
	if p.task.Verdict == nil {
		status += b.progressIn(p.task, p.w-2-text.Width(head)-text.Width(status)-len(clock))
	}
	room := p.w - 2 - text.Width(head) - text.Width(status) - text.Width(clock)
	if left != "" && room > len(left) {
		clock, room = clock+left+" ", room-len(left)-1
	}
	if room < 0 {
		clock, room = "", room+len(clock)
	}
	if room < 0 {
		return b.paint(i, b.topLeft) + text.Fit(head+status, p.w) + b.paint(i, b.topRight)
	}
	return b.paint(i, b.topLeft+b.horizontal) + head + status +
		b.paint(i, strings.Repeat(b.horizontal, room)) + clock + b.paint(i, b.horizontal+b.topRight)
}

// rank is where the pane stands among others: the lowest come first.
func (p *pane) rank() int { return taskRank(p.task) }

// The ranks of tasks, by how much they want a person.
const (
	rankFailed  = iota
	rankUneasy  // it ended, and not quite well
	rankOther   // it goes on, or went well
	rankSkipped // it has no log
)

func taskRank(t rollout.TaskView) int {
	switch {
	case t.Verdict == nil:
		return rankOther
	case t.Verdict.Outcome == rollout.OutcomeSkipped:
		return rankSkipped
	}
	switch taskSign(t).ink {
	case bad:
		return rankFailed
	case warn:
		return rankUneasy
	}
	return rankOther
}

func (p *pane) skipped() bool { return p.rank() == rankSkipped }

// failed says whether the task wants a person now.
func (p *pane) failed() bool { return p.rank() == rankFailed }

// border is the colour of the border: a pane that failed is seen from afar.
func (p *pane) border(focused bool) ink {
	switch {
	case p.failed():
		return bad
	case p.task.Verdict != nil && taskSign(p.task).ink == warn:
		return warn
	case focused:
		return title
	}
	return faint
}

// below is the lower border: why it ended so, and where in the log this is.
func (p *pane) below(b *brush, focused bool) string {
	i := p.border(focused)
	where := p.where(b)
	if p.only() {
		where = " only matches" + cmp.Or(where, " ")
	}
	why := ""
	if v := p.task.Verdict; v != nil {
		why = v.Reason
	} else if p.task.Reason != "" {
		why = p.task.Reason
	}
	if why != "" {
		why = " " + text.Truncate(text.Line(why), max(0, p.w-6-text.Width(where))) + " "
	}
	room := max(0, p.w-2-text.Width(why)-text.Width(where))
	ink := faint
	if p.task.Verdict != nil {
		ink = taskSign(p.task).ink
	}
	row := b.paint(i, b.horizontal) + b.paint(ink, why) + b.paint(i, strings.Repeat(b.horizontal, room)) +
		b.paint(faint, where) + b.paint(i, b.horizontal)
	return b.paint(i, b.bottomLeft) + text.Fit(row, p.w) + b.paint(i, b.bottomRight)
}

// where says which part of the log is shown.
func (p *pane) where(b *brush) string {
	switch {
	case p.err != nil:
		return " log unreadable "
	case p.total == 0:
		return ""
	case p.follow && p.task.Verdict != nil:
		return ""
	case p.follow:
		return fmt.Sprintf(" %s following ", lines(p.total))
	case p.total > p.seen && p.task.Verdict == nil:
		return fmt.Sprintf(" line %d of %d %s %d new ", p.top+1, p.total, b.bullet, p.total-p.seen)
	}
	return fmt.Sprintf(" line %d of %d ", p.top+1, p.total)
}

func lines(n int) string { return count(n, "line,", "lines,") }

// inside is row y of the log.
func (p *pane) inside(b *brush, y int) string {
	if y < len(p.rows) && p.shows.w == p.w {
		return p.rows[y]
	}
	if y < len(p.rows) {
		return text.Fit(p.rows[y], p.w) // for the moment, until it has been read anew
	}
	if p.total == 0 {
		if why := wrap(p.quiet(), p.w); y < len(why) {
			return b.paint(faint, text.Fit(why[y], p.w))
		}
	}
	return blank(p.w)
}

// quiet says why there is no log.
func (p *pane) quiet() string {
	switch {
	case p.err != nil:
		return "its log cannot be read: " + text.Line(p.err.Error())
	case p.only():
		return "no line matches"
	case p.task.Verdict != nil && p.task.PID != 0:
		return "its log is empty or missing"
	case p.task.Verdict != nil:
		return "nothing was started"
	case p.task.Reason != "":
		return text.Line(p.task.Reason)
	case p.task.Started.IsZero():
		return "waiting for its turn"
	}
	return "nothing printed yet"
}

// barWidth is the length of a progress bar.
const barWidth = 10

// progressIn is the progress as it fits into w cells: with a bar, in figures, or not at all.
func (b *brush) progressIn(t rollout.TaskView, w int) string {
	for _, bar := range []int{barWidth, 0} {
		if s := strings.TrimPrefix(b.progress(t, bar), " "); s != "" && text.Width(s) < w {
			return s + " "
		}
	}
	return ""
}

// progress is what is done and expected, as a bar and in figures.
func (b *brush) progress(t rollout.TaskView, w int) string {
	p := t.Progress
	done, expected, unit := p.BuildsDone, p.BuildsExpected, ""
	if expected == 0 {
		done, expected, unit = p.CopiesDone, p.CopiesExpected, " paths"
	}
	if expected <= 0 {
		return ""
	}
	full := max(0, min(w, done*w/expected))
	return b.paint(busy, strings.Repeat(b.barFull, full)) + b.paint(faint, strings.Repeat(b.barEmpty, w-full)) +
		fmt.Sprintf(" %d/%d%s", done, expected, unit)
}

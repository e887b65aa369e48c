package cli

import (
	"fmt"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// liveDisplay keeps one row for each host on the terminal and updates it in place.
type liveDisplay struct {
	block block
	self  string
	now   func() time.Time
}

func (d *liveDisplay) update(events []rollout.Event, v rollout.View) error {
	for _, e := range events {
		if e.Event == rollout.EventCancel && e.Host != "" && e.Reason != "" {
			if err := d.note(e.Host + ": " + sentence(e.Reason)); err != nil {
				return err
			}
		}
	}
	return d.block.draw(d.lines(v))
}

func (d *liveDisplay) tails() bool { return false }

func (d *liveDisplay) note(words string) error {
	width, _ := d.block.io.Size()
	return d.block.say(strings.Join(hang("", text.Line(words), width), "\n"))
}

// finish takes the rows away: the summary says the same and more.
func (d *liveDisplay) finish(v rollout.View) error {
	if err := d.block.draw(nil); err != nil {
		return err
	}
	return writeSummary(d.block.io, d.self, v)
}

// liveRow is a row in words and colour.
type liveRow struct {
	host  string
	mark  mark
	words string
}

const spareLines = 3 // of the terminal's, kept free below the rows

// lines are the tasks that fit the screen, and a last line about all of them.
func (d *liveDisplay) lines(v rollout.View) []string {
	width, height := d.block.io.Size()
	tasks := foremost(v.Tasks, max(1, height-spareLines))
	var rows []liveRow
	for _, t := range tasks {
		rows = append(rows, taskRow(t, d.now()))
	}
	lines := d.fit(rows, width)
	total := totalWords(v, d.now())
	if hidden := len(v.Tasks) - len(tasks); hidden > 0 {
		total = fmt.Sprintf("%d more not shown · %s", hidden, total)
	}
	return append(lines, d.block.io.paint(faint, text.Truncate(total, width-1)))
}

// fit aligns the rows and cuts them to the width, less one cell: a full line
// would leave some terminals on the next.
func (d *liveDisplay) fit(rows []liveRow, width int) []string {
	s := d.block.io
	names, marks := 0, 0
	for _, r := range rows {
		names = max(names, text.Width(text.Line(r.host)))
		marks = max(marks, text.Width(r.mark.text(s.ASCII)))
	}
	names = min(names, max(8, width/3))
	var lines []string
	for _, r := range rows {
		line := text.Fit(text.Line(r.host), names) + "  " + s.paint(r.mark.ink, text.Fit(r.mark.text(s.ASCII), marks)) + "  " + text.Line(r.words)
		lines = append(lines, text.Truncate(line, max(1, width-1)))
	}
	return lines
}

// foremost are n tasks, in their order: running ones before failed ones before others.
func foremost(tasks []rollout.TaskView, n int) []rollout.TaskView {
	if len(tasks) <= n {
		return tasks
	}
	const ranks = 4
	var by [ranks][]int
	for i, t := range tasks {
		r := rank(t)
		by[r] = append(by[r], i)
	}
	keep := map[int]bool{}
	for _, group := range by {
		for _, i := range group {
			if len(keep) < n {
				keep[i] = true
			}
		}
	}
	var chosen []rollout.TaskView
	for i, t := range tasks {
		if keep[i] {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// rank is lower for tasks that a person wants to see more.
func rank(t rollout.TaskView) int {
	switch {
	case t.Verdict == nil && !t.Started.IsZero():
		return 0
	case t.Verdict != nil && t.Verdict.Outcome != rollout.OutcomeOK:
		return 1
	case t.Verdict == nil:
		return 2
	}
	return 3
}

func taskRow(t rollout.TaskView, now time.Time) liveRow {
	row := liveRow{host: t.Host, mark: taskMark(t)}
	var words []string
	if !t.Started.IsZero() {
		words = append(words, clock(elapsed(t, now)))
	}
	switch {
	case t.Verdict != nil:
		row.mark = outcomeMark(t.Verdict.Outcome)
		words = append(words, verdictWords(*t.Verdict))
	case t.Phase == nixcmd.PhaseBuilding || t.Phase == nixcmd.PhaseCopying:
		words = append(words, progressWords(t))
	case t.Reason != "":
		words = append(words, t.Reason)
	}
	row.words = strings.TrimSpace(strings.Join(words, "  "))
	return row
}

// verdictWords say what a verdict means in a few words.
func verdictWords(v rollout.Verdict) string {
	var words []string
	switch {
	case v.Reason != "":
		words = append(words, text.Line(v.Reason))
	case v.Outcome == rollout.OutcomeOK && v.Changed:
		words = append(words, "changed")
	case v.Outcome == rollout.OutcomeOK:
		words = append(words, "not changed")
	}
	if v.RebootNeeded && v.Outcome != rollout.OutcomeReboot {
		words = append(words, "needs a reboot")
	}
	return strings.Join(words, ", ")
}

// totalWords say how far all of a run has come.
func totalWords(v rollout.View, now time.Time) string {
	done := 0
	for _, t := range v.Tasks {
		if t.Verdict != nil {
			done++
		}
	}
	wave := ""
	if v.Wave != nil {
		wave = fmt.Sprintf(" · wave %d of %d", v.Wave.Number, v.Wave.Of)
	}
	hint := "ctrl+c cancels"
	if v.Cancel {
		hint = "being cancelled; ctrl+c detaches"
	}
	return fmt.Sprintf("%s: %d of %d done%s · %s · %s", v.Plan.Action, done, len(v.Tasks), wave, clock(now.Sub(v.Plan.Invoked)), hint)
}

package ui

import (
	"fmt"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

func (r *runPlace) rows() []string {
	switch {
	case r.reader == nil:
		return exactly(r.nothing(), r.w, r.h)
	case r.as == asList:
		return exactly(r.list(), r.w, r.h)
	case r.as == asLog:
		return exactly(r.alone(), r.w, r.h)
	}
	rows := exactly(append([]string{r.headline()}, r.gridRows()...), r.w, r.h)
	skipped := r.skippedRows()
	return append(rows[:r.h-len(skipped)], skipped...)
}

// nothing says what to do when no run is open.
func (r *runPlace) nothing() []string {
	message, hint := "No run is open.", "Mark hosts in Fleet (1) with space and press d to deploy, or open an earlier run in Runs (4)."
	if r.err != nil {
		message, hint = tell(r.err)
	}
	rows := []string{r.rule("run", "", r.w), blank(r.w)}
	for _, s := range []string{message, hint} {
		for _, line := range wrap(s, r.w-4) {
			rows = append(rows, text.Fit("  "+line, r.w))
		}
	}
	return rows
}

// clockRoom is what the headline keeps free for its clock and its edges.
const clockRoom = 16

// headline is the run in one row: what, how far, how it ended.
func (r *runPlace) headline() string {
	heading := text.Line(r.view.Plan.Called()) + " on " + count(len(r.view.Tasks), "host", "hosts")
	if r.cut && r.as == asList {
		heading += fmt.Sprintf(", %d of %d", r.focus+1, len(r.panes))
	}
	if pages := r.pages(); r.as == asPanes && pages > 1 {
		heading += fmt.Sprintf(", page %d of %d", r.focus/r.grid().perPage()+1, pages)
	}
	if len(r.marks) > 0 {
		heading += fmt.Sprintf(", %d marked", len(r.marks))
	}
	row := r.paint(faint, r.horizontal) + r.paint(title, " "+heading+" ")
	tally := " " + r.tallyIn(r.view, r.w-text.Width(heading)-clockRoom) + " "
	if r.err != nil {
		message, _ := tell(r.err)
		tally = " " + r.paint(bad, text.Truncate(message, r.w/2)) + " "
	}
	clock := " " + span(r.view.Started, r.view.Ended, r.now()) + " "
	room := r.w - text.Width(row) - text.Width(tally) - text.Width(clock) - 1
	if room < 0 {
		return text.Fit(row+tally, r.w)
	}
	return row + r.paint(faint, strings.Repeat(r.horizontal, room)) + tally + r.paint(faint, clock+r.horizontal)
}

// tally counts how the tasks of a run stand.
func (b *brush) tally(v rollout.View) string { return b.tallyWords(v, false) }

// tallyIn is tally for w cells: where it does not fit, only the first count
// keeps its word.
func (b *brush) tallyIn(v rollout.View, w int) string {
	if all := b.tally(v); text.Width(all) <= w {
		return all
	}
	return b.tallyWords(v, true)
}

// waveOf says in which of its waves a run is, or "".
func waveOf(v rollout.View) string {
	switch {
	case v.Wave == nil:
		return ""
	case v.Wave.Stopped != "":
		return "waves stopped"
	case v.Over(), v.Wave.Of < 2:
		return ""
	}
	return fmt.Sprintf("wave %d of %d", v.Wave.Number, v.Wave.Of)
}

func (b *brush) tallyWords(v rollout.View, short bool) string {
	outcomes := []rollout.Outcome{
		rollout.OutcomeFailed, rollout.OutcomeUnknown, rollout.OutcomeDegraded, rollout.OutcomeReboot,
		rollout.OutcomeCancelled, rollout.OutcomeSkipped, rollout.OutcomeOK,
	}
	n, under, waiting := map[rollout.Outcome]int{}, 0, 0
	for _, t := range v.Tasks {
		switch {
		case t.Verdict != nil:
			n[t.Verdict.Outcome]++
		case t.Started.IsZero():
			waiting++
		default:
			under++
		}
	}
	var words []string
	add := func(n int, s sign) {
		if n > 0 {
			s.word = fmt.Sprintf("%d %s", n, s.word)
			if short && len(words) > 0 {
				s.word = fmt.Sprint(n)
			}
			words = append(words, b.paint(s.ink, b.label(s)))
		}
	}
	for _, o := range outcomes {
		add(n[o], outcomeSign(o))
	}
	add(under, sign{"◐", "*", "under way", busy})
	add(waiting, sign{"◌", ".", "queued", faint})
	if wave := waveOf(v); wave != "" && !short {
		words = append(words, b.paint(faint, wave))
	}
	switch {
	case v.Broken != "":
		words = append(words, b.paint(bad, "record damaged"))
	case !v.Over() && !v.Alive:
		words = append(words, b.paint(warn, "lost"))
	}
	return strings.Join(words, "  ")
}

// gridRows are the panes of this page, side by side.
func (r *runPlace) gridRows() []string {
	page, number := r.onPage(), 0
	rows := make([]string, 0, r.h)
	for _, line := range r.grid().lines(len(page)) {
		across := make([][]string, len(line))
		for i := range line {
			across[i] = r.pane(page[number], number+1)
			number++
		}
		for y := range line[0].h {
			var b strings.Builder
			for _, drawn := range across {
				b.WriteString(drawn[y])
			}
			rows = append(rows, b.String())
		}
	}
	return rows
}

// pane is a pane with its border.
func (r *runPlace) pane(p *pane, number int) []string {
	focused := p == r.focused()
	rows := make([]string, 0, p.h+2)
	rows = append(rows, p.above(r.brush, fmt.Sprintf("%d ", number), focused, r.marks[p.host], r.now()))
	side := r.paint(p.border(focused), r.vertical)
	for y := range p.h {
		rows = append(rows, side+p.inside(r.brush, y)+side)
	}
	return append(rows, p.below(r.brush, focused))
}

// list is one line per task, and once the run has ended its summary: why and
// what to do below each that did not end well. Where there is room for it, the
// log of the task under the cursor stands below.
func (r *runPlace) list() []string {
	body, begins := r.listBody()
	room := r.h - r.below - 1
	r.cut = len(body) > room
	rows := []string{r.headline()}
	end := len(body)
	if r.focus+1 < len(begins) {
		end = begins[r.focus+1]
	}
	if len(begins) > 0 {
		r.top = max(min(r.top, begins[r.focus]), end-room)
	}
	r.top = max(0, min(r.top, len(body)-room))
	rows = exactly(append(rows, body[r.top:min(len(body), r.top+room)]...), r.w, r.h-r.below)
	if r.below > 0 {
		rows = append(rows, r.pane(r.focused(), r.focus+1)...)
	}
	return rows
}

// listBody is the rows of all tasks, and where each task's begin.
func (r *runPlace) listBody() (body []string, begins []int) {
	name := nameLeast
	for _, p := range r.panes {
		name = max(name, text.Width(text.Line(p.host)))
	}
	for i, p := range r.panes {
		begins = append(begins, len(body))
		body = append(body, r.listRow(p, i == r.focus, min(name, nameMost)))
		body = append(body, r.advice(p)...)
	}
	if r.view.Broken != "" {
		body = append(body, text.Fit(r.paint(bad, "   "+sentence(r.view.Broken)), r.w))
	}
	if r.view.Over() {
		body = append(body, text.Fit(r.paint(faint, "   logs and verdicts: "+text.Line(r.dir)), r.w))
	}
	return body, begins
}

func (r *runPlace) listRow(p *pane, at bool, name int) string {
	s := p.sign()
	pointer, mark := " ", " "
	if at {
		pointer = r.pointer
	}
	if r.marks[p.host] {
		mark = r.diamond
	}
	host := text.Fit(text.Line(p.host), name)
	state := text.Fit(r.label(s), 13)
	clock := text.Fit(span(p.task.Started, p.task.Ended, r.now()), 7)
	rest := r.listRest(p, at)
	if at {
		return r.paint(here, text.Fit(pointer+mark+" "+host+"  "+state+clock+rest, r.w))
	}
	return text.Fit(pointer+r.paint(marked, mark)+" "+r.paint(strong, host)+"  "+r.paint(s.ink, state)+r.paint(faint, clock)+rest, r.w)
}

// listRest is the end of a task's line: its progress, or the reason of its verdict.
func (r *runPlace) listRest(p *pane, unpainted bool) string {
	switch v := p.task.Verdict; {
	case v == nil && p.task.Reason != "":
		return text.Line(p.task.Reason)
	case v == nil:
		bar := r.progress(p.task, barWidth)
		if unpainted {
			bar = text.Line(bar)
		}
		if left := leftWords(p.task); left != "" {
			bar += " " + left
		}
		return bar + buildingWhat(p.task)
	case v.Outcome == rollout.OutcomeOK:
		return okWords(v)
	default:
		return text.Line(v.Reason)
	}
}

// buildingWhat is the derivation that has been building longest.
func buildingWhat(t rollout.TaskView) string {
	b := t.Progress.Building
	if len(b) == 0 {
		return ""
	}
	return " " + text.Line(b[0]) + more(len(b)-1)
}

// okWords say what changed with a task that ended well.
func okWords(v *rollout.Verdict) string {
	s := "nothing changed"
	if v.Changed {
		s = "changed"
	}
	if v.RebootNeeded {
		s += ", needs a reboot"
	}
	return s
}

// advice is the hint of a verdict, and the decisive lines of its log.
func (r *runPlace) advice(p *pane) []string {
	v := p.task.Verdict
	if v == nil || v.Outcome == rollout.OutcomeOK {
		return nil
	}
	var rows []string
	for _, line := range quoted(v) {
		rows = append(rows, text.Fit(blank(6)+r.paint(faint, r.vertical+" ")+text.Line(line), r.w))
	}
	for _, line := range wrap(sentence(v.Hint), r.w-8) {
		rows = append(rows, text.Fit(blank(6)+r.paint(busy, line), r.w))
	}
	return rows
}

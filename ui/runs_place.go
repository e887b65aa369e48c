package ui

import (
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// runsPlace is the history of runs, newest first.
type runsPlace struct {
	known *known
	*brush
	now  func() time.Time
	w, h int
	at   int
	top  int
	page int
}

func (p *runsPlace) scopes() []scope {
	return []scope{scopeRuns, scopeList, scopePlaces, scopeEverywhere}
}

func (p *runsPlace) setSize(w, h int) { p.w, p.h = w, h }

func (p *runsPlace) back() bool { return false }

func (p *runsPlace) move(m motion) {
	if n := len(p.known.runs); n > 0 {
		p.at = m.apply(p.at, n, max(1, p.page))
	}
}

// current is the run under the cursor.
func (p *runsPlace) current() (rollout.View, bool) {
	if p.at < len(p.known.runs) {
		return p.known.runs[p.at], true
	}
	return rollout.View{}, false
}

func (p *runsPlace) rows() []string {
	all := p.known.runs
	rows := []string{p.rule(count(len(all), "run", "runs"), "newest first", p.w)}
	if len(all) == 0 {
		for _, line := range []string{"There are no runs yet.", "Mark hosts in Fleet (1) with space and press d to deploy; each run stays here with all its logs."} {
			for _, part := range wrap(line, p.w-4) {
				rows = append(rows, text.Fit("  "+part, p.w))
			}
		}
		return exactly(rows, p.w, p.h)
	}
	p.at = min(p.at, len(all)-1)
	p.page = max(1, p.h-2)
	p.top = window(p.top, p.at, len(all), p.page)
	rows = append(rows, p.paint(faint, text.Fit("  WHEN          AGO   TOOK    ACTION        "+p.byWords("WHO", "REVISION")+"HOW IT WENT", p.w)))
	for i := p.top; i < min(len(all), p.top+p.page); i++ {
		rows = append(rows, p.run(all[i], i == p.at))
	}
	return exactly(rows, p.w, p.h)
}

// byWords are who deployed which revision, where there is room for that.
func (p *runsPlace) byWords(who, revision string) string {
	const roomy, whoRoom, revisionRoom = 110, 10, 10
	if p.w < roomy {
		return ""
	}
	return text.Fit(who, whoRoom) + text.Fit(revision, revisionRoom)
}

// revisionOf is the deployed revision as git shortens it, with a + for what was
// not committed.
func revisionOf(f rollout.Flake) string {
	words := text.Line(short(f.Revision))
	if f.Dirty {
		words += "+"
	}
	return words
}

// namesLeast is the room from which on a run's hosts are named.
const namesLeast = 10

func (p *runsPlace) run(v rollout.View, at bool) string {
	now := p.now()
	when := v.Plan.Created
	head := text.Fit(when.In(now.Location()).Format("Jan _2 15:04"), 14) + text.Fit(ageOf(when, now), 6) +
		text.Fit(span(v.Started, v.Ended, now), 8)
	if when.IsZero() {
		head = text.Fit(text.Line(v.Plan.ID), 28)
	}
	action := text.Fit(text.Line(v.Plan.Called()), 14)
	action += p.byWords(text.Line(v.Plan.User), revisionOf(v.Plan.Flake))
	room := p.w - 2 - text.Width(head) - text.Width(action)
	tally := p.tallyIn(v, room)
	if v.Unreadable() {
		tally = p.paint(bad, "cannot be shown: "+text.Line(v.Broken))
	}
	var names []string
	for _, t := range v.Tasks {
		names = append(names, text.Line(t.Host))
	}
	tail := ""
	if left := room - text.Width(tally) - 2; left >= namesLeast {
		tail = "  " + list(names, left)
	}
	if at {
		return p.paint(here, text.Fit(p.pointer+" "+head+action+text.Line(tally)+tail, p.w))
	}
	return text.Fit("  "+p.paint(faint, head)+p.paint(strong, action)+tally+p.paint(faint, tail), p.w)
}

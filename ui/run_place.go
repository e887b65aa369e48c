package ui

import (
	"slices"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// runView is how the tasks of a run are shown.
type runView int

const (
	asPanes runView = iota
	asList
	asLog // one pane over the whole place
)

const (
	manyTasks     = 16 // from how many on a run opens as a list
	logBelowLeast = 6  // rows, border included, from which a log stands below the list
)

// runPlace is one run: a grid of panes, or a list, or one log.
type runPlace struct {
	*brush
	now  func() time.Time
	w, h int

	dir     string
	reader  RunReader
	view    rollout.View
	panes   []*pane
	index   map[string]*pane
	focus   int
	as      runView
	before  runView // what zoom goes back to
	lists   bool    // runs open as a list
	timed   bool    // panes show when lines came
	marks   map[string]bool
	cancels map[string]bool // hosts that the run was asked to cancel, and said nothing of yet
	top     int             // of the list
	cut     bool            // the list is longer than there is room for
	met     bool            // the person has moved about in this run: its list stays where it is
	below   int             // rows of the log below the list
	closer  int             // steps that the person came closer to the panes
	err     error

	ended    time.Time // when we saw the end; logs are read a little longer
	drawnAt  string    // the clock when last drawn, to the second
	reported bool      // the summary has come up once
}

func newRunPlace(b *brush, now func() time.Time) *runPlace {
	return &runPlace{brush: b, now: now, marks: map[string]bool{}, cancels: map[string]bool{}, index: map[string]*pane{}}
}

func (r *runPlace) scopes() []scope {
	switch {
	case r.reader == nil:
		return []scope{scopePlaces, scopeEverywhere}
	case r.as == asList:
		return []scope{scopeRun, scopeList, scopePlaces, scopeEverywhere}
	}
	return []scope{scopePanes, scopeRun, scopeLog, scopeList, scopeEverywhere}
}

// opened takes a run that was opened. The panes are made in the plan's order.
func (r *runPlace) opened(dir string, reader RunReader, view rollout.View, log func(host string) Log) {
	r.close()
	r.dir, r.reader, r.err = dir, reader, nil
	r.panes, r.index, r.focus, r.top, r.closer = nil, map[string]*pane{}, 0, 0, 0
	r.cancels = map[string]bool{}
	r.marks, r.ended, r.reported, r.met, r.as = map[string]bool{}, time.Time{}, false, false, asPanes
	for _, t := range view.Tasks {
		p := newPane(t.Host, log(t.Host))
		p.timed, p.restarts = r.timed, view.Plan.Action == nixcmd.Reboot
		r.panes = append(r.panes, p)
		r.index[t.Host] = p
	}
	if r.lists || len(r.panes) > manyTasks {
		r.as = asList
	}
	r.update(view)
	if view.Over() {
		r.ended, r.reported, r.as = r.now().Add(-settleFor), true, asList
		r.focusWorst()
	}
	r.layout()
}

// close lets the logs go.
func (r *runPlace) close() {
	for _, p := range r.panes {
		p.log.Close() // read only: nothing can be lost
	}
	r.panes, r.reader = nil, nil
}

// update takes a newer view of the run. When the run ends its summary comes
// up, unless somebody is reading a log.
func (r *runPlace) update(v rollout.View) {
	r.view = v
	for _, t := range v.Tasks {
		if p := r.index[t.Host]; p != nil {
			p.task = t
		}
	}
	r.rise()
	if !v.Over() {
		r.keepUp()
		return
	}
	if r.ended.IsZero() {
		r.ended = r.now()
	}
	if !r.reported && r.as == asPanes && !slices.ContainsFunc(r.panes, func(p *pane) bool { return !p.follow }) {
		r.as = asList
		r.focusWorst()
	}
	r.reported = true
}

// rise puts the tasks that failed before all others, then those that want a
// person for something else, and last those that were skipped: they have no
// log. The rest keep their places, and the focus stays with its host.
func (r *runPlace) rise() {
	focused := r.focused()
	slices.SortStableFunc(r.panes, func(a, b *pane) int { return a.rank() - b.rank() })
	if focused != nil {
		r.focus = slices.Index(r.panes, focused)
	}
}

// keepUp moves the cursor of a list along with the run, so that a long one
// shows what is under way, until the person moves it.
func (r *runPlace) keepUp() {
	if r.as != asList || r.met {
		return
	}
	if at := slices.IndexFunc(r.panes, func(p *pane) bool { return p.task.Verdict == nil && !p.task.Started.IsZero() && p.task.Reason == "" }); at >= 0 {
		r.focus = at
	}
}

// focusWorst focuses the first task that wants a person most.
func (r *runPlace) focusWorst() {
	for _, i := range []ink{bad, warn} {
		if at := slices.IndexFunc(r.panes, func(p *pane) bool { return taskSign(p.task).ink == i }); at >= 0 {
			r.focus = at
			return
		}
	}
}

// going says whether the run on screen goes on.
func (r *runPlace) going() bool { return r.reader != nil && !r.view.Over() }

// settling says whether the run has ended so recently that logs may still grow.
func (r *runPlace) settling() bool {
	return r.reader != nil && r.view.Over() && r.now().Sub(r.ended) < settleFor
}

// beat is called on the tick. It says whether anything on screen depends on the second.
func (r *runPlace) beat() bool {
	second := r.now().Format(time.TimeOnly)
	changed := r.going() && second != r.drawnAt
	r.drawnAt = second
	return changed
}

func (r *runPlace) setSize(w, h int) {
	r.w, r.h = w, h
	r.layout()
}

// layout gives the visible panes their size.
func (r *runPlace) layout() {
	r.below = 0
	p := r.focused()
	switch {
	case p == nil:
	case r.as == asLog:
		p.setSize(r.w-2, r.h-2-len(r.buildRows(p)))
	case r.as == asList:
		body, _ := r.listBody()
		if spare := r.h - 1 - len(body); spare >= logBelowLeast {
			r.below = spare
			p.setSize(r.w-2, spare-2)
		}
	default:
		r.focus = min(r.focus, len(r.inGrid())-1)
		r.layoutGrid()
	}
}

func (r *runPlace) layoutGrid() {
	page := r.onPage()
	for _, line := range r.grid().lines(len(page)) {
		for _, e := range line {
			page[0].setSize(e.w-2, e.h-2)
			page = page[1:]
		}
	}
}

func (r *runPlace) grid() grid {
	return gridFor(r.w, r.h-1-len(r.skippedRows()), len(r.inGrid()), r.closer)
}

// onPage are the panes of the page that the focus is on.
func (r *runPlace) onPage() []*pane {
	if len(r.panes) == 0 {
		return nil
	}
	n, all := r.grid().perPage(), r.inGrid()
	first := r.focus / n * n
	return all[first:min(len(all), first+n)]
}

// focused is the pane that keys are for, or nil.
func (r *runPlace) focused() *pane {
	if r.focus < len(r.panes) {
		return r.panes[r.focus]
	}
	return nil
}

// visible are the panes whose logs are on screen.
func (r *runPlace) visible() []*pane {
	switch {
	case r.focused() == nil || r.as == asList && r.below == 0:
		return nil
	case r.as == asLog || r.as == asList:
		return []*pane{r.focused()}
	}
	return r.onPage()
}

func (r *runPlace) move(m motion) {
	r.met = true
	p := r.focused()
	switch {
	case p == nil:
	case r.as == asList:
		r.focus = m.apply(r.focus, len(r.panes), max(1, r.h-r.below-2))
		r.layout()
	default:
		p.move(m)
	}
}

// step moves the focus.
func (r *runPlace) step(by int) {
	r.met = true
	n := len(r.panes)
	if r.as == asPanes {
		n = len(r.inGrid())
	}
	if n > 0 {
		r.focus = (r.focus + by + n) % n
		r.layout()
	}
}

// choose focuses the nth pane of the page.
func (r *runPlace) choose(n int) {
	r.met = true
	if page := r.onPage(); n < len(page) {
		r.focus = slices.Index(r.panes, page[n])
		r.layout()
	}
}

func (r *runPlace) zoom() {
	r.met = true
	if r.as == asLog {
		r.as = r.before
	} else {
		r.before, r.as = r.as, asLog
	}
	r.layout()
}

func (r *runPlace) nextView() {
	if r.as == asList {
		r.as = asPanes
	} else {
		r.as = asList
	}
	r.lists = r.as == asList
	r.layout()
}

// back leaves the zoom, then the marks.
func (r *runPlace) back() bool {
	switch {
	case r.as == asLog:
		r.zoom()
	case len(r.marks) > 0:
		clear(r.marks)
	default:
		return false
	}
	return true
}

func (r *runPlace) mark() {
	r.met = true
	p := r.focused()
	switch {
	case p == nil:
	case r.marks[p.host]:
		delete(r.marks, p.host)
	default:
		r.marks[p.host] = true
	}
	if r.as == asList {
		r.move(moveDown)
	}
}

// chosen are the hosts that cancel is about: the marked ones, else the focused.
func (r *runPlace) chosen() []*pane {
	var all []*pane
	for _, p := range r.panes {
		if r.marks[p.host] {
			all = append(all, p)
		}
	}
	if p := r.focused(); len(all) == 0 && p != nil {
		all = []*pane{p}
	}
	return all
}

func (r *runPlace) toggleFollow() {
	if p := r.focused(); p != nil {
		p.toggleFollow()
	}
}

func (r *runPlace) toggleWrap() {
	if p := r.focused(); p != nil {
		p.wrap, p.left = !p.wrap, 0
	}
}

func (r *runPlace) shift(by int) {
	if p := r.focused(); p != nil && !p.wrap {
		p.left = max(0, p.left+by*sideways)
	}
}

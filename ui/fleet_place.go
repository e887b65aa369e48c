package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// How the Fleet place divides its room.
const (
	sideFrom    = 120 // columns from which the detail stands beside the table
	sideLeast   = 46
	sideMost    = 76
	sideShare   = 3 // eighths of the width
	belowLeast  = 3 // rows, heading included, from which the detail stands below
	belowBrief  = 6 // rows up to which it leaves out what the table says already
	belowMost   = 14
	tableLeast  = 6
	historyMost = 5 // runs that the Fleet place shows
	stripShare  = 4 // the builders get at most a quarter of the height
	tableHeader = 2
)

// fleetPlace is the table of hosts, with the builders and the host under the cursor.
type fleetPlace struct {
	known *known
	*brush
	now  func() time.Time
	w, h int

	shown   []string // hosts that the filter lets through, in order
	cursor  string
	top     int
	page    int // rows of the table
	marks   map[string]bool
	undone  []map[string]bool // marks as they were before, the newest last
	anchor  string            // where a range began, or ""
	filter  fleet.Selection
	expr    string // what filter was made of
	order   order
	byTag   bool // grouped
	settled bool // hosts were sorted when all had been asked
	touched bool // a person has begun to work here

	measured widths
	outdated bool // the order is no longer what sorting would make of it
	again    bool // S has just sorted anew

	evaluated bool // hosts were sorted when what each should run was known
}

func newFleetPlace(k *known, b *brush, now func() time.Time) *fleetPlace {
	return &fleetPlace{known: k, brush: b, now: now, marks: map[string]bool{}}
}

func (f *fleetPlace) scopes() []scope {
	return []scope{scopeFleet, scopeList, scopePlaces, scopeEverywhere}
}

func (f *fleetPlace) setSize(w, h int) { f.w, f.h = w, h }

// refresh takes up new hosts and drops those that are gone. Rows that are
// there keep their place: hosts are sorted anew when a person asks for it, and
// unless somebody is at work already once when all have been asked, and once
// when it is known of all what they should run.
func (f *fleetPlace) refresh() {
	if !f.settled && f.known.settled() {
		f.settled = true
		if !f.touched {
			f.cursor = ""
			f.sort()
			return
		}
	}
	if !slices.IsSortedFunc(f.shown, f.compareGroups) {
		f.sort() // the inventory has other tags now
	}
	visible := map[string]bool{}
	for _, name := range f.known.names {
		visible[name] = f.lets(name)
	}
	f.shown = slices.DeleteFunc(f.shown, func(name string) bool { return !visible[name] })
	for _, name := range f.shown {
		delete(visible, name)
	}
	for _, name := range f.known.names {
		if visible[name] {
			at, _ := slices.BinarySearchFunc(f.shown, name, f.compare)
			f.shown = slices.Insert(f.shown, at, name)
		}
	}
	f.outdated = f.order == byAttention && !slices.IsSortedFunc(f.shown, f.compare)
	f.holdCursor()
	if f.settled && !f.evaluated && f.known.evaluated() {
		f.evaluated = true
		if f.outdated && !f.touched {
			f.cursor = ""
			f.sort()
		}
	}
}

// lets says whether the filter lets the host through.
func (f *fleetPlace) lets(name string) bool {
	return f.expr == "" || f.filter.Matches(f.known.subject(f.known.hosts[name]))
}

// holdCursor keeps the cursor on a host that is there.
func (f *fleetPlace) holdCursor() {
	if len(f.shown) == 0 {
		f.cursor = ""
	} else if !slices.Contains(f.shown, f.cursor) {
		f.cursor = f.shown[min(f.top, len(f.shown)-1)]
	}
}

// current is the host under the cursor, or "".
func (f *fleetPlace) current() string { return f.cursor }

func (f *fleetPlace) index() int { return max(0, slices.Index(f.shown, f.cursor)) }

func (f *fleetPlace) move(m motion) {
	f.touched, f.again = true, false
	if len(f.shown) > 0 {
		f.cursor = f.shown[m.apply(f.index(), len(f.shown), max(1, f.page))]
	}
}

// back drops the range, then the filter, then the marks.
func (f *fleetPlace) back() bool {
	switch {
	case f.anchor != "":
		f.anchor = ""
	case f.expr != "":
		f.setFilter("")
	case len(f.marks) > 0:
		f.clearMarks()
	default:
		return false
	}
	return true
}

func (f *fleetPlace) setFilter(expr string) {
	f.touched = true
	f.expr, f.filter = expr, fleet.ParseFilter(expr)
	f.sort()
}

// chosen are the hosts that an action is about: the marked ones, also those
// that the filter hides, else the one under the cursor.
func (f *fleetPlace) chosen() []string {
	var names []string
	for _, name := range f.known.names {
		if f.marks[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 && f.cursor != "" {
		names = []string{f.cursor}
	}
	return names
}

func (f *fleetPlace) rows() []string {
	if f.w < sideFrom {
		return f.stacked(f.w, f.h, true)
	}
	side := f.w - f.tableWidth() - 1
	left := f.stacked(f.tableWidth(), f.h, false)
	right := make([]string, 0, f.h)
	if f.cursor != "" {
		right = append(right, f.detail(side, f.h)...)
	} else {
		right = append(right, f.rule("host", "", side))
	}
	return beside(left, exactly(right, side, f.h), f.paint(faint, f.vertical))
}

// stacked is the table, the builders, and as far as there is room for them the
// detail of the host under the cursor and the last runs.
func (f *fleetPlace) stacked(w, h int, below bool) []string {
	strip := f.strip(w, max(3, h/stripShare))
	room := h - len(strip)
	// By all hosts and not those that the filter shows: nothing jumps while it is typed.
	needs := tableHeader + max(tableLeast, len(f.known.names)+f.groups())
	spare := room - needs
	detailRows := 0
	if below && f.cursor != "" {
		if room >= tableHeader+tableLeast+2*belowLeast {
			spare = max(spare, belowLeast) // worth more than the last host
		}
		if spare >= belowLeast {
			detailRows = min(spare, belowMost)
		}
	}
	history := f.history(w, max(0, spare-detailRows))
	rows := f.table(w, min(needs, room-detailRows-len(history)))
	rows = append(append(rows, strip...), history...)
	if detailRows > 0 {
		rows = append(rows, f.detail(w, detailRows)...)
	}
	return exactly(rows, w, h)
}

// history is the last runs in at most h rows.
func (f *fleetPlace) history(w, h int) []string {
	runs := f.known.runs[:min(len(f.known.runs), historyMost)]
	switch {
	case h < 2 || f.known.runs == nil:
		return nil
	case len(runs) == 0:
		return []string{f.rule("last runs", "", w), text.Fit(f.paint(faint, "  none yet: space marks hosts, d deploys to them"), w)}
	}
	p := runsPlace{known: f.known, brush: f.brush, now: f.now, w: w}
	rows := []string{f.rule("last runs", "4 shows all", w)}
	for _, r := range runs[:min(len(runs), h-1)] {
		rows = append(rows, p.run(r, false))
	}
	return rows
}

// detail is the host under the cursor in h rows, with its heading. Where there
// is no room for all that is wrong with it, it says so.
func (f *fleetPlace) detail(w, h int) []string {
	page := &detailPage{brush: f.brush, known: f.known, now: f.now(), w: w, brief: h <= belowBrief}
	rows := append([]string{f.rule(text.Line(f.cursor), "enter opens", w)}, page.of(f.known.hosts[f.cursor])...)
	if rows = exactly(rows, w, h); page.wrong >= h {
		if last := strings.TrimRight(rows[h-1], " "); text.Width(last) < w-2 {
			rows[h-1] = text.Fit(last+" …", w)
		}
	}
	return rows
}

// table is the hosts, in h rows.
func (f *fleetPlace) table(w, h int) []string {
	f.page = max(1, h-tableHeader)
	rows := []string{f.rule(f.heading(), f.note(), w)}
	if len(f.shown) == 0 {
		for _, line := range f.empty() {
			for _, part := range wrap(line, w-4) {
				rows = append(rows, text.Fit("  "+part, w))
			}
		}
		return exactly(rows, w, h)
	}
	columns := f.columns(w)
	rows = append(rows, f.columnTitles(columns, w))
	lines := f.scrollTo(f.lines())
	inRange := map[string]bool{}
	for _, name := range f.ranged() {
		inRange[name] = true
	}
	for _, line := range lines {
		if line.heading != "" {
			rows = append(rows, f.headingRow(line.heading, w))
			continue
		}
		rows = append(rows, f.hostRow(line.host, inRange[line.host], columns, w))
	}
	return exactly(rows, w, h)
}

func (f *fleetPlace) heading() string {
	n, all := len(f.shown), len(f.known.names)
	s := count(all, "host", "hosts")
	if f.expr != "" {
		s = fmt.Sprintf("%d of %d hosts, filter %s", n, all, text.Truncate(text.Line(f.expr), 30))
	}
	if m := len(f.marks); m > 0 {
		s += fmt.Sprintf(", %d marked", m)
	}
	return s
}

func (f *fleetPlace) note() string {
	sorted := f.order.String()
	if f.outdated {
		sorted += ", S sorts anew"
	}
	if f.byTag {
		sorted = "by tag, " + sorted
	}
	if n := len(f.shown); n > f.page {
		return fmt.Sprintf("%d of %d, %s", f.index()+1, n, sorted)
	}
	return sorted
}

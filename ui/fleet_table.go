package ui

import (
	"fmt"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// The widths of columns that have the same in every table.
const (
	nameLeast = 8
	nameMost  = 24
	tagsLeast = 8
	// Wide enough for the usual words, so that columns do not move as they come in.
	driftLeast = len("= diverged")
	needsLeast = len("~ reboot")
	gap        = 2
)

// cell is a piece of a row: text without escapes, and what it means.
type cell struct {
	text string
	ink  ink
}

// column is a column of the table of hosts. Those of the highest rank give way
// first when the terminal is narrow.
type column struct {
	title string
	width int
	rank  int
	cell  func(f *fleetPlace, h *host) cell
}

// widths are what the columns need whose words differ, as of some news: a large
// table is not measured for each frame. By all hosts and not those that the
// filter shows: nothing jumps while it is typed.
type widths struct {
	heard                       int
	name, drift, needs, version int
}

func (f *fleetPlace) measure() widths {
	if f.measured.heard == f.known.heard && f.measured.name > 0 {
		return f.measured
	}
	w := widths{f.known.heard, nameLeast, driftLeast, needsLeast, len("VERSION")}
	for _, n := range f.known.names {
		h := f.known.hosts[n]
		w.name = max(w.name, text.Width(text.Line(n)))
		w.drift = max(w.drift, text.Width(f.label(driftSign(h.drift))))
		w.needs = max(w.needs, text.Width(f.needsCell(h).text))
		w.version = max(w.version, text.Width(text.Line(h.status.Reading.Label)))
	}
	f.measured = w
	return w
}

// hostColumns are all columns, in the order in which they stand.
func (f *fleetPlace) hostColumns() []column {
	w := f.measure()
	return []column{
		{"NAME", min(w.name, nameMost), 0, func(_ *fleetPlace, h *host) cell { return cell{text.Line(h.Name), strong} }},
		{"STATE", 10, 0, (*fleetPlace).stateCell},
		{"DRIFT", w.drift, 1, (*fleetPlace).driftCell},
		{"NEEDS", w.needs, 3, (*fleetPlace).needsCell},
		{"GEN", 4, 2, generationCell},
		{"AGE", 4, 5, (*fleetPlace).ageCell},
		{"SYSTEM", 7, 4, func(_ *fleetPlace, h *host) cell { return cell{text.Line(shortSystem(h.system())), plain} }},
		{"BUILDER", 7, 7, (*fleetPlace).builderCell},
		{"VERSION", min(w.version, nameMost), 8, func(_ *fleetPlace, h *host) cell { return cell{text.Line(h.status.Reading.Label), faint} }},
		{"PING", 6, 9, latencyCell},
		{"TAGS", tagsLeast, 6, func(_ *fleetPlace, h *host) cell { return cell{text.Line(strings.Join(h.Tags, " ")), faint} }},
	}
}

// columns are the ones that fit into w cells. The last gets what is left over.
func (f *fleetPlace) columns(w int) []column {
	all := f.hostColumns()
	need := 3 // pointer, mark, space
	for _, c := range all {
		need += c.width + gap
	}
	for need-gap > w && len(all) > 2 {
		worst := 0
		for i, c := range all {
			if c.rank >= all[worst].rank {
				worst = i
			}
		}
		need -= all[worst].width + gap
		all = append(all[:worst], all[worst+1:]...)
	}
	last := &all[len(all)-1]
	last.width = max(1, last.width+w-(need-gap))
	return all
}

func (f *fleetPlace) columnTitles(columns []column, w int) string {
	s := "   "
	for i, c := range columns {
		if i > 0 {
			s += blank(gap)
		}
		s += text.Fit(c.title, c.width)
	}
	return f.paint(faint, text.Fit(s, w))
}

// hostRow is one host. Under the cursor it is all in reverse, which every
// theme can do; elsewhere each cell has its own colour, and what is old none.
func (f *fleetPlace) hostRow(name string, ranged bool, columns []column, w int) string {
	h := f.known.hosts[name]
	at, mark := " ", " "
	if name == f.cursor {
		at = f.pointer
	}
	if f.marks[name] || ranged {
		mark = f.diamond
	}
	old := f.known.stale(h, f.now()) || !h.isUp() // what stands here was said before
	var b strings.Builder
	put := func(i ink, s string) {
		switch {
		case name == f.cursor:
			b.WriteString(s)
		case old && i != bad && i != strong:
			b.WriteString(f.paint(faint, s))
		default:
			b.WriteString(f.paint(i, s))
		}
	}
	b.WriteString(at)
	put(marked, mark+" ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(blank(gap))
		}
		v := c.cell(f, h)
		put(v.ink, text.Fit(v.text, c.width))
	}
	row := text.Fit(b.String(), w)
	if name == f.cursor {
		return f.paint(here, row)
	}
	return row
}

// stateCell is the state, and its age when it is old.
func (f *fleetPlace) stateCell(h *host) cell {
	s := h.sign()
	label := f.label(s)
	if now := f.now(); f.known.stale(h, now) {
		label += " " + ageOf(h.status.AsOf, now)
	}
	return cell{label, s.ink}
}

func (f *fleetPlace) driftCell(h *host) cell {
	s := driftSign(h.drift)
	if !h.asked() {
		s.word = ""
	}
	return cell{f.label(s), s.ink}
}

// needsCell is what wants a person besides the drift, or what a run is doing there.
func (f *fleetPlace) needsCell(h *host) cell {
	if t, is := f.known.busy[h.Name]; is {
		s := taskSign(t)
		return cell{f.label(s), s.ink}
	}
	switch {
	case len(h.status.Reading.FailedUnits) > 0:
		n := len(h.status.Reading.FailedUnits)
		label := f.label(sign{"▲", "!", count(n, "unit", "units"), bad})
		if h.needsReboot() {
			label += " " + f.shape(rebootSign())
		}
		return cell{label, bad}
	case h.needsReboot():
		return cell{f.label(rebootSign()), warn}
	case h.facts.EvalError != "":
		return cell{f.label(sign{"▲", "!", "eval", bad}), bad}
	}
	return cell{}
}

func generationCell(_ *fleetPlace, h *host) cell {
	if h.status.Reading.Generation == 0 {
		return cell{}
	}
	return cell{fmt.Sprint(h.status.Reading.Generation), plain}
}

func (f *fleetPlace) ageCell(h *host) cell {
	return cell{ageOf(h.status.Reading.GenerationAt, f.now()), faint}
}

// builderCell marks hosts that build for others, and how well.
func (f *fleetPlace) builderCell(h *host) cell {
	b, is := f.known.builderOn(h.Name)
	if !is {
		return cell{}
	}
	s := healthSign(b.Health)
	if b.Health == fleet.HealthUnknown {
		s.word = "yes"
	}
	return cell{f.label(s), s.ink}
}

func latencyCell(_ *fleetPlace, h *host) cell {
	d := h.status.Latency
	if d <= 0 || !h.isUp() {
		return cell{}
	}
	return cell{millis(d), faint}
}

// empty says why there are no rows, and what to do.
func (f *fleetPlace) empty() []string {
	k := f.known
	switch {
	case k.inv == nil && k.trouble != nil:
		message, hint := tell(k.trouble)
		return []string{message, hint}
	case k.inv == nil:
		return []string{"Reading the fleet…", "Host names come first; what each should run follows in the background."}
	case f.expr != "":
		why := "A filter is a part of a name, @tag, !x, system:aarch64, state:down, drift:behind or is:reboot, or several joined by commas."
		if _, err := fleet.ParseSelection(f.expr); err != nil {
			message, hint := tell(err)
			why = message + " " + hint
		}
		return []string{"No host matches " + text.Line(f.expr) + ".", why, "esc shows all again, / changes the filter."}
	}
	return []string{"There are no hosts here yet.",
		"A host is an attribute of the flake's nixosConfigurations, or an entry of fleet.nix such as:",
		`hosts.web1 = { address = "web1.example.org"; };`}
}

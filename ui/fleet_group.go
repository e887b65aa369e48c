package ui

import (
	"cmp"
	"slices"

	"nixfleet-tui/internal/text"
)

// tableLine is a row of the table: a host, or the heading of a group.
type tableLine struct {
	host    string
	heading string
}

// groupOf is the tag by which a host is grouped: its first.
func (f *fleetPlace) groupOf(name string) string {
	if tags := f.known.host(name).Tags; len(tags) > 0 {
		return tags[0]
	}
	return ""
}

// compareGroups sorts groups by tag, hosts without one last; all are equal
// where the table is not grouped.
func (f *fleetPlace) compareGroups(a, b string) int {
	if !f.byTag {
		return 0
	}
	first, second := f.groupOf(a), f.groupOf(b)
	return cmp.Or(lastIf(first == "", second == ""), cmp.Compare(first, second))
}

func (f *fleetPlace) toggleGroups() {
	f.touched = true
	f.byTag = !f.byTag
	f.sort()
}

// lines are the rows of the table.
func (f *fleetPlace) lines() []tableLine {
	lines := make([]tableLine, 0, len(f.shown))
	for i, name := range f.shown {
		if f.byTag && (i == 0 || f.compareGroups(f.shown[i-1], name) != 0) {
			lines = append(lines, tableLine{heading: f.headingOf(name)})
		}
		lines = append(lines, tableLine{host: name})
	}
	return lines
}

// groups is how many headings a table of all hosts has.
func (f *fleetPlace) groups() int {
	if !f.byTag {
		return 0
	}
	tags := map[string]bool{}
	for _, name := range f.known.names {
		tags[f.groupOf(name)] = true
	}
	return len(tags)
}

// scrollTo brings the host under the cursor into view, and returns the lines
// that are in view. In a grouped table the first of them is always a heading.
func (f *fleetPlace) scrollTo(lines []tableLine) []tableLine {
	at := slices.IndexFunc(lines, func(l tableLine) bool { return l.host == f.cursor && l.heading == "" })
	f.top = window(f.top, at, len(lines), f.page)
	if f.byTag && at > 0 && f.page > 1 {
		f.top = min(f.top, at-1)
	}
	shown := slices.Clone(lines[f.top:min(len(lines), f.top+f.page)])
	if f.byTag && f.page > 1 && len(shown) > 0 && shown[0].heading == "" {
		shown[0] = tableLine{heading: f.headingOf(shown[0].host)}
	}
	return shown
}

// headingOf is the heading of a host's group, as the filter has it.
func (f *fleetPlace) headingOf(name string) string {
	if tag := f.groupOf(name); tag != "" {
		return "@" + tag
	}
	return "no tag"
}

func (f *fleetPlace) headingRow(heading string, w int) string {
	return " " + f.paint(title, text.Fit(text.Line(heading), w-1))
}

// point puts the cursor on the host at a place of the screen.
func (f *fleetPlace) point(x, y int) {
	lines := f.scrollTo(f.lines())
	at := y - tableHeader
	if at < 0 || at >= len(lines) || lines[at].host == "" || x >= f.tableWidth() {
		return
	}
	f.touched, f.cursor = true, lines[at].host
}

func (f *fleetPlace) tableWidth() int {
	if f.w < sideFrom {
		return f.w
	}
	return f.w - max(sideLeast, min(sideMost, f.w*sideShare/8)) - 1
}

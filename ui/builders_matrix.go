package ui

import (
	"fmt"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// matrix says which systems can be built where, a line for each, or as many as
// it takes; those that nobody builds come first.
func (p *buildersPlace) matrix(whole bool) []string {
	var hosts []fleet.Row
	for _, name := range p.known.names {
		h := p.known.hosts[name]
		hosts = append(hosts, fleet.Row{Host: h.Host, Facts: h.facts, Status: h.status})
	}
	m := fleet.NewMatrix(hosts, p.known.builders)
	widest := 0
	for _, r := range m.Rows {
		widest = max(widest, text.Width(text.Line(r.System)))
	}
	slices.SortStableFunc(m.Rows, func(a, b fleet.MatrixRow) int { return boolInt(b.Nobody) - boolInt(a.Nobody) })
	var lines []string
	for _, r := range m.Rows {
		lines = append(lines, p.matrixLines(m.Builders, r, min(widest, systemsMost), whole)...)
	}
	return lines
}

// matrixLines are those of one system. Where nobody builds it, they say why.
func (p *buildersPlace) matrixLines(builders []string, r fleet.MatrixRow, width int, whole bool) []string {
	system := text.Fit(text.Line(r.System), width) + "  "
	var places, closed []string
	for i, place := range r.Places {
		if place.Slots == 0 {
			continue
		}
		name := text.Line(builders[i])
		places = append(places, p.paint(healthSign(place.Health).ink, fmt.Sprintf("%s %d×%g", name, place.Slots, place.Speed)))
		closed = append(closed, name+" is "+healthSign(place.Health).word)
	}
	switch {
	case r.Nobody:
		lines := p.beside(system, text.Width(system), nobodyBuilds(r.Needed, closed))
		for i := range lines {
			lines[i] = p.paint(bad, lines[i])
		}
		return lines
	case len(places) == 0:
		return []string{system + p.paint(faint, "only hosts themselves build it")}
	case r.Slots == 0:
		return p.beside(system, text.Width(system), "only hosts themselves build it: "+strings.Join(closed, ", "))
	}
	lines := []string{fmt.Sprintf("%s%s, best speed %g:", system, count(r.Slots, "slot", "slots"), r.Speed)}
	for i, place := range places {
		last := &lines[len(lines)-1]
		between := " "
		if i > 0 {
			between += p.bullet + " "
		}
		if whole && text.Width(*last)+text.Width(between)+text.Width(place) > p.w-2 {
			lines = append(lines, blank(text.Width(system))+place)
			continue
		}
		*last += between + place
	}
	return lines
}

// nobodyBuilds says that hosts need what no builder builds now, and why.
func nobodyBuilds(needed, closed []string) string {
	said := "nobody can build it now"
	if len(closed) > 0 {
		said += " (" + strings.Join(closed, ", ") + ")"
	}
	if len(needed) == 1 {
		return said + ", and " + needed[0] + " needs it"
	}
	return fmt.Sprintf("%s, and %s and %d more need it", said, needed[0], len(needed)-1)
}

// unlisted are the entries of machines files that make no sense.
func (p *buildersPlace) unlisted() []string {
	if p.known.inv == nil {
		return nil
	}
	var lines []string
	for _, mistake := range p.known.inv.Unlisted {
		for _, line := range wrap(sentence(mistake), p.w-4) {
			lines = append(lines, p.paint(warn, line))
		}
	}
	return lines
}

package ui

import (
	"fmt"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// headerCounts say how the fleet is, with shorter words where there is no room
// for all, and with an ellipsis where even those are too many.
func (m *Model) headerCounts() string {
	room := m.w - 1
	s := m.countSegments(func(long, _ string) string { return long })
	if segmentsWidth(s) > room {
		s = m.countSegments(func(_, short string) string { return short })
	}
	if segmentsWidth(s) > room {
		return " " + text.Fit(join(s, countGap, room-2)+m.paint(faint, " …"), room)
	}
	if e := m.known.evaluating; e.Host != "" { // where there is room left
		s = append(s, segment{m.paint(faint, "evaluating "+text.Truncate(text.Line(e.Host), 20)+more(e.Left)), 9})
	}
	return " " + row(s, countGap, room)
}

// countGap is between two counts.
const countGap = "  "

func segmentsWidth(s []segment) int {
	w := -len(countGap)
	for _, one := range s {
		w += text.Width(one.text) + len(countGap)
	}
	return w
}

// countSegments are the counts in the order in which they stand. word chooses
// among a long and a short one of the same meaning.
func (m *Model) countSegments(word func(long, short string) string) []segment {
	c := m.known.count()
	var s []segment
	add := func(rank, n int, g sign, short string) {
		if n > 0 {
			g.word = fmt.Sprintf("%d %s", n, word(g.word, short))
			s = append(s, segment{m.paint(g.ink, m.label(g)), rank})
		}
	}
	add(1, c.states[fleet.StateUp], stateSign(fleet.StateUp, false, true), "up")
	for _, state := range []fleet.State{fleet.StateHostKey, fleet.StateAuth, fleet.StateDown, fleet.StateUnknown} {
		short := string(state)
		if state == fleet.StateHostKey {
			short = "key"
		}
		add(2, c.states[state], stateSign(state, false, true), short)
	}
	add(7, c.away, stateSign(fleet.StateDown, true, true), "away")
	add(8, c.asking, stateSign(fleet.StateUnknown, false, false), "asking")
	for _, d := range drifts() {
		g := driftSign(d)
		short := g.word
		switch d {
		case fleet.DriftBootPending:
			short = "pending"
		case fleet.DriftOlderBooted:
			short = "older"
		}
		add(4, c.drifts[d], g, short)
	}
	add(5, c.reboots, rebootSign(), "reboot")
	units := "units"
	if c.units == 1 {
		units = "unit"
	}
	add(3, c.units, sign{"▲", "!", "with failed units", bad}, units)
	add(6, c.evalFailed, sign{"▲", "!", "not evaluating", bad}, "eval")
	return append(s, m.builderCounts(c, word)...)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" +%d", n)
}

// builderCounts says how the builders are: all well in one word, else what is not.
func (m *Model) builderCounts(c counts, word func(long, short string) string) []segment {
	n := len(m.known.builders)
	if n == 0 {
		return nil
	}
	if c.health[fleet.HealthOK] == n {
		return []segment{{m.paint(good, m.label(sign{"●", "+", word("builders ok", "builders"), good})), 3}}
	}
	var s []segment
	for _, h := range []fleet.Health{fleet.HealthIll, fleet.HealthDown} {
		if c.health[h] > 0 {
			g, builders := healthSign(h), count(c.health[h], "builder", "builders")
			g.word = word(fmt.Sprintf("%s %s", builders, h), builders)
			s = append(s, segment{m.paint(g.ink, m.label(g)), 3})
		}
	}
	return s
}

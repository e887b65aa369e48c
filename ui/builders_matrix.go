package ui

import (
	"fmt"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// matrix says which systems can be built where, one line for each.
func (p *buildersPlace) matrix() []string {
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
	var lines []string
	for _, r := range m.Rows {
		lines = append(lines, p.matrixLine(m.Builders, r, min(widest, systemsMost)))
	}
	return lines
}

func (p *buildersPlace) matrixLine(builders []string, r fleet.MatrixRow, width int) string {
	system := text.Fit(text.Line(r.System), width)
	if r.Nobody {
		return p.paint(bad, fmt.Sprintf("%s  nobody can build it, and %s needs it", system, text.Line(r.Needed[0])+others(len(r.Needed)-1)))
	}
	var places []string
	for i, place := range r.Places {
		if place.Slots == 0 {
			continue
		}
		words := fmt.Sprintf("%s %d×%g", text.Line(builders[i]), place.Slots, place.Speed)
		places = append(places, p.paint(healthSign(place.Health).ink, words))
	}
	if len(places) == 0 {
		return system + p.paint(faint, "  only hosts themselves build it")
	}
	return fmt.Sprintf("%s  %s, best speed %g: %s", system, count(r.Slots, "slot", "slots"), r.Speed, strings.Join(places, " "+p.bullet+" "))
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

func others(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// ladder is a line for each rung that was looked at, and why where it is not well.
func (p *buildersPlace) ladder(steps []fleet.Step) []string {
	var lines []string
	for _, s := range steps {
		word, colour := string(s.State), faint
		switch s.State {
		case fleet.StepOK:
			colour = good
		case fleet.StepWarn:
			colour = warn
		case fleet.StepBad:
			colour = bad
		}
		const widestState, widestRung = 11, 11
		said := s.Said
		if s.Reason != "" {
			said = s.Reason
		}
		if s.From != fleet.Here {
			said += " (from " + s.From + " as root)"
		}
		if asked := s.From != fleet.Here || s.Rung == fleet.RungBuild; asked && s.State != fleet.StepUnchecked {
			said += ", " + agoOf(s.At, p.now())
		}
		if took := s.Took.Round(time.Millisecond); took > 0 {
			said += fmt.Sprintf(" (%s)", took)
		}
		lines = append(lines, text.Fit(string(s.Rung), widestRung)+p.paint(colour, text.Fit(word, widestState))+text.Line(said))
	}
	return lines
}

func loadWords(load *float64) string {
	if load == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *load)
}

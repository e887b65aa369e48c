package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// builtWhere is the heading of the matrix.
const builtWhere = "what can be built where"

// all is all that is known of one builder, as far as it has been scrolled to.
func (p *buildersPlace) all(s fleet.BuilderHealth) []string {
	body := p.indented(p.detail(s, manyRows))
	body = append(append(body, p.rule(builtWhere, "", p.w)), p.indented(append(p.matrix(true), p.unlisted()...))...)
	p.length = len(body)
	p.scroll = max(0, min(p.scroll, len(body)-p.h+1))
	note := ""
	if below := len(body) - p.h + 1 - p.scroll; below > 0 {
		note = count(below, "more row", "more rows")
	}
	return exactly(append([]string{p.rule("builder "+text.Line(s.Builder.Name), note, p.w)}, body[p.scroll:]...), p.w, p.h)
}

// manyRows is room for all there is.
const manyRows = 1 << 20

// few are at most room lines, the last of which says how many are missing.
func (p *buildersPlace) few(lines []string, room int) []string {
	if len(lines) <= room {
		return lines
	}
	kept := lines[:room-1]
	return append(slices.Clone(kept), p.paint(faint, "and "+count(len(lines)-len(kept), "more row", "more rows")+", enter shows all"))
}

func (p *buildersPlace) indented(lines []string) []string {
	rows := make([]string, len(lines))
	for i, line := range lines {
		rows[i] = text.Fit("  "+line, p.w)
	}
	return rows
}

// factLabel is the width of what stands before a fact.
const factLabel = 18

// detail is what is known of one builder: what is wrong, its ladder, and the
// rest. Where room is less than that takes, rungs that are alike share a line.
func (p *buildersPlace) detail(s fleet.BuilderHealth, room int) []string {
	var above, below []string
	above = append(above, wrap(sentence(s.Reason), p.w-4)...)
	for _, line := range wrap(sentence(s.Hint), p.w-4) {
		above = append(above, p.paint(faint, line))
	}
	for _, finding := range s.Builder.Findings {
		for _, line := range wrap(sentence(finding), p.w-4) {
			above = append(above, p.paint(warn, line))
		}
	}
	if s.Checking {
		above = append(above, p.paint(busy, text.Truncate("being checked, from a host that sends builds there if there is one …", p.w-2)))
	}
	for _, f := range p.facts(s) {
		below = append(below, p.beside(p.paint(faint, text.Fit(f[0], factLabel)), factLabel, f[1])...)
	}
	ladder := p.ladder(s)
	if len(above)+len(ladder)+len(below) > room {
		ladder = p.folded(s)
	}
	return slices.Concat(above, ladder, below)
}

// beside is a text next to a label of width cells, which is styled.
func (p *buildersPlace) beside(label string, width int, said string) []string {
	lines := wrap(text.Line(said), max(1, p.w-4-width))
	for i := range lines {
		if i == 0 {
			lines[i] = label + lines[i]
		} else {
			lines[i] = blank(width) + lines[i]
		}
	}
	return lines
}

// facts are what else is known of a builder, each with its label; those that
// change come first.
func (p *buildersPlace) facts(s fleet.BuilderHealth) [][2]string {
	b := s.Builder
	upTo, host := string(s.Rung), b.Host
	if len(s.Steps) > 0 {
		upTo = "" // the ladder shows it
	}
	if host == b.Name {
		host = ""
	}
	return [][2]string{
		{"slots taken by", holderWords(s.Held)}, {"builds lately", p.lately(s)}, {"load average", loadWords(s.Load)}, {"answers up to", upTo},
		{"features", strings.Join(b.SupportedFeatures, " ")}, {"only for", strings.Join(b.MandatoryFeatures, " ")},
		{"Nix logs in as", b.SSHUser}, {"address", b.Address}, {"host of the fleet", host}, {"listed in", b.Listed()},
	}
}

// The columns of the ladder.
const rungColumn, stateColumn = 11, 11

// ladder is what became of each rung that was looked at.
func (p *buildersPlace) ladder(s fleet.BuilderHealth) []string {
	var lines []string
	for _, step := range s.Steps {
		lines = append(lines, p.rung(step)...)
		if step.Hint != s.Hint && (step.State == fleet.StepBad || step.State == fleet.StepWarn) {
			for _, line := range p.beside(blank(rungColumn+stateColumn), rungColumn+stateColumn, sentence(step.Hint)) {
				lines = append(lines, p.paint(faint, line))
			}
		}
	}
	return lines
}

func (p *buildersPlace) rung(s fleet.Step) []string {
	said := s.Said
	if s.Reason != "" {
		said = s.Reason
	}
	said += p.vantage(s)
	if took := s.Took.Round(time.Millisecond); took > 0 {
		said += fmt.Sprintf(" (%s)", took)
	}
	label := text.Fit(string(s.Rung), rungColumn) + p.paint(stepInk(s.State), text.Fit(string(s.State), stateColumn))
	if strings.TrimSpace(said) == "" {
		return []string{label}
	}
	return p.beside(label, rungColumn+stateColumn, said)
}

// vantage says from where a rung was checked, and when, if not just now from here.
func (p *buildersPlace) vantage(s fleet.Step) string {
	said := ""
	if s.From != fleet.Here {
		said = " (from " + s.From + " as root)"
	}
	if asked := s.From != fleet.Here || s.Rung == fleet.RungBuild; asked && s.State != fleet.StepUnchecked {
		said += ", " + agoOf(s.At, p.now())
	}
	return said
}

// folded is the ladder with a line for all rungs of which the same is true.
func (p *buildersPlace) folded(h fleet.BuilderHealth) []string {
	var order []string
	rungs, first := map[string][]string{}, map[string]fleet.Step{}
	for _, s := range h.Steps {
		key := string(s.State) + s.Reason + p.vantage(s)
		if len(rungs[key]) == 0 {
			order, first[key] = append(order, key), s
		}
		rungs[key] = append(rungs[key], string(s.Rung))
	}
	var lines []string
	for _, key := range order {
		s := first[key]
		said := strings.Join(rungs[key], ", ")
		if s.Reason != "" && s.Reason != h.Reason {
			said += ": " + s.Reason
		}
		lines = append(lines, p.beside(p.paint(stepInk(s.State), text.Fit(string(s.State), stateColumn)), stateColumn, said+p.vantage(s))...)
	}
	return lines
}

func stepInk(s fleet.StepState) ink {
	switch s {
	case fleet.StepOK:
		return good
	case fleet.StepWarn:
		return warn
	case fleet.StepBad:
		return bad
	}
	return faint
}

func loadWords(load *float64) string {
	if load == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *load)
}

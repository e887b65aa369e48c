package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// strip is the builders in at most h rows, one line each. Those that are ill
// come first where there is no room for all.
func (f *fleetPlace) strip(w, h int) []string {
	all := f.known.builders
	if f.known.inv == nil {
		return nil
	}
	if len(all) == 0 {
		return []string{f.rule("builders", "", w),
			text.Fit(f.paint(faint, "  none: give a host of fleet.nix a `builder` entry, or set nix.buildMachines"), w)}
	}
	shown := slices.Clone(all)
	if len(shown) > h-1 {
		slices.SortStableFunc(shown, func(a, b fleet.BuilderHealth) int { return illness(a) - illness(b) })
		shown = shown[:max(0, h-2)]
	}
	rows := []string{f.rule(count(len(all), "builder", "builders"), "", w)}
	var widths stripWidths
	for _, b := range shown {
		widths.name = min(nameMost, max(widths.name, text.Width(text.Line(b.Builder.Name))))
		widths.busy = max(widths.busy, text.Width(busyWords(b)))
		widths.systems = min(systemsMost, max(widths.systems, text.Width(text.Line(systems(b.Builder.Systems)))))
	}
	for _, b := range shown {
		rows = append(rows, f.builderRow(b, widths, w))
	}
	if left := len(all) - len(shown); left > 0 {
		rows = append(rows, text.Fit(f.paint(faint, fmt.Sprintf("   and %d more, 2 shows all", left)), w))
	}
	return rows
}

// illness sorts builders: ill, down, not known, well.
func illness(b fleet.BuilderHealth) int {
	return slices.Index([]fleet.Health{fleet.HealthIll, fleet.HealthDown, fleet.HealthUnknown, fleet.HealthOK}, b.Health)
}

// systemsMost is the widest column of systems in the strip.
const systemsMost = 24

// stripWidths are the widths of the strip's columns.
type stripWidths struct{ name, busy, systems int }

func (b *brush) builderRow(s fleet.BuilderHealth, widths stripWidths, w int) string {
	sign := healthSign(s.Health)
	row := "   " + b.paint(strong, text.Fit(text.Line(s.Builder.Name), widths.name)) + blank(gap) +
		b.paint(sign.ink, text.Fit(b.label(sign), 11)) +
		text.Fit(busyWords(s), widths.busy+gap) + text.Fit(text.Line(systems(s.Builder.Systems)), widths.systems+1)
	if s.Reason != "" && s.Health != fleet.HealthOK {
		reason := text.Line(s.Reason)
		if s.Hint != "" {
			reason += b.paint(faint, " "+b.bullet+" "+text.Line(s.Hint))
		}
		row += " " + reason
	}
	return text.Fit(row, w)
}

func busyWords(s fleet.BuilderHealth) string { return slots(s) + " busy" }

// slots is how many builds run, of how many that may.
func slots(s fleet.BuilderHealth) string {
	if s.Busy == nil {
		return fmt.Sprintf("-/%d", s.Builder.MaxJobs)
	}
	return fmt.Sprintf("%d/%d", *s.Busy, s.Builder.MaxJobs)
}

func systems(all []string) string {
	short := make([]string, len(all))
	for i, s := range all {
		short[i] = shortSystem(s)
	}
	return strings.Join(short, " ")
}

// buildersPlace is the table of builders, with what can be built where and what
// is known of the one under the cursor. Opened, it is all of the latter.
type buildersPlace struct {
	known *known
	*brush
	now    func() time.Time
	w, h   int
	at     int
	top    int
	page   int
	opened bool
	scroll int // of the opened one
	length int
}

// current is the builder under the cursor, or "".
func (p *buildersPlace) current() string {
	if p.at >= len(p.known.builders) {
		return ""
	}
	return p.known.builders[p.at].Builder.Name
}

func (p *buildersPlace) scopes() []scope {
	return []scope{scopeBuilders, scopeList, scopePlaces, scopeEverywhere}
}

func (p *buildersPlace) setSize(w, h int) { p.w, p.h = w, h }

func (p *buildersPlace) back() bool {
	was := p.opened
	p.opened = false
	return was
}

func (p *buildersPlace) open() { p.opened, p.scroll = true, 0 }

func (p *buildersPlace) move(m motion) {
	switch {
	case p.opened && m == moveBottom:
		p.scroll = p.length // as far as rows allows
		return
	case p.opened:
		p.scroll = m.apply(p.scroll, max(1, p.length-p.h+2), p.h)
		return
	}
	if n := len(p.known.builders); n > 0 {
		p.at = m.apply(p.at, n, max(1, p.page))
	}
}

func (p *buildersPlace) rows() []string {
	all := p.known.builders
	rows := []string{p.rule(count(len(all), "builder", "builders"), "", p.w)}
	if len(all) == 0 {
		for _, line := range []string{"There are no builders.",
			"A builder is a host with a `builder` entry in fleet.nix, an entry of `builders` there, or what nix.buildMachines and /etc/nix/machines name."} {
			for _, part := range wrap(line, p.w-4) {
				rows = append(rows, text.Fit("  "+part, p.w))
			}
		}
		return exactly(rows, p.w, p.h)
	}
	p.at = min(p.at, len(all)-1)
	if p.opened {
		return p.all(all[p.at])
	}
	matrix := p.few(append(p.matrix(false), p.unlisted()...), max(1, p.h/4))
	least := min(len(all), 3)     // rows of the table
	room := p.h - 4 - len(matrix) // for the table and for what is below
	detail := p.detail(all[p.at], room-least)
	p.page = max(least, room-len(detail))
	rows = append(rows, p.titles())
	p.top = window(p.top, p.at, len(all), p.page)
	for i := p.top; i < min(len(all), p.top+p.page); i++ {
		rows = append(rows, p.builder(all[i], i == p.at))
	}
	rows = append(append(rows, p.rule(builtWhere, "", p.w)), p.indented(matrix)...)
	note := ""
	if cut := len(rows) + 1 + len(detail) - p.h; cut > 0 {
		note = count(cut, "more row", "more rows") + ": enter"
	}
	rows = append(rows, p.rule(text.Line(all[p.at].Builder.Name), note, p.w))
	return exactly(append(rows, p.indented(detail)...), p.w, p.h)
}

func (p *buildersPlace) titles() string {
	return p.paint(faint, text.Fit("   "+text.Fit("NAME", p.nameWidth())+"  HEALTH     BUSY    SPEED  SYSTEMS", p.w))
}

func (p *buildersPlace) nameWidth() int {
	w := nameLeast
	for _, b := range p.known.builders {
		w = max(w, text.Width(text.Line(b.Builder.Name)))
	}
	return min(w, nameMost)
}

func (p *buildersPlace) builder(s fleet.BuilderHealth, at bool) string {
	sign := healthSign(s.Health)
	name, health := text.Fit(text.Line(s.Builder.Name), p.nameWidth()), text.Fit(p.label(sign), 11)
	rest := fmt.Sprintf("%-8s%-7g%s", slots(s), s.Builder.SpeedFactor, text.Line(strings.Join(s.Builder.Systems, " ")))
	if at {
		return p.paint(here, text.Fit(p.pointer+"  "+name+"  "+health+rest, p.w))
	}
	return text.Fit("   "+p.paint(strong, name)+"  "+p.paint(sign.ink, health)+rest, p.w)
}

// hostBuilds says whether the host on screen is a builder.
func (m *Model) hostBuilds() bool {
	_, builds := m.known.builderOn(m.host.name)
	return builds
}

func (m *Model) checkHostBuilder() tea.Cmd {
	b, _ := m.known.builderOn(m.host.name)
	m.backend.CheckBuilders([]string{b.Builder.Name})
	m.say(plain, "Checking the builder "+text.Line(b.Builder.Name)+"; 2 shows how it goes", "")
	return nil
}

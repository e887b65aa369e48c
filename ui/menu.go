package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// runMenu is what has been chosen so far in a menu from which a run is made.
type runMenu struct {
	options []menuOption // that it has
	hosts   []string
	buildOn string
	wait    bool
	to      string // where to go back to, as fleet.ParsePoint takes it
	keep    int    // of the newest generations
	back    int    // seconds that a restart may take; 0: the usual
	Choices

	turned string              // the option whose key was pressed last, by its id
	number func(*runMenu) *int // of that option, into which digits are typed; nil: it has none
	typed  bool                // a digit was
	reveal bool                // the option is to be seen when the menu is drawn next
}

// How the menu is laid out.
const (
	menuWidest  = 90
	menuSection = 8 // the headings of its options
	menuAbout   = 2 // rows for what the last one means
	argsShown   = 40
)

// openRunMenu opens a menu of actions on its hosts, over which rows stand, of
// which the one at is to be seen.
func (m *Model) openRunMenu(d *dialog, menu *runMenu, rows func(b *brush, w int) (rows []string, at int)) tea.Cmd {
	d.ink, d.upright = title, true
	d.body = func(b *brush, w int) []string {
		all, at := rows(b, min(w, menuWidest))
		if menu.reveal && d.inner > 0 {
			d.scroll, menu.reveal = window(d.scroll, at, len(all), d.inner), false
		}
		return all
	}
	m.menu = menu
	d.closed = func() { m.menu = nil }
	return m.open(d)
}

// hostRows are the hosts, and a row between them and what follows.
func (d *runMenu) hostRows(w int) []string { return append(wrap(list(safe(d.hosts), 3*w), w), "") }

// rows are the hosts and the options. at is the row of the option that was
// turned last.
func (d *runMenu) rows(b *brush, w int) (rows []string, at int) { return d.below(b, d.hostRows(w), w) }

// below are rows, and below them, with headings, every option with its key and
// how it stands.
func (d *runMenu) below(b *brush, rows []string, w int) (_ []string, at int) {
	section, line, room := "", "", w-menuSection
	about := "A key takes the next value; digits after it type any number."
	flush := func() {
		if line != "" {
			rows = append(rows, line)
		}
		line = blank(menuSection)
	}
	for _, o := range d.options {
		if o.section != section {
			flush()
			section, line = o.section, b.paint(faint, text.Fit(o.section, menuSection))
		}
		words := d.words(b, o)
		if used := text.Width(line) - menuSection; used > 0 && used+gap+text.Width(words) > room {
			flush()
		} else if used > 0 {
			line += blank(gap)
		}
		line += words
		if o.id == d.turned {
			at, about = len(rows), o.about
		}
	}
	flush()
	for _, line := range exactly(wrap(about, w), w, menuAbout) {
		rows = append(rows, b.paint(faint, line))
	}
	return rows, at
}

// words are an option, its value cut where there is no room for all of it.
func (d *runMenu) words(b *brush, o menuOption) string {
	value, changed := o.value(d)
	i := faint
	if changed {
		i = strong
	}
	return b.paint(keyInk, o.key) + " " + o.name + " " + b.paint(i, text.Truncate(text.Line(value), argsShown))
}

// turn changes an option by its key, and brings it into view.
func (m *Model) turn(o menuOption) tea.Cmd {
	d := m.menu
	d.turned, d.number, d.typed, d.reveal = o.id, o.number, false, true
	return o.turn(m)
}

// numberLongest is how large a number can be typed.
const numberLongest = 9999

// typeDigit makes a number of digits, after the key of an option that takes one.
func (m *Model) typeDigit(key string) tea.Cmd {
	d := m.menu
	if d.number == nil {
		return nil
	}
	n := d.number(d)
	digit := int(key[0] - '0')
	if was := *n; d.typed && was*10+digit <= numberLongest {
		digit += was * 10
	}
	*n, d.typed, d.reveal = digit, true, true
	return nil
}

// nextBuildOn goes through the places where it can be built.
func (m *Model) nextBuildOn() tea.Cmd {
	choices := []string{"", "target", "local", LocalAlone}
	for _, b := range m.known.builders {
		choices = append(choices, b.Builder.Name)
	}
	m.menu.buildOn = following(choices, m.menu.buildOn)
	return nil
}

// following is what comes after at in a round.
func following[T comparable](round []T, at T) T {
	for i, v := range round {
		if v == at {
			return round[(i+1)%len(round)]
		}
	}
	return round[0]
}

// askArgs opens the prompt for what nixos-rebuild is told besides.
func (m *Model) askArgs() tea.Cmd {
	menu := m.menu
	m.prompt = newPrompt("arguments for nixos-rebuild:", menu.Args)
	m.prompt.done = func(_ *Model, value string) tea.Cmd { menu.Args = value; return nil }
	return nil
}

package ui

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"nixfleet-tui/internal/text"
)

// Look is how the dashboard is drawn.
type Look struct {
	Theme Theme
	Light bool // colours for a light background
	ASCII bool // only ASCII for glyphs and borders
}

// Theme is a set of colours, always of the terminal's own sixteen.
type Theme string

// The themes.
const (
	ThemeANSI     Theme = "ansi"     // green, yellow, red
	ThemeContrast Theme = "contrast" // told apart without red and green
	ThemeNone     Theme = "none"     // bold, faint and reverse only
)

// ink is what a piece of text means; the theme says how that looks.
type ink int

const (
	plain  ink = iota
	good       // as it should be
	warn       // wants a person some time
	bad        // wants a person now
	busy       // under way
	faint      // less important
	strong     // names and headings
	title      // headings of parts
	keyInk     // a key to press
	here       // what the next key acts on
	marked     // chosen with space
	danger     // what a confirmation is about
	inkCount
)

// palette paints text. It holds the escape sequences of each ink, taken from
// Lip Gloss once: a frame is then made by concatenation.
type palette struct {
	open, close [inkCount]string
	colors      bool
}

func newPalette(l Look) *palette {
	p := &palette{colors: l.Theme != ThemeNone}
	for i, style := range stylesOf(l) {
		p.open[i], p.close[i], _ = strings.Cut(style.Render("x"), "x")
	}
	return p
}

// stylesOf says how each ink looks. What is bright is for dark backgrounds
// alone, and yellow and cyan are; on a light one, blue and bold take their place.
func stylesOf(l Look) [inkCount]lipgloss.Style {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.ANSI)
	r.SetHasDarkBackground(true)
	s := r.NewStyle()
	fg := func(color string) lipgloss.Style { return s.Foreground(lipgloss.Color(color)) }
	styles := [inkCount]lipgloss.Style{
		plain: s, good: s, warn: s.Bold(true), bad: s.Bold(true).Reverse(true), busy: s,
		faint: s.Faint(true), strong: s.Bold(true), title: s.Bold(true), keyInk: s.Bold(true),
		here: s.Reverse(true), marked: s.Bold(true), danger: s.Bold(true).Reverse(true),
	}
	switch {
	case l.Theme == ThemeANSI:
		styles[good], styles[warn], styles[bad] = fg("2"), fg("3"), fg("1").Bold(true)
		styles[busy], styles[title], styles[keyInk] = fg("6"), fg("6").Bold(true), fg("6").Bold(true)
		styles[marked], styles[danger] = fg("5").Bold(true), fg("1").Bold(true).Reverse(true)
		if l.Light {
			styles[warn] = s.Bold(true).Underline(true)
			styles[busy], styles[title], styles[keyInk] = fg("4"), fg("4").Bold(true), fg("4").Bold(true)
		}
	case l.Theme == ThemeContrast && l.Light:
		styles[good], styles[warn] = fg("4"), s.Bold(true).Underline(true)
		styles[busy], styles[keyInk] = fg("4"), fg("4").Bold(true)
		styles[marked], styles[faint] = fg("5").Bold(true), s
	case l.Theme == ThemeContrast:
		styles[good], styles[warn], styles[bad] = fg("14"), fg("11").Bold(true), fg("15").Bold(true).Reverse(true)
		styles[busy], styles[title], styles[keyInk] = fg("12"), fg("15").Bold(true), fg("14").Bold(true)
		styles[marked], styles[danger] = fg("13").Bold(true), fg("15").Bold(true).Reverse(true)
		styles[faint] = fg("7")
	}
	return styles
}

// paint colours s, which holds no escapes of its own.
func (p *palette) paint(i ink, s string) string {
	if s == "" {
		return ""
	}
	return p.open[i] + s + p.close[i]
}

// log makes a line of a log safe and keeps its colours if the theme has any.
func (p *palette) log(line string) string {
	if p.colors {
		return text.Styled(line)
	}
	return text.Line(line)
}

// glyphs are the shapes that borders and bars are made of.
type glyphs struct {
	horizontal, vertical                       string
	topLeft, topRight, bottomLeft, bottomRight string
	barFull, barEmpty                          string
	pointer, diamond, bullet                   string
	up, down                                   string
}

func newGlyphs(ascii bool) glyphs {
	if ascii {
		return glyphs{"-", "|", "+", "+", "+", "+", "#", ".", ">", "*", "-", "^", "v"}
	}
	return glyphs{"─", "│", "╭", "╮", "╰", "╯", "━", "┄", "▸", "◆", "·", "↑", "↓"}
}

// brush is all that drawing needs: colours and shapes.
type brush struct {
	*palette
	glyphs
	ascii bool
}

func newBrush(l Look) *brush {
	return &brush{palette: newPalette(l), glyphs: newGlyphs(l.ASCII), ascii: l.ASCII}
}

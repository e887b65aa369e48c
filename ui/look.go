package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// ChooseLook returns what was asked for by flags, else what the environment
// says, else what was chosen with a key before. NO_COLOR and CLICOLOR=0 choose
// ThemeNone. Whether the background is light is never asked of the terminal,
// which may be slow or not answer at all: COLORFGBG tells where it is set. The
// error is a *fleet.Error.
func ChooseLook(theme, background string, kept Habits, getenv func(string) string) (Look, error) {
	var l Look
	switch t := Theme(theme); {
	case t == ThemeANSI || t == ThemeContrast || t == ThemeNone:
		l.Theme = t
	case t != "":
		return Look{}, &fleet.Error{Message: "there is no theme " + text.Line(theme), Hint: "Choose ansi, contrast or none."}
	case getenv("NO_COLOR") != "" || getenv("CLICOLOR") == "0":
		l.Theme = ThemeNone
	case kept.Theme == ThemeContrast || kept.Theme == ThemeNone:
		l.Theme = kept.Theme
	default:
		l.Theme = ThemeANSI
	}
	switch fgbg := getenv("COLORFGBG"); {
	case background == "dark" || background == "light":
		l.Light = background == "light"
	case background != "":
		return Look{}, &fleet.Error{Message: "there is no background " + text.Line(background), Hint: "It is dark or light."}
	case kept.Theme != "":
		l.Light = kept.Light
	case fgbg != "":
		// "15;0" or "15;default;0": the last is the background; 7 and 15 are white.
		bg := fgbg[strings.LastIndexByte(fgbg, ';')+1:]
		l.Light = bg == "7" || bg == "15"
	}
	return l, nil
}

// looks are what the key for colours goes through.
func looks() []Look {
	return []Look{
		{Theme: ThemeANSI}, {Theme: ThemeANSI, Light: true},
		{Theme: ThemeContrast}, {Theme: ThemeContrast, Light: true}, {Theme: ThemeNone},
	}
}

// nextLook changes the colours. Logs are fitted anew, since theirs may come or go.
func (m *Model) nextLook() tea.Cmd {
	all, at := looks(), 0
	for i, l := range all {
		if l.Theme == m.look.Theme && (l.Light == m.look.Light || l.Theme == ThemeNone) {
			at = i + 1
		}
	}
	next := all[at%len(all)]
	next.ASCII, m.themed = m.look.ASCII, true
	m.setLook(next)
	m.say(plain, "Colours: "+m.look.words(), "")
	return nil
}

func (m *Model) setLook(l Look) {
	m.look = l
	m.brush.palette = newPalette(l) // a command that is under way keeps the old one
	for _, p := range m.run.panes {
		p.shows = view{}
	}
}

func (l Look) words() string {
	switch {
	case l.Theme == ThemeNone:
		return "none, only bold and reverse"
	case l.Light:
		return string(l.Theme) + ", for a light background"
	}
	return string(l.Theme) + ", for a dark background"
}

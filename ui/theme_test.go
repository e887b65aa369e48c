package ui

import (
	"strings"
	"testing"
)

func TestLookIsChosenWithoutAskingTheTerminal(t *testing.T) {
	env := func(pairs map[string]string) func(string) string { return func(k string) string { return pairs[k] } }
	one := func(k, v string) map[string]string { return map[string]string{k: v} }
	light := Habits{Theme: ThemeContrast, Light: true}
	cases := []struct {
		theme, background string
		kept              Habits
		env               map[string]string
		want              Look
	}{
		{want: Look{Theme: ThemeANSI}},
		{env: one("NO_COLOR", "1"), want: Look{Theme: ThemeNone}},
		{env: one("CLICOLOR", "0"), want: Look{Theme: ThemeNone}},
		{env: one("NO_COLOR", ""), want: Look{Theme: ThemeANSI}},
		{theme: "contrast", env: one("NO_COLOR", "1"), want: Look{Theme: ThemeContrast}},
		{theme: "none", want: Look{Theme: ThemeNone}},
		{kept: light, want: Look{Theme: ThemeContrast, Light: true}},
		{kept: light, env: one("NO_COLOR", "1"), want: Look{Theme: ThemeNone, Light: true}},
		{kept: light, theme: "ansi", background: "dark", want: Look{Theme: ThemeANSI}},
		{kept: Habits{Theme: "neon"}, want: Look{Theme: ThemeANSI}},
		{env: one("COLORFGBG", "0;15"), want: Look{Theme: ThemeANSI, Light: true}},
		{env: one("COLORFGBG", "15;default;0"), want: Look{Theme: ThemeANSI}},
		{kept: Habits{Theme: ThemeANSI}, env: one("COLORFGBG", "0;15"), want: Look{Theme: ThemeANSI}},
	}
	for _, c := range cases {
		if got, err := ChooseLook(c.theme, c.background, c.kept, env(c.env)); got != c.want || err != nil {
			t.Errorf("%+v gives %+v, %v", c, got, err)
		}
	}
	for _, wrong := range [][2]string{{"neon", ""}, {"", "grey"}} {
		if _, err := ChooseLook(wrong[0], wrong[1], Habits{}, env(nil)); err == nil {
			t.Errorf("%q are no mistake", wrong)
		}
	}
}

func TestThemes(t *testing.T) {
	if p := newPalette(Look{Theme: ThemeANSI}); p.paint(good, "x") != "\x1b[32mx\x1b[0m" {
		t.Errorf("good is %q", p.paint(good, "x"))
	}
	none := newPalette(Look{Theme: ThemeNone})
	for i := range inkCount {
		if strings.ContainsAny(none.open[i], "3489") {
			t.Errorf("the theme without colours has one: %q", none.open[i])
		}
	}
	if none.log("\x1b[31mred\x1b[0m") != "red" {
		t.Error("the theme without colours keeps those of logs")
	}
	// What wants a person is told apart from what does not also by who sees no colours.
	for _, l := range looks() {
		p := newPalette(l)
		if p.open[good] == p.open[bad] || p.open[good] == p.open[warn] || p.open[warn] == p.open[bad] || p.open[here] == "" {
			t.Errorf("%+v shows different things alike", l)
		}
		if l.Light && (strings.Contains(p.open[warn], "33") || strings.Contains(p.open[good], "9")) {
			t.Errorf("%+v has colours that cannot be read on white", l)
		}
	}
}

func TestColoursAreChangedAndRemembered(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(2, false)
	s.keys("C", "C", "C")
	s.sees("Colours: contrast, for a light background.")
	if got := s.backend.habits[len(s.backend.habits)-1]; got.Theme != ThemeContrast || !got.Light {
		t.Errorf("kept %+v", got)
	}
	if !strings.Contains(s.m.View(), "\x1b[35m") {
		t.Error("the logs have lost their colours")
	}
	s.keys("C")
	if strings.Contains(s.m.View(), "\x1b[35m") || strings.Contains(s.m.View(), "\x1b[34m") {
		t.Errorf("there are colours left: %q", s.m.View())
	}
	s.keys("C")
	if !strings.Contains(s.m.View(), "\x1b[35mhello") {
		t.Error("the colours do not come back")
	}
}

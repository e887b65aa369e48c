package ui

import "testing"

// Searching finds a word in any case, in what is shown of a line.
func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		query, line string
		want        bool
	}{
		{"needle", "in the hay: a NeeDle", true},
		{"NEEDLE", "needle", true},
		{"needle", "need needl", false},
		{"eel", "the eeel", true},
		{"[1m", "brackets [1m", true},
		{"[1m", "\x1b[1mbold\x1b[0m", false},
		{"bold", "\x1b[1mbo\x1b[0mld", true},
		{"größe", "die GRÖSSE, die GRÖßE", true},
		{"z", "größZe", true},
		{"longer than the line", "line", false},
		{"x", "", false},
	} {
		if got := matcher(c.query)(c.line); got != c.want {
			t.Errorf("%q in %q: %v", c.query, c.line, got)
		}
	}
}

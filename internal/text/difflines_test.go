package text

import (
	"slices"
	"strings"
	"testing"
)

func TestDiffLines(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"a b c", "a b c", " a  b  c"},
		{"a b c", "a x c", " a -b +x  c"},
		{"a b", "a b c", " a  b +c"},
		{"a b c d", "b d", "-a  b -c  d"},
		{"x", "y", "-x +y"},
		{"a a b", "a b", " a -a  b"},
		{"a b c d e f", "c d x a b f", "-a -b  c  d -e +x +a +b  f"},
		{"a b c a b b a", "c b a b a c", "-a -b  c -a  b +a  b  a +c"},
	} {
		var got []string
		for _, change := range DiffLines(strings.Fields(c.a), strings.Fields(c.b)) {
			got = append(got, string(change.Mark)+change.Line)
		}
		if words := strings.Join(got, " "); words != c.want {
			t.Errorf("%q, %q:\n%s, want\n%s", c.a, c.b, words, c.want)
		}
	}
}

// TestDiffLinesLosesNothing: what is kept and removed is the first text, what
// is kept and added the second, also where they are too long to be compared.
func TestDiffLinesLosesNothing(t *testing.T) {
	long := func(mark string) []string {
		half := slices.Repeat([]string{mark}, 1500)
		return slices.Concat([]string{"head"}, half, []string{"same"}, half, []string{"tail"})
	}
	a, b := long("a"), long("b")
	var first, second []string
	var marks strings.Builder
	for _, change := range DiffLines(a, b) {
		if !strings.HasSuffix(marks.String(), string(change.Mark)) {
			marks.WriteByte(change.Mark)
		}
		if change.Mark != '+' {
			first = append(first, change.Line)
		}
		if change.Mark != '-' {
			second = append(second, change.Line)
		}
	}
	if !slices.Equal(first, a) || !slices.Equal(second, b) {
		t.Errorf("%d and %d lines", len(first), len(second))
	}
	if got := marks.String(); got != " -+ " {
		t.Errorf("what is too long is told in the order %q, want all of the first and then all of the second", got)
	}
}

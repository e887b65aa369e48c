package fleet

import (
	"errors"
	"testing"
	"time"
)

func TestPoints(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 12, 0, 0, 0, time.UTC) }
	g := Generations{Reading: Reading{Generation: 9}, Generations: []Generation{
		{Number: 9, Created: day(20)}, {Number: 8, Created: day(18), Gone: true}, {Number: 5, Created: day(10)}, {Number: 4, Created: day(3)},
	}}
	for words, want := range map[string]int{
		"9": 9, "-1": 5, "-2": 4, "2026-11-19": 5, "2026-11-20": 9, "2026-11-20 11:59": 5, "2026-11-20T12:00": 9, " 2026-11-03 ": 4,
		"8": 0, "7": 0, "-3": 0, "2026-11-02": 0,
	} {
		p, err := ParsePoint(words, time.UTC)
		if err != nil || p.IsZero() {
			t.Fatalf("%q: %v %v", words, p, err)
		}
		got, err := g.At(p)
		var told *Error
		if got.Number != want && want != 0 || (want == 0) != errors.As(err, &told) || told != nil && told.Hint == "" {
			t.Errorf("%q is generation %d (%v), not %d", words, got.Number, err, want)
		}
	}
	for _, words := range []string{"", "0", "last", "2026-13-01", "1.5", "yesterday"} {
		var told *Error
		if _, err := ParsePoint(words, time.UTC); !errors.As(err, &told) || told.Hint == "" {
			t.Errorf("%q: %v", words, err)
		}
	}
}

package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Point is one of a host's generations as a person names it, so that it can be
// meant of many hosts: by its number, by how many before the boot default, or
// by the time at which it was the newest. Zero names none.
type Point struct {
	Number int       // of a generation; -N is the Nth before the boot default
	At     time.Time // set instead of Number
}

// pointLayouts are how times are given; a day alone means its end.
var pointLayouts = [...]string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.DateTime}

// ParsePoint reads "41", "-1", "2026-11-20" or "2026-11-20 15:04", by the clock
// of that place. The error is an *Error.
func ParsePoint(s string, in *time.Location) (Point, error) {
	s = strings.TrimSpace(s)
	number, err := strconv.Atoi(s)
	if err == nil && number != 0 {
		return Point{Number: number}, nil
	}
	for _, layout := range pointLayouts {
		at, err := time.ParseInLocation(layout, s, in)
		if err != nil {
			continue
		}
		if layout == time.DateOnly {
			at = at.AddDate(0, 0, 1).Add(-time.Second)
		}
		return Point{At: at}, nil
	}
	return Point{}, &Error{Message: fmt.Sprintf("%q names no generation", s),
		Hint: "Give its number, -1 for the one before, or a time such as 2026-11-20 or \"2026-11-20 15:04\" for what was newest then."}
}

func (p Point) String() string {
	if !p.At.IsZero() {
		return p.At.Format("2006-01-02 15:04")
	}
	return strconv.Itoa(p.Number)
}

// IsZero says whether the point names nothing.
func (p Point) IsZero() bool { return p.Number == 0 && p.At.IsZero() }

// At finds the generation that a point names. One that is gone is no target.
func (g Generations) At(p Point) (Generation, error) {
	if p.At.IsZero() {
		return g.Target(p.Number)
	}
	for _, one := range g.Generations { // newest first
		if !one.Gone && !one.Created.IsZero() && !one.Created.After(p.At) {
			return one, nil
		}
	}
	return Generation{}, &Error{Message: "it has no generation that was made until " + p.String(), Hint: "It has " + g.numbers() + "; `generations` shows when each was made."}
}

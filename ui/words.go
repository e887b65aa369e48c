package ui

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// ageOf is the age of a moment, or "" when it is not known.
func ageOf(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return text.Age(now.Sub(t))
}

// agoOf says when something was, seen from now.
func agoOf(t, now time.Time) string {
	if d := now.Sub(t); d >= time.Second {
		return text.Age(d) + " ago"
	}
	return "just now"
}

// elapsed is how long something has been going on, to the second.
func elapsed(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// span is how long something took or has taken, or "" before it began.
func span(from, to, now time.Time) string {
	switch {
	case from.IsZero():
		return ""
	case to.IsZero():
		return elapsed(now.Sub(from))
	}
	return elapsed(to.Sub(from))
}

// leftWords say how long a task's builds will still take, or "" when nothing
// is known of that.
func leftWords(t rollout.TaskView) string {
	switch {
	case t.Left == nil || t.Verdict != nil:
		return ""
	case *t.Left < time.Minute:
		return "<1m left"
	}
	return "~" + text.Age(t.Left.Round(time.Minute)) + " left"
}

// size is a number of bytes, to a tenth of the unit.
func size(bytes int64) string {
	const kib = 1024
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	if bytes < kib {
		return fmt.Sprintf("%d B", bytes)
	}
	v, unit := float64(bytes)/kib, 0
	for v >= kib && unit < len(units)-1 {
		v /= kib
		unit++
	}
	return fmt.Sprintf("%.1f %s", v, units[unit])
}

// count says how many there are of a thing.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// storeHash is what tells two systems apart: the beginning of the store path's hash.
func storeHash(storePath string) string {
	name := path.Base(storePath)
	if storePath == "" || len(name) < 8 {
		return ""
	}
	return text.Line(name[:8])
}

// tell splits an error into what is said and what can be done about it.
func tell(err error) (message, hint string) {
	var known *fleet.Error
	var broken *rollout.BrokenError
	switch {
	case errors.As(err, &known):
		return sentence(known.Message), sentence(known.Hint)
	case errors.As(err, &broken):
		return sentence("this run cannot be shown: " + broken.Why), "What is left of it is in " + text.Line(broken.Dir) + "; it can be removed."
	}
	return sentence(err.Error()), ""
}

// sentence is a clause that begins with a capital letter, unless it begins with
// a key: m and M do not do the same.
func sentence(s string) string {
	s = clause(s)
	if s == "" {
		return ""
	}
	first := firstWord(s)
	isKey := len(first) == 1 && first != "a"
	if c := s[0]; c >= 'a' && c <= 'z' && !isKey && !strings.ContainsAny(first, "/-.:0123456789") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// clause is s as one safe line that ends in a full stop, for after a colon.
func clause(s string) string {
	s = strings.TrimSpace(text.Line(strings.ReplaceAll(s, "\n", " ")))
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") {
		return s
	}
	return s + "."
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

// list joins names of hosts and says how many were left out when they do not fit into w cells.
func list(names []string, w int) string {
	if all := strings.Join(names, ", "); text.Width(all) <= w || len(names) < 2 {
		return text.Truncate(all, max(0, w))
	}
	for n := len(names) - 1; n > 0; n-- {
		s := strings.Join(names[:n], ", ") + fmt.Sprintf(" and %d more", len(names)-n)
		if text.Width(s) <= w {
			return s
		}
	}
	return text.Truncate(count(len(names), "host", "hosts"), max(0, w))
}

// safe returns the names with nothing in them that a terminal would obey.
func safe(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = text.Line(n)
	}
	return out
}

package ui

import (
	"strings"

	"nixfleet-tui/rollout"
)

// decisiveShown is how many lines of a log a summary quotes.
const decisiveShown = 3

// quoted are the few lines of a log that say most about why a task ended as it
// did, and are not in its reason already: the last ones that a failing build, or
// the account of a failing unit, has; of other errors the first, since causes
// stand before what follows from them.
func quoted(v *rollout.Verdict) []string {
	lines := v.Unsaid()
	if len(lines) == 0 {
		return nil
	}
	if v.Outcome == rollout.OutcomeDegraded {
		return lines[max(0, len(lines)-decisiveShown):]
	}
	if build, _, ok := strings.Cut(lines[0], "> "); ok && !strings.Contains(build, " ") {
		same := 1
		for same < len(lines) && strings.HasPrefix(lines[same], build+"> ") {
			same++
		}
		return lines[max(0, same-decisiveShown):same]
	}
	return lines[:min(len(lines), decisiveShown)]
}

package ui

import (
	"slices"

	"nixfleet-tui/internal/text"
)

// skippedShare is the part of the height that skipped hosts may take of the grid.
const skippedShare = 8

// inGrid are the tasks that have panes: where some have a log, those that were
// skipped have none to show, and take no room from them.
func (r *runPlace) inGrid() []*pane {
	if n := slices.IndexFunc(r.panes, (*pane).skipped); n > 0 {
		return r.panes[:n] // rise has put them last
	}
	return r.panes
}

// skippedRows tell below the grid of those that have no pane.
func (r *runPlace) skippedRows() []string {
	skipped := r.panes[len(r.inGrid()):]
	most := max(1, r.h/skippedShare)
	var rows []string
	for i, p := range skipped {
		s, words := taskSign(p.task), text.Line(p.host)
		if len(rows) == most-1 && i < len(skipped)-1 {
			words = list(safe(hostsOf(skipped[i:])), r.w-16) + "; v tells why"
		} else {
			words += ": " + text.Line(p.task.Verdict.Reason)
		}
		rows = append(rows, text.Fit(" "+r.paint(s.ink, r.label(s))+" "+words, r.w))
		if len(rows) == most {
			break
		}
	}
	return rows
}

func hostsOf(panes []*pane) []string {
	names := make([]string, len(panes))
	for i, p := range panes {
		names[i] = p.host
	}
	return names
}

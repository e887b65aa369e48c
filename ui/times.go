package ui

import (
	"time"

	"nixfleet-tui/internal/text"
)

// How the time stands before a line.
const (
	timeForm  = time.TimeOnly
	timeWidth = len(timeForm) + 1
	timeRoom  = 40 // columns that a pane must have for times to leave room for the line
)

// dates says whether lines are shown with when they came.
func (v view) dates() bool { return v.timed && v.w >= timeRoom }

// inside is the view without the column of times.
func (v view) inside() view {
	if v.dates() {
		v.w -= timeWidth
	}
	return v
}

// dated puts before the first row of a line when it came.
func (v view) dated(p *palette, rows []string, at time.Time, zone *time.Location) []string {
	if !v.dates() {
		return rows
	}
	stamp := blank(timeWidth)
	if !at.IsZero() {
		stamp = p.paint(faint, text.Fit(at.In(zone).Format(timeForm), timeWidth))
	}
	for i := range rows {
		rows[i] = stamp + rows[i]
		stamp = blank(timeWidth)
	}
	return rows
}

// toggleTimes shows when lines came in all panes, or in none.
func (r *runPlace) toggleTimes() {
	r.timed = !r.timed
	for _, p := range r.panes {
		p.timed = r.timed
	}
}

package ui

import (
	"fmt"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// What the zoomed pane shows of what is being built.
const (
	buildsMost  = 8 // rows
	buildsShare = 3 // at most a third of the height
	stepWidth   = 14
)

// alone is the focused pane over the whole place: what is being built there,
// on which machine and since when, above its log.
func (r *runPlace) alone() []string {
	p := r.focused()
	rows, side := r.pane(p, r.focus+1), r.paint(p.border(true), r.vertical)
	out := append(make([]string, 0, r.h), rows[0])
	for _, b := range r.buildRows(p) {
		out = append(out, side+b+side)
	}
	return append(out, rows[1:]...)
}

// copyRow is what is being fetched or copied, and how much there is of all that
// is to come; "" when there is nothing of it.
func (r *runPlace) copyRow(p nixcmd.Progress) string {
	if p.Download == "" {
		return ""
	}
	words := fmt.Sprintf("  path %d of %d", p.CopiesDone+1, max(p.CopiesDone+1, p.CopiesExpected))
	if p.BytesExpected > 0 {
		words += fmt.Sprintf(", %s of %s", size(p.BytesDone), size(p.BytesExpected))
	}
	return " " + r.paint(busy, r.label(sign{"◐", "*", "copying " + text.Line(p.Download), busy})) + r.paint(faint, words)
}

// buildRows are what is being copied and built, the longest first, and a line below.
func (r *runPlace) buildRows(p *pane) []string {
	builds, copying := p.task.Progress.Builds, r.copyRow(p.task.Progress)
	if len(builds) == 0 && copying == "" || p.task.Verdict != nil {
		return nil
	}
	w, most := max(1, r.w-2), min(buildsMost, max(1, r.h/buildsShare))
	shown := builds
	if len(builds) > most {
		shown = builds[:most-1]
	}
	name := 0
	for _, b := range shown {
		name = max(name, text.Width(text.Line(b.Name)))
	}
	var rows []string
	if copying != "" {
		rows = append(rows, text.Fit(copying, w))
	}
	for _, b := range shown {
		rows = append(rows, text.Fit(r.buildRow(b, p.host, min(name, w/2)), w))
	}
	if n := len(builds) - len(shown); n > 0 {
		rows = append(rows, text.Fit(r.paint(faint, fmt.Sprintf("   and %d more", n)), w))
	}
	return append(rows, r.rule("log", "", w))
}

func (r *runPlace) buildRow(b nixcmd.RunningBuild, host string, name int) string {
	where := b.Machine
	if where == "" {
		where = "where Nix runs"
		if h, ok := r.view.Plan.Host(host); ok {
			where = map[string]string{"target": host, "local": "this machine"}[h.BuildOn]
			if where == "" {
				where = h.BuildOn
			}
		}
	}
	clock := text.Fit(elapsed(r.now().Sub(b.Since)), 7)
	return " " + r.paint(busy, r.label(sign{"◐", "*", text.Fit(text.Line(b.Name), name), busy})) + "  " + r.paint(faint, clock) +
		text.Fit(text.Line(b.Step), stepWidth) + r.paint(faint, " on "+text.Line(where))
}

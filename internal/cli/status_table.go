package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// print shows the hosts, then what is wrong with whom, then the builders.
func (o *statusOptions) print(r statusReport) error {
	for _, w := range r.warnings {
		fmt.Fprintf(o.IO.Err, "warning: %s\n", text.Line(w))
	}
	_, err := io.WriteString(o.IO.Out, strings.Join(reportLines(o.IO, r, o.Env.Now()), "\n")+"\n")
	return err
}

// reportLines are all lines of a report, which fit the terminal.
func reportLines(s *IO, r statusReport, now time.Time) []string {
	lines := hostTable(s, r.rows, now).lines(s)
	if r.nobody != "" {
		lines = []string{sentence(r.nobody)}
	}
	for _, row := range r.rows {
		for _, words := range append(troubles(row), risks(s, row)...) {
			lines = append(lines, hang("  "+text.Line(row.Host.Name)+": ", words, s.Width())...)
		}
	}
	if len(r.builders) > 0 {
		lines = append(lines, "")
		lines = append(lines, builderTable(s, r.builders).lines(s)...)
		for _, b := range r.builders {
			if b.Reason != "" && b.Hint != "" && b.Health != fleet.HealthUnknown {
				lines = append(lines, hang("  "+text.Line(b.Builder.Name)+": ", sentence(b.Hint), s.Width())...)
			}
		}
	}
	return lines
}

func hostTable(s *IO, rows []fleet.Row, now time.Time) *table {
	t := &table{columns: []column{
		{title: "HOST", keep: 9}, {title: "STATE", keep: 8}, {title: "DRIFT", keep: 7}, {title: "GEN", keep: 6, right: true},
		{title: "AGE", keep: 4, right: true}, {title: "VERSION", keep: 3, flex: true}, {title: "SYSTEM", keep: 2},
		{title: "REBOOT", keep: 5}, {title: "TAGS", keep: 1, flex: true},
	}}
	for _, row := range rows {
		t.add(hostRow(s, row, now)...)
	}
	return t
}

func hostRow(s *IO, row fleet.Row, now time.Time) []cell {
	r := row.Status.Reading
	state := stateMark(row.Status.State).cell(s)
	if row.Host.Intermittent && row.Status.State == fleet.StateDown {
		state = mark{"○", "o", "away", faint}.cell(s) // as is normal for it
	}
	var generation, reboot cell
	if r.Generation > 0 {
		generation.words = fmt.Sprint(r.Generation)
	}
	if row.Reboot() {
		reboot = mark{"↻", "~", "needed", warn}.cell(s)
	}
	drift := driftMark(row.Drift()).cell(s)
	switch row.Facts.State {
	case fleet.FactsFailed:
		drift = mark{"✗", "x", "no eval", bad}.cell(s)
	case fleet.FactsStale:
		drift.words += "*" // by an earlier tree
	}
	return []cell{{words: row.Host.Name}, state, drift, generation, {words: age(r.GenerationAt, now)}, {words: r.Label},
		{words: row.System()}, reboot, {words: strings.Join(row.Host.Tags, " "), ink: faint}}
}

// age says how long ago something was; "" when that is not known.
func age(then, now time.Time) string {
	if then.IsZero() {
		return ""
	}
	return text.Age(now.Sub(then))
}

// troubles are what a row of the table has no room for.
func troubles(row fleet.Row) []string {
	var lines []string
	if row.Status.Error != "" {
		line := stopped(row.Status.Error)
		if row.Status.Hint != "" {
			line += " " + sentence(row.Status.Hint)
		}
		lines = append(lines, line)
	}
	if row.Facts.EvalError != "" {
		lines = append(lines, "does not evaluate: "+stopped(row.Facts.EvalError))
	}
	if units := row.Status.Reading.FailedUnits; len(units) > 0 && row.Status.State == fleet.StateUp {
		lines = append(lines, "failed units: "+text.Line(strings.Join(units, ", ")))
	}
	return lines
}

// risks are holes in how a host guards root, in red.
func risks(s *IO, row fleet.Row) []string {
	var lines []string
	for _, r := range row.Sudo.Risks {
		lines = append(lines, s.paint(bad, "security: "+stopped(r.Message))+" "+sentence(r.Hint))
	}
	return lines
}

func builderTable(s *IO, builders []fleet.BuilderHealth) *table {
	t := &table{columns: []column{
		{title: "BUILDER", keep: 9}, {title: "HEALTH", keep: 8}, {title: "BUSY", keep: 5, right: true},
		{title: "SYSTEMS", keep: 6, flex: true}, {title: "SPEED", keep: 2, right: true}, {title: "FEATURES", keep: 1, flex: true},
		{title: "WHY", keep: 7, flex: true}, {title: "FROM", keep: 0, flex: true},
	}}
	for _, b := range builders {
		t.add(builderRow(s, b)...)
	}
	return t
}

func builderRow(s *IO, h fleet.BuilderHealth) []cell {
	b := h.Builder
	jobs := fmt.Sprintf("-/%d", b.MaxJobs)
	if h.Busy != nil {
		jobs = fmt.Sprintf("%d/%d", *h.Busy, b.MaxJobs)
	}
	return []cell{{words: b.Name}, healthMark(h.Health).cell(s), {words: jobs}, {words: strings.Join(b.Systems, " ")},
		{words: fmt.Sprintf("%g", b.SpeedFactor)}, {words: strings.Join(b.SupportedFeatures, " "), ink: faint},
		{words: h.Reason}, {words: b.Listed(), ink: faint}}
}

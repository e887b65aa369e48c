package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

const decisiveShown = 20 // lines of a failed host's log in a summary

// writeSummary tells how a run ended: a table, then for each host that needs
// somebody why, what to do, the lines that say so, and where the log is.
func writeSummary(s *IO, self string, v rollout.View) error {
	t := &table{columns: []column{
		{title: "HOST", keep: 9}, {title: "RESULT", keep: 8}, {title: "TIME", keep: 2, right: true},
		{title: "CHANGED", keep: 3}, {title: "REBOOT", keep: 4}, {title: "WHY", keep: 1, flex: true},
	}}
	for _, task := range v.Tasks {
		t.add(summaryRow(s, v, task)...)
	}
	if err := t.write(s.Out, s); err != nil {
		return err
	}
	for _, task := range v.Tasks {
		if needsWords(task) {
			writeDetail(s.Out, s, v, task)
		}
	}
	fmt.Fprintf(s.Out, "\n%s\n", runWords(v))
	if v.Broken != "" {
		fmt.Fprintf(s.Out, "its record is damaged: %s\n", text.Line(v.Broken))
	}
	fmt.Fprintf(s.Out, "logs: %s/hosts  (`%s runs show %s HOST` prints one)\n", v.Dir, self, v.Plan.ID)
	return nil
}

func summaryRow(s *IO, v rollout.View, t rollout.TaskView) []cell {
	result, took := taskMark(t), ""
	if !t.Started.IsZero() {
		took = clock(elapsed(t, v.LastSeen))
	}
	if t.Verdict == nil {
		return []cell{{words: t.Host}, result.cell(s), {words: took}, {}, {}, {words: t.Reason}}
	}
	row := []cell{{words: t.Host}, outcomeMark(t.Verdict.Outcome).cell(s), {words: took}, {words: "no", ink: faint}, {}, {words: t.Verdict.Reason}}
	if t.Verdict.Changed {
		row[3] = cell{words: "yes"}
	}
	if t.Verdict.RebootNeeded {
		row[4] = cell{"needed", warn}
	}
	return row
}

// needsWords says whether a row of the table is not enough for this task.
func needsWords(t rollout.TaskView) bool {
	if t.Verdict == nil {
		return false
	}
	return t.Verdict.Outcome != rollout.OutcomeOK && t.Verdict.Outcome != rollout.OutcomeSkipped || t.Verdict.Hint != ""
}

func writeDetail(w io.Writer, s *IO, v rollout.View, t rollout.TaskView) {
	fmt.Fprintln(w)
	s.tell(w, text.Line(t.Host)+": ", s.paint(outcomeMark(t.Verdict.Outcome).ink, stopped(reasonOf(*t.Verdict))))
	s.hint(w, t.Verdict.Hint)
	unsaid := t.Verdict.Unsaid()
	for i, line := range unsaid {
		if i == decisiveShown {
			fmt.Fprintf(w, "  | … %d more lines in the log\n", len(unsaid)-i)
			break
		}
		fmt.Fprintf(w, "  | %s\n", text.Line(line))
	}
	if log := logOf(v, t); log != "" {
		fmt.Fprintf(w, "  log: %s\n", log)
	}
}

// reasonOf is why a verdict is what it is, or the verdict itself.
func reasonOf(v rollout.Verdict) string {
	if v.Reason != "" {
		return v.Reason
	}
	return string(v.Outcome)
}

// logOf is the path of a task's log, or "" when nothing was ever started for it.
func logOf(v rollout.View, t rollout.TaskView) string {
	path := rollout.LogPath(v.Dir, t.Host)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// runWords is a run in one line: its ID, what became of how many, how long it took.
func runWords(v rollout.View) string {
	var parts []string
	for _, o := range []rollout.Outcome{rollout.OutcomeFailed, rollout.OutcomeUnknown, rollout.OutcomeDegraded,
		rollout.OutcomeReboot, rollout.OutcomeCancelled, rollout.OutcomeSkipped, rollout.OutcomeOK} {
		if n := countOutcome(v, o); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	if n := countOutcome(v, ""); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not ended", n))
	}
	took := ""
	if v.Over() {
		took = " in " + clock(v.Ended.Sub(v.Plan.Invoked))
	}
	return v.Plan.ID + ": " + strings.Join(parts, ", ") + took
}

func countOutcome(v rollout.View, o rollout.Outcome) int {
	n := 0
	for _, t := range v.Tasks {
		if t.Verdict == nil && o == "" || t.Verdict != nil && t.Verdict.Outcome == o {
			n++
		}
	}
	return n
}

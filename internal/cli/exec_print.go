package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

// show prints the groups of answers, asked being how many hosts there were.
func (o *execOptions) show(groups []fleet.Folded, asked int) error {
	if o.JSON {
		return writeJSON(o.IO.Out, execDocument(o.Command, groups))
	}
	var out bytes.Buffer
	for i, g := range groups {
		if i > 0 {
			out.WriteByte('\n')
		}
		o.head(&out, g, asked)
		switch {
		case o.Diff && i > 0 && g.Err == nil && groups[0].Err == nil:
			o.difference(&out, groups[0], g)
		default:
			for _, line := range answerLines(g.Answer) {
				out.WriteString(line + "\n")
			}
		}
	}
	_, err := o.IO.Out.Write(out.Bytes())
	return err
}

// head says who gave an answer, and how the command ended there.
func (o *execOptions) head(w io.Writer, g fleet.Folded, asked int) {
	m := mark{"✓", "+", "exit 0", good}
	switch {
	case g.Err != nil:
		m = mark{"✗", "x", "no answer", bad}
	case g.ExitCode != 0:
		m = mark{"✗", "x", fmt.Sprintf("exit %d", g.ExitCode), bad}
	}
	who := text.Line(strings.Join(g.Hosts, ", "))
	if len(g.Hosts) == asked && asked > 1 {
		who = "all of " + who
	}
	rule := "── "
	if o.IO.ASCII {
		rule = "-- "
	}
	fmt.Fprintf(w, "%s%s  %s\n", rule, o.IO.paint(bold, who), o.IO.paint(m.ink, m.text(o.IO.ASCII)))
	if g.Err != nil {
		reason, hint := whyUnanswered(g.Answer)
		lines := hang("", stopped(reason), o.IO.Width())
		if hint != "" {
			lines = append(lines, hang("  hint: ", sentence(hint), o.IO.Width())...)
		}
		fmt.Fprintln(w, strings.Join(lines, "\n"))
	}
}

// answerLines are what a host said, stdout before stderr, safe to print.
func answerLines(a fleet.Answer) []string {
	var lines []string
	for _, out := range [][]byte{a.Stdout, a.Stderr} {
		for line := range strings.Lines(strings.TrimRight(string(out), " \r\n")) {
			lines = append(lines, text.Line(strings.TrimRight(line, "\r\n")))
		}
	}
	return lines
}

// difference prints how an answer differs from that of the largest group.
func (o *execOptions) difference(w io.Writer, largest, g fleet.Folded) {
	changes := text.DiffLines(answerLines(largest.Answer), answerLines(g.Answer))
	near := make([]bool, len(changes))
	for i, c := range changes {
		if c.Mark != ' ' {
			for j := max(0, i-contextLines); j < min(len(changes), i+contextLines+1); j++ {
				near[j] = true
			}
		}
	}
	for i, c := range changes {
		if !near[i] {
			if i > 0 && near[i-1] {
				fmt.Fprintln(w, o.IO.paint(faint, "  ..."))
			}
			continue
		}
		i := map[byte]ink{'-': bad, '+': good}[c.Mark]
		fmt.Fprintln(w, o.IO.paint(i, string(c.Mark)+" "+c.Line))
	}
}

package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// cancelQuestion asks whether to cancel hosts of the run on screen. The run goes
// on meanwhile, so the question follows it: it names those that still run.
type cancelQuestion struct {
	asked      []string // in the order of the panes
	going      []string // of these
	activating []string // of those that go on
	ended      []string // the others, and how
	restarts   bool     // the run is a reboot
	builds     bool
}

// askCancel asks whether to cancel the chosen hosts. What is activating is
// left alone unless the person insists.
func (m *Model) askCancel() tea.Cmd {
	plan := &m.run.view.Plan
	q := &cancelQuestion{restarts: plan.Action == nixcmd.Reboot}
	q.builds = !q.restarts && plan.Action != nixcmd.Collect && !plan.GoesBack()
	for _, p := range m.run.chosen() {
		if p.task.Verdict == nil {
			q.asked = append(q.asked, p.host)
		}
	}
	if len(q.asked) == 0 {
		m.say(warn, "That has ended already", "")
		return nil
	}
	d := &dialog{scope: scopeCancel, ink: warn, body: q.rows}
	q.look(m.run.view, d)
	d.follow = func(m *Model) {
		if q.look(m.run.view, d); len(q.going) == 0 {
			m.withdraw("There is nothing left to cancel: "+named(q.asked)+" ended before you answered", "")
		}
	}
	return m.open(d)
}

// look brings the question to where the run stands.
func (q *cancelQuestion) look(v rollout.View, d *dialog) {
	q.going, q.activating, q.ended = nil, nil, nil
	for _, t := range v.Tasks {
		switch {
		case !slices.Contains(q.asked, t.Host):
		case t.Verdict != nil:
			q.ended = append(q.ended, t.Host+" "+string(t.Verdict.Outcome))
		case v.Over():
		default:
			q.going = append(q.going, t.Host)
			if t.Phase == nixcmd.PhaseActivating || t.Phase == nixcmd.PhaseVerifying {
				q.activating = append(q.activating, t.Host)
			}
		}
	}
	d.title = "Cancel " + count(len(q.going), "host", "hosts") + "?"
	d.answers = []answer{
		{key: "n", label: "leave it running", ink: plain, do: (*Model).closeDialog},
		{key: "y", label: "cancel", ink: bad, do: func(m *Model) tea.Cmd { return m.cancel(m.run.dir, q.going, false) }},
	}
	if len(q.activating) > 0 {
		d.answers = append(d.answers, answer{key: "!", label: "insist", ink: danger,
			do: func(m *Model) tea.Cmd { return m.cancel(m.run.dir, q.going, true) }})
	}
	if d.chosen >= len(d.answers) {
		d.chosen = 0 // there is nothing left to insist on: back to what does no harm
	}
}

func (q *cancelQuestion) rows(b *brush, w int) []string {
	w = min(w, 80)
	rows := wrap(strings.Join(safe(q.going), ", "), w)
	if len(q.ended) > 0 {
		for _, line := range wrap("Ended meanwhile: "+strings.Join(safe(q.ended), ", "), w) {
			rows = append(rows, b.paint(faint, line))
		}
	}
	rows = append(rows, "")
	so, insist := q.words()
	if len(q.activating) == 0 {
		return append(rows, wrap(so, w)...)
	}
	for _, line := range wrap(strings.Join(safe(q.activating), ", ")+": "+so, w) {
		rows = append(rows, b.paint(warn, line))
	}
	return append(rows, wrap(insist, w)...)
}

// words say how far it has come, and what insisting would do where it has come
// too far to be called back.
func (q *cancelQuestion) words() (so, insist string) {
	switch begun := len(q.activating) > 0; {
	case begun && q.restarts:
		return "restarting now, which cannot be called back: it is waited for.", "To wait no longer all the same, insist."
	case begun:
		return "activating now. An activation that is cut off can leave the host half switched, so it is let to its end.", "To cut it off all the same, insist."
	case q.restarts:
		return "Nothing has been restarted there yet.", ""
	case q.builds:
		return "Nothing has been activated there yet. What has been built stays and is used the next time.", ""
	}
	return "Nothing has been activated there yet.", ""
}

// withdraw closes a question that has become pointless, and says why. Keys that
// were meant for it are passed over for a moment.
func (m *Model) withdraw(message, hint string) {
	m.shut()
	m.announce(warn, message, hint)
	m.withdrawn = m.now()
}

// toCancel remembers that the run was asked to cancel hosts (none: all), until
// it says what became of that.
func (r *runPlace) toCancel(hosts []string) {
	for _, t := range r.view.Tasks {
		if t.Verdict == nil && (len(hosts) == 0 || slices.Contains(hosts, t.Host)) {
			r.cancels[t.Host] = true
		}
	}
}

// tooLate are the hosts that were to be cancelled and, by what the run tells,
// had ended before it heard of that.
func (r *runPlace) tooLate(events []rollout.Event) (hosts []string) {
	for _, e := range events {
		if !r.cancels[e.Host] {
			continue
		}
		switch e.Event {
		case rollout.EventCancel:
			delete(r.cancels, e.Host)
		case rollout.EventVerdict:
			delete(r.cancels, e.Host)
			if e.Verdict == nil || e.Verdict.Outcome != rollout.OutcomeCancelled {
				hosts = append(hosts, e.Host)
			}
		}
	}
	return hosts
}

// tellTooLate says of which hosts nothing was cancelled.
func (m *Model) tellTooLate(hosts []string) {
	it := map[bool]string{true: "it", false: "they"}[len(hosts) == 1]
	if len(hosts) > 0 {
		m.announce(warn, fmt.Sprintf("Nothing was cancelled on %s: %s had ended before", named(hosts), it), "")
	}
}

// namedMost is how many cells names take in a sentence.
const namedMost = 60

// named are hosts in a sentence, not all of many.
func named(hosts []string) string { return list(safe(hosts), namedMost) }

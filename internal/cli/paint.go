package cli

import (
	"io"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// ink is a colour by what it means, from the 16 that every terminal has.
type ink string

const (
	plain ink = ""
	good  ink = "32"
	warn  ink = "33"
	bad   ink = "31"
	busy  ink = "36"
	faint ink = "2"
	bold  ink = "1"
)

// paint colours s, which holds no escapes of its own.
func (s *IO) paint(i ink, str string) string {
	if !s.Color || i == plain || str == "" {
		return str
	}
	return "\x1b[" + string(i) + "m" + str + "\x1b[0m"
}

// painter colours a string that holds no escapes of its own.
type painter func(i ink, str string) string

// painter paints what goes to w, which is Out or Err, where that is a terminal.
func (s *IO) painter(w io.Writer) painter {
	if w != s.Err || s.ErrTerminal {
		return s.paint
	}
	return func(_ ink, str string) string { return str }
}

// mark is a state as people see it: shape, word and colour, so that it can be
// told apart without colour and without reading.
type mark struct {
	glyph, ascii string
	word         string
	ink          ink
}

func (m mark) text(ascii bool) string {
	if m.word == "" {
		return ""
	}
	if ascii {
		return m.ascii + " " + m.word
	}
	return m.glyph + " " + m.word
}

func (m mark) cell(s *IO) cell { return cell{m.text(s.ASCII), m.ink} }

// stateMark, driftMark, outcomeMark and healthMark say a state in the words
// that selections and JSON have for it, too.
func stateMark(state fleet.State) mark {
	m := mark{word: string(state)}
	m.glyph, m.ascii = state.Glyph()
	switch state {
	case fleet.StateUp:
		m.ink = good
	case fleet.StateDown:
		m.ink = bad
	case fleet.StateAuth, fleet.StateHostKey:
		m.ink = warn
	default:
		m.word, m.ink = string(fleet.StateUnknown), faint
	}
	return m
}

func driftMark(d fleet.Drift) mark {
	m := mark{word: string(d)}
	m.glyph, m.ascii = d.Glyph()
	switch d {
	case fleet.DriftInSync:
		m.ink = good
	case fleet.DriftBehind, fleet.DriftAhead, fleet.DriftBootPending, fleet.DriftOlderBooted, fleet.DriftTesting:
		m.ink = warn
	case fleet.DriftDiverged:
		m.ink = bad
	default:
		m.word, m.ink = string(fleet.DriftUnknown), faint
	}
	return m
}

func outcomeMark(o rollout.Outcome) mark {
	m := mark{word: string(o)}
	m.glyph, m.ascii = o.Glyph()
	switch o {
	case rollout.OutcomeOK:
		m.ink = good
	case rollout.OutcomeDegraded, rollout.OutcomeReboot, rollout.OutcomeCancelled, rollout.OutcomeSkipped:
		m.ink = warn
	case rollout.OutcomeFailed, rollout.OutcomeUnknown:
		m.ink = bad
	default:
		return mark{}
	}
	return m
}

func healthMark(h fleet.Health) mark {
	m := mark{word: string(h)}
	m.glyph, m.ascii = h.Glyph()
	switch h {
	case fleet.HealthOK:
		m.ink = good
	case fleet.HealthIll, fleet.HealthDown:
		m.ink = bad
	default:
		m.word, m.ink = string(fleet.HealthUnknown), faint
	}
	return m
}

// taskMark is how far a task without a verdict has come.
func taskMark(t rollout.TaskView) mark {
	if t.Waits() {
		return mark{"◌", ".", "waiting", warn}
	}
	if t.Armed && t.Phase != nixcmd.PhaseActivating {
		return mark{"◑", "*", "confirming", warn}
	}
	switch p := t.Phase; p {
	case nixcmd.PhaseQueued, "":
		return mark{"◌", ".", "queued", faint}
	case nixcmd.PhaseActivating:
		return mark{"◑", "*", string(p), warn}
	case nixcmd.PhaseDone:
		return mark{"●", "*", string(p), plain}
	default:
		return mark{"◐", "*", string(p), busy}
	}
}

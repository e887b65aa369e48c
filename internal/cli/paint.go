package cli

import (
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

func stateMark(state fleet.State) mark {
	switch state {
	case fleet.StateUp:
		return mark{"●", "+", "up", good}
	case fleet.StateDown:
		return mark{"✗", "x", "down", bad}
	case fleet.StateAuth:
		return mark{"◆", "!", "auth", warn}
	case fleet.StateHostKey:
		return mark{"◆", "!", "hostkey", warn}
	}
	return mark{"◌", "?", "unknown", faint}
}

func driftMark(d fleet.Drift) mark {
	switch d {
	case fleet.DriftInSync:
		return mark{"=", "=", string(d), good}
	case fleet.DriftBehind:
		return mark{"↓", "v", string(d), warn}
	case fleet.DriftAhead:
		return mark{"↑", "^", string(d), warn}
	case fleet.DriftDiverged:
		return mark{"⇅", "#", string(d), bad}
	case fleet.DriftBootPending:
		return mark{"↻", "~", string(d), warn}
	case fleet.DriftOlderBooted:
		return mark{"↺", "~", string(d), warn}
	case fleet.DriftTesting:
		return mark{"△", "t", string(d), warn}
	}
	return mark{"·", "-", "unknown", faint}
}

func outcomeMark(o rollout.Outcome) mark {
	switch o {
	case rollout.OutcomeOK:
		return mark{"✓", "+", string(o), good}
	case rollout.OutcomeDegraded:
		return mark{"▲", "!", string(o), warn}
	case rollout.OutcomeReboot:
		return mark{"↻", "~", string(o), warn}
	case rollout.OutcomeFailed:
		return mark{"✗", "x", string(o), bad}
	case rollout.OutcomeUnknown:
		return mark{"?", "?", string(o), bad}
	case rollout.OutcomeCancelled:
		return mark{"■", "#", string(o), warn}
	case rollout.OutcomeSkipped:
		return mark{"»", ">", string(o), warn}
	}
	return mark{}
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

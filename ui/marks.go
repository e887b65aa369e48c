package ui

import (
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// sign is a state as people see it: shape, word and colour, so that it is told
// apart without colour, and without reading.
type sign struct {
	glyph, ascii string
	word         string
	ink          ink
}

// label is the glyph and the word, uncoloured.
func (b *brush) label(s sign) string {
	if b.ascii {
		return s.ascii + " " + s.word
	}
	return s.glyph + " " + s.word
}

// shape is the glyph alone.
func (b *brush) shape(s sign) string {
	if b.ascii {
		return s.ascii
	}
	return s.glyph
}

// stateSign is a host's state. Who is not expected to be there is away, and who
// was not asked yet has no state.
func stateSign(state fleet.State, intermittent, asked bool) sign {
	s := sign{word: string(state), ink: bad}
	s.glyph, s.ascii = state.Glyph()
	switch state {
	case fleet.StateUp:
		s.ink = good
	case fleet.StateDown:
		if intermittent {
			return sign{"○", "o", "away", faint}
		}
	case fleet.StateAuth:
	case fleet.StateHostKey:
		s.word = "host key"
	default:
		if asked {
			return sign{"?", "?", "unknown", faint}
		}
		return sign{"◌", ".", "asking", faint}
	}
	return s
}

func driftSign(d fleet.Drift) sign {
	s := sign{word: strings.ReplaceAll(string(d), "-", " "), ink: warn}
	s.glyph, s.ascii = d.Glyph()
	switch d {
	case fleet.DriftInSync:
		s.ink = good
	case fleet.DriftDiverged:
		s.ink = bad
	case fleet.DriftBehind, fleet.DriftAhead, fleet.DriftBootPending, fleet.DriftOlderBooted, fleet.DriftTesting:
	default:
		s.word, s.ink = "unknown", faint
	}
	return s
}

// drifts are the ones that are counted in the header, worst first.
func drifts() []fleet.Drift {
	return []fleet.Drift{
		fleet.DriftDiverged, fleet.DriftBehind, fleet.DriftTesting,
		fleet.DriftBootPending, fleet.DriftOlderBooted, fleet.DriftAhead,
	}
}

func rebootSign() sign { return sign{"↻", "~", "reboot", warn} }

func outcomeSign(o rollout.Outcome) sign {
	s := sign{word: text.Line(string(o)), ink: bad} // also a word of a later version
	s.glyph, s.ascii = o.Glyph()
	switch o {
	case rollout.OutcomeOK:
		s.ink = good
	case rollout.OutcomeDegraded, rollout.OutcomeReboot, rollout.OutcomeCancelled, rollout.OutcomeSkipped:
		s.ink = warn
	}
	return s
}

func phaseSign(p nixcmd.Phase) sign {
	switch p {
	case nixcmd.PhaseQueued, "":
		return sign{"◌", ".", "queued", faint}
	case nixcmd.PhaseActivating:
		return sign{"◑", "*", "activating", warn}
	case nixcmd.PhaseDone:
		return sign{"●", "*", "done", plain}
	}
	return sign{"◐", "*", text.Line(string(p)), busy}
}

// taskSign is how a task stands: its verdict, or how far it has come.
func taskSign(t rollout.TaskView) sign {
	if t.Verdict != nil {
		return outcomeSign(t.Verdict.Outcome)
	}
	if t.Waits() {
		return sign{"◌", ".", "waiting", warn}
	}
	if t.Armed && t.Phase != nixcmd.PhaseActivating {
		return sign{"◑", "*", "confirming", warn}
	}
	return phaseSign(t.Phase)
}

func healthSign(h fleet.Health) sign {
	s := sign{word: string(h), ink: bad}
	s.glyph, s.ascii = h.Glyph()
	switch h {
	case fleet.HealthOK:
		s.ink = good
	case fleet.HealthIll, fleet.HealthDown:
	default:
		s.word, s.ink = string(fleet.HealthUnknown), faint
	}
	return s
}

// shortSystem is a platform without what all hosts of a fleet have in common.
func shortSystem(system string) string { return strings.TrimSuffix(system, "-linux") }

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

func stateSign(s fleet.State, intermittent, asked bool) sign {
	switch s {
	case fleet.StateUp:
		return sign{"●", "+", "up", good}
	case fleet.StateDown:
		if intermittent {
			return sign{"○", "o", "away", faint}
		}
		return sign{"✗", "x", "down", bad}
	case fleet.StateAuth:
		return sign{"▲", "!", "auth", bad}
	case fleet.StateHostKey:
		return sign{"▲", "!", "host key", bad}
	}
	if asked {
		return sign{"?", "?", "unknown", faint}
	}
	return sign{"◌", ".", "asking", faint}
}

func driftSign(d fleet.Drift) sign {
	switch d {
	case fleet.DriftInSync:
		return sign{"=", "=", "in sync", good}
	case fleet.DriftBehind:
		return sign{"↓", "v", "behind", warn}
	case fleet.DriftAhead:
		return sign{"↑", "^", "ahead", warn}
	case fleet.DriftDiverged:
		return sign{"⇅", "#", "diverged", bad}
	case fleet.DriftBootPending:
		return sign{"↻", "~", "boot pending", warn}
	case fleet.DriftOlderBooted:
		return sign{"↺", "~", "older booted", warn}
	case fleet.DriftTesting:
		return sign{"△", "t", "testing", warn}
	}
	return sign{"·", "-", "unknown", faint}
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
	switch o {
	case rollout.OutcomeOK:
		return sign{"✓", "+", "ok", good}
	case rollout.OutcomeDegraded:
		return sign{"▲", "!", "degraded", warn}
	case rollout.OutcomeReboot:
		return sign{"↻", "~", "reboot", warn}
	case rollout.OutcomeFailed:
		return sign{"✗", "x", "failed", bad}
	case rollout.OutcomeUnknown:
		return sign{"?", "?", "unknown", bad}
	case rollout.OutcomeCancelled:
		return sign{"■", "#", "cancelled", warn}
	case rollout.OutcomeSkipped:
		return sign{"»", ">", "skipped", warn}
	}
	return sign{"?", "?", text.Line(string(o)), bad} // a word of a later version
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
	switch h {
	case fleet.HealthOK:
		return sign{"●", "+", "ok", good}
	case fleet.HealthIll:
		return sign{"✗", "x", "ill", bad}
	case fleet.HealthDown:
		return sign{"✗", "x", "down", bad}
	}
	return sign{"◌", ".", "unknown", faint}
}

// shortSystem is a platform without what all hosts of a fleet have in common.
func shortSystem(system string) string { return strings.TrimSuffix(system, "-linux") }

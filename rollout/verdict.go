package rollout

import (
	"slices"
	"strings"

	"nixfleet-tui/nixcmd"
)

// Outcome is how a task ended, in one word.
type Outcome string

// The outcomes.
const (
	OutcomeOK        Outcome = "ok"        // the host is as asked
	OutcomeDegraded  Outcome = "degraded"  // active, but units failed
	OutcomeReboot    Outcome = "reboot"    // installed, active only after a reboot
	OutcomeFailed    Outcome = "failed"    // and it is known how the host stands
	OutcomeUnknown   Outcome = "unknown"   // lost while activating; never success or plain failure
	OutcomeCancelled Outcome = "cancelled" // nothing had moved
	OutcomeSkipped   Outcome = "skipped"   // never touched
)

// Again says whether doing it again is what may mend it: not where the host is
// as asked and something else is wrong, or where it only has to restart.
func (o Outcome) Again() bool {
	switch o {
	case OutcomeFailed, OutcomeUnknown, OutcomeCancelled, OutcomeSkipped:
		return true
	}
	return false
}

// Verdict is the judgement on one task: exit code, phase and what the host
// said afterwards.
type Verdict struct {
	Outcome      Outcome      `json:"verdict"`
	ExitCode     *int         `json:"exitCode"` // null: never learned
	Phase        nixcmd.Phase `json:"phase"`    // how far it came
	Changed      bool         `json:"changed"`
	RebootNeeded bool         `json:"rebootNeeded"`
	ProfileMoved bool         `json:"profileMoved"`
	Units        []string     `json:"units,omitempty"`    // that failed
	Health       []string     `json:"health,omitempty"`   // checks that failed
	Undone       bool         `json:"undone,omitempty"`   // the host is back on what it was before
	Reason       string       `json:"reason"`             // one sentence
	Hint         string       `json:"hint"`               // one sentence
	Decisive     []string     `json:"decisive,omitempty"` // lines of the log that say why
	System       string       `json:"system,omitempty"`   // N, what was built
	Profile      string       `json:"profile,omitempty"`  // P afterwards
	Running      string       `json:"running,omitempty"`  // C afterwards
	Log          string       `json:"log"`                // path of the raw log
}

// Unsaid are the decisive lines that the reason does not repeat.
func (v *Verdict) Unsaid() []string {
	return slices.DeleteFunc(slices.Clone(v.Decisive), func(line string) bool { return strings.Contains(v.Reason, line) })
}

// exitCodeOf is the exit code of a run with these outcomes: 0 all well, 1 a
// host failed or is unknown, 130 cancelled, 3 nothing failed but something
// needs a person (degraded, reboot, skipped).
func exitCodeOf(outcomes []Outcome) int {
	has := map[Outcome]bool{}
	for _, o := range outcomes {
		has[o] = true
	}
	switch {
	case has[OutcomeFailed] || has[OutcomeUnknown]:
		return 1
	case has[OutcomeCancelled]:
		return 130
	case has[OutcomeDegraded] || has[OutcomeReboot] || has[OutcomeSkipped]:
		return 3
	}
	return 0
}

package fleet

import (
	"slices"
	"strings"
	"time"
)

// The rungs above those that polling reaches, from the ground up. RungStore
// stands between RungTrust and RungDeclared.
const (
	RungHandshake Rung = "handshake" // its Nix daemon speaks with us
	RungTrust     Rung = "trust"     // and trusts the user that builds are sent as
	RungDeclared  Rung = "declared"  // it has the systems, features and jobs that it is listed with
	RungDisk      Rung = "disk"      // there is room for a build
	RungBuild     Rung = "build"     // a tiny build ran there
)

// ladderRungs are the rungs to a build, from the ground up.
func ladderRungs() []Rung {
	return []Rung{RungConnect, RungHostKey, RungLogin, RungHandshake, RungTrust, RungStore, RungDeclared, RungDisk, RungBuild}
}

// StepState is what became of one rung.
type StepState string

// The states. Only a rung that was really checked can be bad.
const (
	StepOK        StepState = "ok"
	StepWarn      StepState = "warn" // builds run there, though not all that it is listed for
	StepBad       StepState = "bad"
	StepUnknown   StepState = "unknown"   // checked, and there was no answer to go by
	StepUnchecked StepState = "unchecked" // not checked from here
)

// Here is the vantage of what we check ourselves, as the user that we are on
// the builder. Others are names of hosts, whose root was asked.
const Here = ""

// Step is one rung of a builder's ladder.
type Step struct {
	Rung   Rung          `json:"rung"`
	State  StepState     `json:"state"`
	Said   string        `json:"said"`   // what was found, such as "Nix 2.31.2"
	Reason string        `json:"reason"` // one sentence where it is neither ok nor unchecked; else why it was not checked
	Hint   string        `json:"hint"`   // the line of configuration that mends it
	From   string        `json:"from"`   // the vantage: Here, or the host whose root was asked
	Took   time.Duration `json:"took"`
	At     time.Time     `json:"at"`
}

// Ladder is how far up to a build one builder was found well.
type Ladder struct {
	Builder Builder
	Steps   []Step   // in their order; those above a bad one are missing
	Busy    *int     // builds that run there, from any client; nil when not known
	Load    *float64 // of the last minute, likewise
}

// Step returns what became of a rung.
func (l Ladder) Step(r Rung) (Step, bool) {
	i := slices.IndexFunc(l.Steps, func(s Step) bool { return s.Rung == r })
	if i < 0 {
		return Step{}, false
	}
	return l.Steps[i], true
}

// first is the first step in one of the states.
func (l Ladder) first(states ...StepState) (Step, bool) {
	i := slices.IndexFunc(l.Steps, func(s Step) bool { return slices.Contains(states, s.State) })
	if i < 0 {
		return Step{}, false
	}
	return l.Steps[i], true
}

// Asked lays over the ladder what was checked from elsewhere.
func (l Ladder) Asked(told Ladder) Ladder {
	_, refused := told.first(StepBad) // then no build was tried
	return l.laid(func(rung Rung) (Step, bool) {
		if s, ok := told.Step(rung); ok {
			return s, true
		}
		s, ok := l.Step(rung)
		return s, ok && !(refused && rung == RungBuild && s.State == StepUnchecked)
	})
}

// Since is the ladder with what an older climb knew and this one did not check:
// answers from elsewhere and the tiny build keep standing, with their age,
// unless something below them is bad now.
func (l Ladder) Since(older Ladder) Ladder {
	if _, bad := l.first(StepBad); bad {
		return l
	}
	return l.laid(func(rung Rung) (Step, bool) {
		s, has := l.Step(rung)
		old, had := older.Step(rung)
		if had && old.State != StepUnchecked && (!has || s.State == StepUnchecked) {
			return old, true
		}
		return s, has
	})
}

// laid is the ladder with the steps that pick picks.
func (l Ladder) laid(pick func(Rung) (Step, bool)) Ladder {
	laid := l
	laid.Steps = nil
	for _, rung := range ladderRungs() {
		if s, ok := pick(rung); ok {
			laid.Steps = append(laid.Steps, s)
		}
	}
	return laid
}

// With is the health as the ladder tells it, which looked closer than polling.
func (h BuilderHealth) With(l Ladder) BuilderHealth {
	if len(l.Steps) == 0 {
		return h
	}
	if h.Busy == nil {
		h.Busy, h.Load = l.Busy, l.Load
	}
	h.Steps, h.Reason, h.Hint, h.Rung = l.Steps, "", "", RungNone
	for _, s := range l.Steps {
		if s.State == StepBad {
			break
		}
		if s.State == StepOK || s.State == StepWarn {
			h.Rung = s.Rung
		}
	}
	h.Health = l.health()
	if told, ok := l.first(StepBad); ok {
		h.Reason, h.Hint = told.Reason, told.Hint
	} else if told, ok := l.first(StepWarn); ok {
		h.Reason, h.Hint = told.Reason, told.Hint
	} else if told, ok := l.first(StepUnknown, StepUnchecked); ok && h.Health == HealthUnknown {
		h.Reason, h.Hint = told.Reason, told.Hint
	}
	if last := l.Steps[len(l.Steps)-1].At; last.After(h.AsOf) {
		h.AsOf = last
	}
	return h
}

// WithLadders adds what ladders tell to healths that polling tells. Polling is
// the younger word: a builder that it finds ill or down is that.
func WithLadders(all []BuilderHealth, ladders map[string]Ladder) []BuilderHealth {
	told := make([]BuilderHealth, len(all))
	for i, h := range all {
		told[i] = h
		if h.Health != HealthIll && h.Health != HealthDown {
			told[i] = h.With(ladders[h.Builder.Name])
		}
	}
	return told
}

// health is ok where the daemon shook hands and nothing that was checked is bad.
func (l Ladder) health() Health {
	if bad, ok := l.first(StepBad); ok {
		if bad.Rung == RungConnect {
			return HealthDown
		}
		return HealthIll
	}
	for _, rung := range []Rung{RungHandshake, RungStore} {
		if s, ok := l.Step(rung); !ok || s.State != StepOK {
			return HealthUnknown
		}
	}
	return HealthOK
}

// listedIn says where to mend what a builder is listed with.
func listedIn(b Builder) string {
	const few = 3
	if len(b.From) <= few {
		return strings.Join(b.From, ", ")
	}
	return strings.Join(b.From[:few], ", ") + ", …"
}

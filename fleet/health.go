package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/sshutil"
)

// Health is a builder's in one word.
type Health string

// The healths. What was not checked to the end is unknown, never ok.
const (
	HealthOK      Health = "ok"
	HealthIll     Health = "ill"  // it answers, and would not build
	HealthDown    Health = "down" // it does not answer
	HealthUnknown Health = "unknown"
)

// Rung is how far up the ladder to a build a builder was found well.
type Rung string

// The rungs, from the ground up.
const (
	RungNone    Rung = ""        // not even a connection
	RungConnect Rung = "connect" // it speaks SSH
	RungHostKey Rung = "hostkey" // its host key is the known one
	RungLogin   Rung = "login"   // we may log in, as ourselves
	RungStore   Rung = "store"   // its Nix daemon listens
)

// BuilderHealth is what is known of a builder's state.
type BuilderHealth struct {
	Builder Builder
	Health  Health
	Rung    Rung   // the highest that was reached
	Reason  string // one sentence, "" when ok
	Hint    string
	Busy    *int     // running builds, from any client; nil when not known
	Load    *float64 // average of the last minute; nil when not known
	AsOf    time.Time
	Steps   []Step // of its ladder, if somebody climbed it

	Held     []Holder // who has taken slots of it, as far as that is known
	Checking bool     // it is just being checked closer than polling does
}

// JudgeBuilder derives a builder's health from the status of the host that it
// is (or of its own probe, as ourselves; zero when there was none).
func JudgeBuilder(b Builder, s Status) BuilderHealth {
	h := BuilderHealth{Builder: b, Health: HealthUnknown, Reason: s.Error, Hint: s.Hint, AsOf: s.AsOf}
	switch {
	case s.AsOf.IsZero() && s.State != StateUp:
		h.Reason, h.Hint = "not checked", ""
	case s.State == StateDown:
		h.Health = HealthDown
	case s.State == StateHostKey:
		h.Rung = RungConnect
		if s.Kind != sshutil.KindHostKeyUnknown {
			h.Health = HealthIll // Nix would refuse it too
		}
	case s.State == StateAuth:
		// We are not the daemon that builds there: it may have the right key.
		h.Rung = RungHostKey
	case s.State == StateUp && s.Error != "":
		h.Rung = RungLogin
	case s.State == StateUp:
		judgeStore(&h, s.Reading)
	}
	return h
}

// judgeStore looks at what a builder said of itself.
func judgeStore(h *BuilderHealth, r Reading) {
	h.Rung = RungLogin
	busy := r.Builds
	h.Busy, h.Load = &busy, &r.Load[0]
	switch {
	case r.Store == nil:
		h.Reason, h.Hint = "its Nix store cannot be looked at", "let your account search /nix/var/nix/daemon-socket there"
	case !*r.Store:
		h.Health = HealthIll
		h.Reason, h.Hint = "its Nix daemon does not listen", "look at it with `systemctl status nix-daemon.socket` there"
	case r.System != "" && len(h.Builder.Systems) > 0 && !slices.Contains(h.Builder.Systems, r.System):
		h.Rung, h.Health = RungStore, HealthIll
		h.Reason = fmt.Sprintf("it is %s, but listed for %s only", r.System, strings.Join(h.Builder.Systems, ", "))
		h.Hint = "correct its systems where it is listed: " + strings.Join(h.Builder.From, ", ")
	default:
		h.Rung, h.Health = RungStore, HealthOK
	}
}

// JudgeBuilders judges all builders by the statuses of the hosts that they are,
// or of their own names.
func JudgeBuilders(inv *Inventory, statuses map[string]Status) []BuilderHealth {
	all := make([]BuilderHealth, 0, len(inv.Builders))
	holding := holdingSlots(statuses)
	for _, b := range inv.Builders {
		h := JudgeBuilder(b, statuses[keep(b.Host, b.Name)])
		h.Held = inv.Holders(b, holding)
		all = append(all, h)
	}
	return all
}

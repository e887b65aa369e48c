package fleet

import (
	"errors"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// State is the reachability of a host in one word.
type State string

// The states.
const (
	StateUnknown State = "unknown" // not asked yet
	StateUp      State = "up"
	StateDown    State = "down"    // no connection
	StateAuth    State = "auth"    // reachable, but we may not log in
	StateHostKey State = "hostkey" // reachable, but its key is unknown, changed or revoked
)

// Status is all that is known of a host by asking it.
type Status struct {
	State    State
	Kind     sshutil.Kind // of the connection's failure
	Error    string       // one sentence, or ""
	Hint     string
	Via      string
	Latency  time.Duration
	AsOf     time.Time // of the last attempt that ended
	Failures int       // in a row
	Reading  Reading   // the last good one; kept when the host goes down
}

// StatusOf turns a failed read into a status, keeping old's reading. A read
// that was called off says nothing of the host: old stays.
func StatusOf(old Status, err error, at time.Time) Status {
	e := sshError(err)
	if e.Kind == sshutil.KindCanceled {
		return old
	}
	s := old
	s.State, s.Kind, s.Error, s.Hint = stateOf(e.Kind), e.Kind, text.Line(e.Message), text.Line(e.Hint)
	s.AsOf, s.Failures, s.Latency = at, old.Failures+1, 0
	return s
}

// StatusFrom turns a good read into a status.
func StatusFrom(old Status, r Reading, via string, latency time.Duration) Status {
	return Status{State: StateUp, Via: via, Latency: latency, AsOf: r.At, Reading: old.Reading.merge(r)}
}

// Stale says whether the status is older than three of the intervals at which
// the host is read.
func (s Status) Stale(now time.Time, interval time.Duration) bool {
	return !s.AsOf.IsZero() && now.Sub(s.AsOf) > staleIntervals*interval
}

func sshError(err error) *sshutil.Error {
	var e *sshutil.Error
	if errors.As(err, &e) {
		return e
	}
	return &sshutil.Error{Kind: sshutil.KindProto, Message: err.Error(), Err: err}
}

// IsDown says whether a host could not be read because nothing came about with
// it or with a jump host on the way. One that answers and shows another key
// than the known one, or lets us not in, is not down, and neither is one behind
// a jump host that does so.
func IsDown(err error) bool {
	if err == nil {
		return false
	}
	e := sshError(err)
	for e.Kind == sshutil.KindJump {
		var hop *sshutil.Error
		if !errors.As(e.Err, &hop) {
			break
		}
		e = hop
	}
	return e.Kind != sshutil.KindCanceled && stateOf(e.Kind) == StateDown
}

// KeyUnknown says whether nobody knows the key that the host showed: a person
// may accept it. One that is another than the known one is not meant.
func (s Status) KeyUnknown() bool { return s.Kind == sshutil.KindHostKeyUnknown }

// NeedsTouch says whether a person could log in by touching a key, which
// reading it never asks for.
func (s Status) NeedsTouch() bool { return s.Kind == sshutil.KindNeedsTouch }

// stateOf says how far a connection came that failed in this way. What fails
// after the login leaves the host up: it is there, only its answer is not.
func stateOf(k sshutil.Kind) State {
	switch k {
	case sshutil.KindHostKeyUnknown, sshutil.KindHostKeyChanged, sshutil.KindHostKeyRevoked, sshutil.KindHostCertBad:
		return StateHostKey
	case sshutil.KindAuthNoKeys, sshutil.KindAuthRejected, sshutil.KindAuthTooMany, sshutil.KindNeedsTouch,
		sshutil.KindAgentGone, sshutil.KindAgentRefused, sshutil.KindExecFailed:
		return StateAuth
	case sshutil.KindSessionLimit, sshutil.KindOutputCap, sshutil.KindProto, sshutil.KindNone:
		return StateUp
	case sshutil.KindConfigBad:
		return StateUnknown // it was not asked
	}
	return StateDown
}

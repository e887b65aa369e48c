package sshutil

import (
	"context"
	"errors"

	"nixfleet-tui/internal/text"
)

// Kind says in one word why a connection or a command did not do its work.
type Kind string

// The kinds of failure. KindNone is the zero value, of no failure.
const (
	KindNone           Kind = ""
	KindDNS            Kind = "dns"              // the name has no address
	KindRefused        Kind = "refused"          // nothing listens on the port
	KindUnreachable    Kind = "unreachable"      // no route
	KindTimeout        Kind = "timeout"          // no answer in time
	KindTurnedAway     Kind = "turned-away"      // hung up on before a word: MaxStartups, penalties, a restarting sshd
	KindReset          Kind = "reset"            // dropped later than that
	KindBanner         Kind = "banner"           // what answered does not speak SSH 2
	KindNoCommonAlgo   Kind = "no-common-algo"   // key exchange, cipher or host key
	KindHostKeyUnknown Kind = "hostkey-unknown"  // no known_hosts line
	KindHostKeyChanged Kind = "hostkey-changed"  // another key than the known one
	KindHostKeyRevoked Kind = "hostkey-revoked"  // a @revoked line
	KindHostCertBad    Kind = "hostcert-bad"     // expired, wrong principal, wrong CA
	KindAuthNoKeys     Kind = "auth-no-keys"     // nothing to offer
	KindAuthRejected   Kind = "auth-rejected"    // all that was offered was refused
	KindAuthTooMany    Kind = "auth-too-many"    // the server lost patience
	KindNeedsTouch     Kind = "auth-needs-touch" // only keys that want a touch are left
	KindAgentGone      Kind = "agent-gone"       // the agent does not answer
	KindAgentRefused   Kind = "agent-refused"    // the agent would not sign
	KindJump           Kind = "jump"             // a jump host on the way failed
	KindProxy          Kind = "proxy"            // the ProxyCommand failed
	KindSessionLimit   Kind = "session-limit"    // MaxSessions
	KindExecFailed     Kind = "exec-failed"      // the server would not run the command
	KindExitUnknown    Kind = "exit-unknown"     // the connection died before the exit status came
	KindOutputCap      Kind = "output-cap"       // more output than allowed
	KindProto          Kind = "proto"            // an answer that makes no sense
	KindConfigBad      Kind = "config-bad"       // ssh's own configuration is wrong
	KindCanceled       Kind = "canceled"         // the context ended
)

// Error is a failure of a connection or a command, told for people. Message
// and Hint are sanitized, one sentence each.
type Error struct {
	Kind    Kind
	Host    string   // the name as asked, such as "web1"
	Message string   // what went wrong, without the host's name
	Hint    string   // what to do about it; may be empty
	Err     error    // the cause, for errors.Is and errors.As; may be nil
	Askable bool     // the ssh program would ask a person, whose answer may help
	Locked  []string // key files that were left out because they want a passphrase
}

func (e *Error) Error() string { return e.Host + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// newError makes an *Error of texts that may hold anything: they are
// sanitized here, once.
func newError(kind Kind, host, message, hint string, err error) *Error {
	return &Error{Kind: kind, Host: text.Line(host), Message: text.Line(message), Hint: text.Line(hint), Err: err}
}

// contextError tells of a context that ended while something was being done.
func contextError(host, doing string, err error) *Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return newError(KindTimeout, host, "no answer in time while "+doing, "check that the host is up and the network reaches it", err)
	}
	return newError(KindCanceled, host, "cancelled while "+doing, "", err)
}

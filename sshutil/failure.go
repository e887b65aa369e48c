package sshutil

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// asError returns err as an *Error; resolvers other than ours may say anything.
func asError(host string, err error) error {
	var told *Error
	if errors.As(err, &told) {
		return told
	}
	return newError(KindConfigBad, host, "the name could not be resolved: "+err.Error(), "", err)
}

// connectFailure tells why no connection came to be.
func connectFailure(ctx context.Context, t Target, err error) *Error {
	var told *Error
	var dns *net.DNSError
	place := t.HostName
	switch {
	case errors.As(err, &told):
		return told
	case errors.Is(ctx.Err(), context.Canceled):
		return contextError(t.Name, "connecting", ctx.Err())
	case errors.As(err, &dns) && !dns.IsTimeout:
		return newError(KindDNS, t.Name, "the name "+place+" has no address", "set HostName in the ssh configuration, or the host's address in fleet.nix", err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return newError(KindRefused, t.Name, "nothing listens on "+place+" port "+strconv.Itoa(t.Port), "check that sshd runs there, and the port", err)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return newError(KindUnreachable, t.Name, "no route to "+place, "check the network or the VPN", err)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT), isTimeout(err):
		return newError(KindTimeout, t.Name, "no answer from "+place+" port "+strconv.Itoa(t.Port), "check that the host is up and no firewall drops the connection", err)
	case errors.Is(err, syscall.ECONNRESET):
		return newError(KindTurnedAway, t.Name, "the connection was reset", "try again in a moment", err)
	}
	return newError(KindUnreachable, t.Name, "cannot connect to "+place+": "+err.Error(), "check the network", err)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// handshakeFailure tells why a connection did not become a login.
func handshakeFailure(ctx context.Context, t Target, w *wire, err error) *Error {
	var told *Error
	var key *HostKeyError
	var algorithms *ssh.AlgorithmNegotiationError
	version, before := w.said()
	cut := errors.Join(err, w.broken()) // x/crypto reports what it did about it
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &key):
		return hostKeyFailure(t, key)
	case ctx.Err() != nil:
		return lateFailure(ctx, t, version, before)
	case errors.As(err, &algorithms):
		return newError(KindNoCommonAlgo, t.Name, "we and the host have no "+algorithms.What+" algorithm in common",
			"the host offers "+strings.Join(algorithms.RequestedAlgorithms, ", "), err)
	case errors.Is(err, errOldProtocol):
		return newError(KindBanner, t.Name, "the host speaks only SSH 1", "replace its SSH server", err)
	case strings.Contains(err.Error(), "Too many authentication failures"):
		return newError(KindAuthTooMany, t.Name, "the host hung up after too many keys", "name the right key with IdentityFile and IdentitiesOnly yes", err)
	case version == "" && dropped(before):
		return newError(KindTurnedAway, t.Name, "the host turns connections away: "+excerpt(before), "it has too many at once, or penalises us; wait a little", err)
	case version == "" && before != "":
		return newError(KindBanner, t.Name, "what answers there is no SSH server: "+excerpt(before), "check the address and the port", err)
	case errors.Is(cut, io.EOF), errors.Is(cut, io.ErrUnexpectedEOF), errors.Is(cut, syscall.ECONNRESET), errors.Is(cut, syscall.EPIPE):
		kind := KindReset
		if version == "" {
			kind = KindTurnedAway
		}
		return newError(kind, t.Name, "the host closed the connection before we were logged in", "its sshd may be restarting, or have too many connections; wait a little", err)
	}
	return newError(KindProto, t.Name, "the login failed: "+strings.TrimPrefix(err.Error(), "ssh: handshake failed: "), "see the host's sshd log", err)
}

// excerpt is the beginning of a strange answer.
func excerpt(said string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(said, "\r\n"), "\n")
	if len(line) > excerptKept {
		line = line[:excerptKept] + "…"
	}
	return line
}

// dropped recognises what sshd says to those that it turns away.
func dropped(said string) bool {
	return strings.HasPrefix(said, "Exceeded MaxStartups") || strings.HasPrefix(said, "Not allowed at this time")
}

// lateFailure tells how far a handshake was when its time ended.
func lateFailure(ctx context.Context, t Target, version, before string) *Error {
	err := ctx.Err()
	switch {
	case errors.Is(err, context.Canceled):
		return contextError(t.Name, "logging in", err)
	case version == "" && strings.Contains(before, "\n"):
		return newError(KindBanner, t.Name, "what answers there is no SSH server: "+excerpt(before), "check the address and the port", err)
	case version == "":
		return newError(KindTimeout, t.Name, "the host accepts connections but says nothing", "its sshd may hang, or something else listens there", err)
	}
	return newError(KindTimeout, t.Name, "the login was not done in time", "check the host's load, and that its sshd can look up names", err)
}

// hostKeyFailure tells a person what to do about a host key.
func hostKeyFailure(t Target, e *HostKeyError) *Error {
	hint := ""
	switch e.Kind {
	case KindHostKeyUnknown:
		hint = "compare the fingerprint with the host's own, and accept it with: ssh -o StrictHostKeyChecking=ask " + t.Name + " true"
	case KindHostKeyChanged:
		hint = "if the host was installed anew, remove line " + strconv.Itoa(e.Known[0].Line) + " of " + e.Known[0].File + "; if not, somebody may be listening in"
	case KindHostKeyRevoked:
		hint = "this key must not be used any more: give the host a new one"
	case KindHostCertBad:
		hint = "sign the host's key anew"
	}
	if e.Skipped > 0 {
		hint += " (" + strconv.Itoa(e.Skipped) + " lines of known_hosts could not be read)"
	}
	return newError(e.Kind, t.Name, e.Error(), hint, e)
}

// proxyFailure prefers what a ProxyCommand said when it is why nothing answered.
func proxyFailure(t Target, p *proxied, failure *Error) *Error {
	switch failure.Kind {
	case KindTurnedAway, KindReset, KindProto:
	default:
		return failure
	}
	said := p.failure()
	if said == "" {
		return failure
	}
	return newError(KindProxy, t.Name, "the ProxyCommand failed: "+said, "run it by hand, see: ssh -v "+t.Name, failure)
}

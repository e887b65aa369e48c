package sshutil

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// login offers keys to a server, one after the other.
type login struct {
	target   Target
	keys     func() offers // waits for the agent's answer
	broken   func() error  // why the connection is gone; nil while it is there
	ready    *offers
	next     int
	unsigned []string // offers that were accepted but not signed
	signErr  error
}

// method is the AuthCallback: it picks the next key. One signer per attempt,
// because x/crypto gives up the whole method when one fails to sign.
func (l *login) method(server *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if err := l.broken(); err != nil {
		return nil, err
	}
	if l.ready == nil {
		o := l.keys()
		l.ready = &o
	}
	if !slices.Contains(server.AllowedMethods, "publickey") {
		return nil, l.noKeysWanted(server)
	}
	if l.next >= min(len(l.ready.list), offersPerLogin) {
		return nil, l.exhausted()
	}
	o := l.ready.list[l.next]
	l.next++
	return ssh.PublicKeys(&watchedSigner{l, o}), nil
}

// touched says whether the key that was offered last, which is the one that
// got in, wants a touch.
func (l *login) touched() bool {
	return l.next > 0 && wantsTouch(l.ready.list[l.next-1].signer.PublicKey())
}

// watchedSigner tells the login when its key did not sign.
type watchedSigner struct {
	login *login
	offer offer
}

func (w *watchedSigner) PublicKey() ssh.PublicKey { return w.offer.signer.PublicKey() }

func (w *watchedSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return w.note(w.offer.signer.Sign(rand, data))
}

func (w *watchedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if able, ok := w.offer.signer.(ssh.AlgorithmSigner); ok {
		return w.note(able.SignWithAlgorithm(rand, data, algorithm))
	}
	return w.Sign(rand, data)
}

// Algorithms implements ssh.MultiAlgorithmSigner.
func (w *watchedSigner) Algorithms() []string {
	if able, ok := w.offer.signer.(ssh.MultiAlgorithmSigner); ok {
		return able.Algorithms()
	}
	keyType := w.offer.signer.PublicKey().Type()
	if cert, ok := w.offer.signer.PublicKey().(*ssh.Certificate); ok {
		keyType = cert.Key.Type()
	}
	return []string{keyType}
}

func (w *watchedSigner) note(s *ssh.Signature, err error) (*ssh.Signature, error) {
	if err != nil {
		w.login.unsigned = append(w.login.unsigned, w.offer.name)
		w.login.signErr = err
	}
	return s, err
}

// noKeysWanted tells of a server that wants something else than keys.
func (l *login) noKeysWanted(server *ssh.ClientAuthContext) error {
	wanted := strings.Join(server.AllowedMethods, ", ")
	if len(server.PartialSuccessMethods) > 0 {
		return askable(newError(KindAuthRejected, l.target.Name, "the host wants more than a key: "+wanted,
			"allow this user to log in with a key alone", nil), true)
	}
	return askable(newError(KindAuthRejected, l.target.Name, "the host takes no keys, only "+wanted, "set PubkeyAuthentication yes in its sshd", nil), true)
}

// lockedOut marks a failure that the passphrase of a key may mend.
func (l *login) lockedOut(e *Error) *Error {
	e.Locked = l.ready.locked
	return askable(e, len(e.Locked) > 0)
}

// askable marks a failure that a person's answer to ssh may mend.
func askable(e *Error, yes bool) *Error {
	e.Askable = yes
	return e
}

// exhausted tells why nothing is left to offer, the most useful reason first.
func (l *login) exhausted() error {
	o, host := l.ready, l.target.Name
	as := " for user " + l.target.User
	switch {
	case len(o.touch) > 0:
		return newError(KindNeedsTouch, host, "only a key that wants a touch is left ("+o.touch[0]+")", "open the host to log in with a touch", nil)
	case len(l.unsigned) > 0:
		return newError(KindAgentRefused, host, "the agent would not sign with "+l.unsigned[0],
			"check with ssh-add -T; keys that are confirmed, limited to destinations or unplugged do this", l.signErr)
	case o.agentErr != nil && l.next == 0:
		return newError(KindAgentGone, host, "the agent does not answer", "check it with ssh-add -l", o.agentErr)
	case len(o.stale) > 0:
		message := o.stale[0]
		if l.next > 0 {
			message += ", and the host refused " + l.names() + as
		}
		return newError(KindAuthRejected, host, message, "get a new certificate", nil)
	case l.next == 0:
		return l.lockedOut(newError(KindAuthNoKeys, host, "there is no key to offer"+as, l.lockedHint("add a key to the agent with ssh-add, or name one with IdentityFile"), nil))
	case len(o.list) > l.next:
		return newError(KindAuthRejected, host, fmt.Sprintf("the host refused %d of %d keys%s, and more are never tried", l.next, len(o.list), as),
			"name the right key with IdentityFile and IdentitiesOnly yes", nil)
	}
	return l.lockedOut(newError(KindAuthRejected, host, "the host refused "+l.names()+as,
		l.lockedHint("add the public key to that user on the host, or name the right user and key in the ssh configuration"), nil))
}

func (l *login) names() string {
	if l.next == 1 {
		return l.ready.list[0].name
	}
	return fmt.Sprintf("all %d keys", l.next)
}

// lockedHint prefers what is nearest: a key that is there, but locked.
func (l *login) lockedHint(otherwise string) string {
	switch o := l.ready; {
	case len(o.locked) > 0:
		return "unlock the key with: ssh-add " + o.locked[0]
	case o.agentErr != nil:
		return "the agent does not answer, so its keys were not tried; check it with ssh-add -l"
	case len(o.faults) > 0:
		return "a key was left out: " + o.faults[0]
	}
	return otherwise
}

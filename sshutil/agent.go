package sshutil

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentKey is a key, or a certificate, that an agent holds.
type agentKey struct {
	public  ssh.PublicKey
	comment string
}

// agents asks ssh-agents. A list is good for a moment, so that three hundred
// dials at once ask once; it is never older, because certificates come and go.
type agents struct {
	mu    sync.Mutex
	lists map[string]*agentList
}

type agentList struct {
	ready chan struct{} // closed when what follows is set
	since time.Time
	keys  []agentKey
	err   error

	abandoned bool // who asked was cancelled; the next one asks again
}

// list returns the keys of the agent at socket. It takes at most
// agentListTimeout.
func (a *agents) list(ctx context.Context, socket string, now func() time.Time) ([]agentKey, error) {
	for {
		l, asking := a.current(socket, now())
		if asking {
			l.keys, l.err = listAgent(ctx, socket)
			l.since = now()
			l.abandoned = l.err != nil && ctx.Err() != nil
			close(l.ready)
			return l.keys, l.err
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !l.abandoned {
			return l.keys, l.err
		}
		a.forget(socket, l)
	}
}

// current is the list that is fresh or being asked for. asking tells the
// caller that it is the one to ask.
func (a *agents) current(socket string, now time.Time) (l *agentList, asking bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lists == nil {
		a.lists = map[string]*agentList{}
	}
	l = a.lists[socket]
	if l != nil && (!isClosed(l.ready) || isFresh(l.since, now, agentListFresh)) {
		return l, false
	}
	l = &agentList{ready: make(chan struct{})}
	a.lists[socket] = l
	return l, true
}

func (a *agents) forget(socket string, l *agentList) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lists[socket] == l {
		delete(a.lists, socket)
	}
}

// listAgent leaves out keys of a kind that we do not know, which are of no use,
// and no harm.
func listAgent(ctx context.Context, socket string) ([]agentKey, error) {
	records, err := agentRecords(ctx, socket)
	if err != nil {
		return nil, err
	}
	var keys []agentKey
	for _, r := range records {
		if public, err := ssh.ParsePublicKey(r.Blob); err == nil {
			keys = append(keys, agentKey{public, r.Comment})
		}
	}
	return keys, nil
}

// withAgent connects to an agent for one question, and gives up with ctx.
func withAgent(ctx context.Context, socket string, ask func(agent.ExtendedAgent) error) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = ask(agent.NewClient(conn))
	if stop() {
		conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// agentSigner signs with a key in an agent.
type agentSigner struct {
	public ssh.PublicKey
	ask    func(ask func(agent.ExtendedAgent) error) error
}

// newAgentSigner returns a signer that is good as long as ctx.
func newAgentSigner(ctx context.Context, socket string, public ssh.PublicKey) ssh.Signer {
	return agentSigner{public, func(ask func(agent.ExtendedAgent) error) error { return withAgent(ctx, socket, ask) }}
}

func (s agentSigner) PublicKey() ssh.PublicKey { return s.public }

func (s agentSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s agentSigner) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (signature *ssh.Signature, err error) {
	var flags agent.SignatureFlags
	switch algorithm {
	case ssh.KeyAlgoRSASHA256:
		flags = agent.SignatureFlagRsaSha256
	case ssh.KeyAlgoRSASHA512:
		flags = agent.SignatureFlagRsaSha512
	}
	err = s.ask(func(a agent.ExtendedAgent) (err error) {
		signature, err = a.SignWithFlags(s.public, data, flags)
		return err
	})
	if err == nil && algorithm != "" && signature.Format != algorithm {
		err = fmt.Errorf("it signed with %s instead of %s", signature.Format, algorithm)
	}
	return signature, err
}

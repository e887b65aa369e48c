package sshutil

import (
	"context"
	"encoding/binary"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// AgentKey is a key, or a certificate with its key, that an agent holds.
type AgentKey struct {
	Public  ssh.PublicKey // nil when it is of a kind that cannot be read here
	Kind    string        // such as "ssh-ed25519", as the agent says
	Comment string
}

// certificate is the certificate that k is, or nil.
func (k AgentKey) certificate() *ssh.Certificate {
	cert, _ := k.Public.(*ssh.Certificate)
	return cert
}

// WantsTouch says whether to use k may make somebody touch something.
func (k AgentKey) WantsTouch() bool { return strings.HasPrefix(k.Kind, "sk-") }

// unreadableCertificate says that it is a certificate, though one of which
// nothing is known.
func (k AgentKey) unreadableCertificate() bool {
	return k.Public == nil && strings.HasSuffix(k.Kind, "-cert-v01@openssh.com")
}

// ListAgent returns what the agent at socket holds, in its order. It takes two
// seconds at most. The error is an *Error of KindAgentGone.
func ListAgent(ctx context.Context, socket string) ([]AgentKey, error) {
	records, err := agentRecords(ctx, socket)
	if err != nil {
		return nil, newError(KindAgentGone, "ssh-agent", "it does not answer at "+socket+": "+err.Error(), "start it again, or set SSH_AUTH_SOCK to the socket of one that runs", err)
	}
	keys := make([]AgentKey, 0, len(records))
	for _, r := range records {
		k := AgentKey{Kind: r.Format, Comment: r.Comment}
		if public, err := ssh.ParsePublicKey(r.Blob); err == nil { // else it stays unread
			k.Public = public
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// agentRecords asks on a connection of its own: one that waits for a touch
// answers nothing else.
func agentRecords(ctx context.Context, socket string) (records []*agent.Key, err error) {
	ctx, cancel := context.WithTimeout(ctx, agentListTimeout)
	defer cancel()
	err = withAgent(ctx, socket, func(a agent.ExtendedAgent) (err error) {
		records, err = a.List()
		return err
	})
	return records, err
}

// plainKey is the key that a certificate is for, or the key itself.
func plainKey(key ssh.PublicKey) ssh.PublicKey {
	if cert, is := key.(*ssh.Certificate); is {
		return cert.Key
	}
	return key
}

// skApplication is what a FIDO key is for, such as "ssh:"; "" for other keys.
// It is the last string of the key's blob.
func skApplication(key ssh.PublicKey) string {
	if !wantsTouch(key) {
		return ""
	}
	rest, last := plainKey(key).Marshal(), ""
	for len(rest) >= 4 {
		n := int(binary.BigEndian.Uint32(rest))
		if n > len(rest)-4 {
			return ""
		}
		last, rest = string(rest[4:4+n]), rest[4+n:]
	}
	return last
}

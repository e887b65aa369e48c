package sshutil

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/internal/sshdtest"
)

// serveAgent answers for a on a socket, until the test ends.
func serveAgent(t testing.TB, a agent.Agent) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "agent")
	sshdtest.ServeAgent(t, socket, a)
	return socket
}

// startAgent starts an agent with keys of the ring; NAME+cert adds the
// certificate beside the key.
func (r *ring) startAgent(t *testing.T, names []string) string {
	t.Helper()
	keyring := agent.NewKeyring()
	for _, name := range names {
		name, withCert := strings.CutSuffix(name, "+cert")
		key, err := ssh.ParseRawPrivateKey([]byte(read(t, filepath.Join(r.dir, name))))
		if err != nil {
			t.Fatal(err)
		}
		added := agent.AddedKey{PrivateKey: key, Comment: name}
		if withCert {
			added.Certificate = loadCertificate(filepath.Join(r.dir, name+"-cert.pub"))
		}
		if err := keyring.Add(added); err != nil {
			t.Fatal(err)
		}
	}
	return serveAgent(t, keyring)
}

// refusing is an agent that signs with no key but those allowed.
type refusing struct {
	agent.Agent
	allowed string // comment of the key that may sign
}

var errRefused = errors.New("the person said no")

func (r refusing) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	keys, err := r.List()
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if sameKey(k, key) && k.Comment == r.allowed {
			return r.Agent.Sign(key, data)
		}
	}
	return nil, errRefused
}

func (r refusing) SignWithFlags(key ssh.PublicKey, data []byte, _ agent.SignatureFlags) (*ssh.Signature, error) {
	return r.Sign(key, data)
}

func (r refusing) Extension(string, []byte) ([]byte, error) { return nil, io.ErrUnexpectedEOF }

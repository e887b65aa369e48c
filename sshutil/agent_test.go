package sshutil

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serveAgent answers for a on a socket, until the test ends.
func serveAgent(t testing.TB, a agent.Agent) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			serving.Go(func() {
				agent.ServeAgent(a, conn)
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
				conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
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

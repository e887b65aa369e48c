package sshutil

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// slowAgent is an agent with a key that wants a touch.
type slowAgent struct {
	agent.Agent
	key     *softKey
	touched chan struct{} // the touch, or closed
}

func (a *slowAgent) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: a.key.public.Type(), Blob: a.key.public.Marshal(), Comment: "blue\x1bkey"}}, nil
}

func (a *slowAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	<-a.touched
	return a.key.Sign(nil, data)
}

// relayTo is a relay that stands before an agent.
func relayTo(t *testing.T, r *AgentRelay, socket string) (client net.Conn) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "r")
	if err := r.Listen(path, socket); err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func TestRelayTellsOfTouches(t *testing.T) {
	noLeaks(t)
	real := &slowAgent{Agent: agent.NewKeyring(), key: newSoftKey(t), touched: make(chan struct{})}
	told := make(chan string, 1)
	over := make(chan struct{})
	r := &AgentRelay{
		Touch: func(key string) func() { told <- key; return func() { close(over) } },
		Gone:  func(context.Context) error { return errors.New("it is there") },
	}
	client := agent.NewClient(relayTo(t, r, serveAgent(t, real)))
	keys, err := client.List()
	if err != nil || len(keys) != 1 || keys[0].Comment != "blue\x1bkey" {
		t.Fatalf("the list was changed: %v, %v", keys, err)
	}
	data := []byte("sign me")
	done := make(chan error, 1)
	go func() {
		s, err := client.Sign(keys[0], data)
		if err == nil {
			err = real.key.public.Verify(data, s)
		}
		done <- err
	}()
	key := <-told
	if !strings.Contains(key, "blue") || !strings.Contains(key, "SHA256:") || strings.Contains(key, "\x1b") {
		t.Errorf("it tells of %q", key)
	}
	select {
	case <-over:
		t.Error("it was called off before the touch")
	default:
	}
	close(real.touched)
	if err := <-done; err != nil {
		t.Errorf("the signature does not hold: %v", err)
	}
	<-over
}

func TestRelayGoesOnWithAnotherAgent(t *testing.T) {
	noLeaks(t)
	first, second := agent.NewKeyring(), agent.NewKeyring()
	if err := second.Add(agent.AddedKey{PrivateKey: newSoftKey(t).private, Comment: "second"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "agent")
	if err := os.Symlink(serveAgent(t, first), link); err != nil {
		t.Fatal(err)
	}
	other := serveAgent(t, second)
	r := &AgentRelay{}
	asked := 0
	r.Gone = func(context.Context) error { asked++; r.Lend(other); return nil }
	conn := relayTo(t, r, link)
	client := agent.NewClient(conn)
	if keys, err := client.List(); err != nil || len(keys) != 0 {
		t.Fatalf("%v, %v", keys, err)
	}
	if err := os.Remove(link); err != nil { // its login has ended
		t.Fatal(err)
	}
	again, err := net.Dial("unix", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if keys, err := agent.NewClient(again).List(); err != nil || len(keys) != 1 || keys[0].Comment != "second" || asked != 1 {
		t.Errorf("%v, %v; asked %d times", keys, err, asked)
	}
	if keys, err := client.List(); err != nil || len(keys) != 0 {
		t.Errorf("a connection that stood was cut: %v, %v", keys, err)
	}
}

func TestRelayWithoutAnyAgent(t *testing.T) {
	noLeaks(t)
	r := &AgentRelay{Gone: func(context.Context) error { return errors.New("nobody lends one") }}
	client := relayTo(t, r, filepath.Join(t.TempDir(), "none"))
	if _, err := agent.NewClient(client).List(); err == nil {
		t.Error("it answered without an agent")
	}
}

func FuzzRelayReadsMessages(f *testing.F) {
	key := ssh.Marshal(struct{ Type, Rest string }{ssh.KeyAlgoSKED25519, "x"})
	f.Add(append([]byte{0, 0, 0, 9, agentSignRequest}, key...))
	f.Add([]byte{0, 0, 0, 5, agentIdentities, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &AgentRelay{names: map[string]string{}}
		message, err := agentMessage(bytes.NewReader(data))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(data, message) {
			t.Errorf("%x was read as %x", data, message)
		}
		r.touched(message)
		r.learn(message)
	})
}

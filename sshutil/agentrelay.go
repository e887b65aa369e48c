package sshutil

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// AgentRelay stands between programs and an ssh-agent. It passes every message
// on unchanged, and looks at them only to tell a person what is wanted. The
// agent behind it may be replaced by another while programs go on using it.
type AgentRelay struct {
	// Touch tells that a signature waits for somebody to touch a key, and is to
	// be called off when it is there. The key is named as people know it.
	Touch func(key string) (done func())
	// Gone tells that the agent does not answer any more, and returns when
	// another one was lent (Lend), or with an error when there will be none.
	Gone func(ctx context.Context) error

	listener *net.UnixListener
	stop     context.CancelFunc
	passing  sync.WaitGroup

	mu     sync.Mutex
	agent  string            // its socket
	names  map[string]string // comments of keys, by blob
	asking *asking           // for another agent; nil when nobody does
}

// asking is one question for another agent, for all connections that want it.
type asking struct {
	over chan struct{}
	err  error
}

// The messages that are looked at (draft-ietf-sshm-ssh-agent, section 5).
const (
	agentIdentities  = 12
	agentSignRequest = 13
)

// Listen begins to relay to the agent at socket, on a new socket at path.
func (r *AgentRelay) Listen(path, socket string) error {
	listener, err := ListenPrivate(path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	r.listener, r.stop, r.agent, r.names = listener, stop, socket, map[string]string{}
	r.passing.Go(func() { r.serve(ctx) })
	return nil
}

// Close ends all connections and removes the socket.
func (r *AgentRelay) Close() error {
	r.stop()
	err := r.listener.Close()
	r.passing.Wait()
	return err
}

// Lend replaces the agent behind the relay.
func (r *AgentRelay) Lend(socket string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agent = socket
}

// Agent is the socket of the agent that is used now.
func (r *AgentRelay) Agent() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.agent
}

func (r *AgentRelay) serve(ctx context.Context) {
	for {
		client, err := r.listener.AcceptUnix()
		if err != nil {
			return // it was closed
		}
		if peer, err := PeerOf(client); err != nil || !peer.Ours() {
			client.Close()
			continue
		}
		r.passing.Go(func() {
			defer context.AfterFunc(ctx, func() { client.Close() })()
			defer client.Close()
			r.relay(ctx, client)
		})
	}
}

// relay passes one program's requests on, and the agent's answers back.
func (r *AgentRelay) relay(ctx context.Context, client net.Conn) {
	agent, err := r.connect(ctx)
	if err != nil {
		return // the program is told by the end of its connection
	}
	defer func() { agent.Close() }()
	defer context.AfterFunc(ctx, func() { agent.Close() })()
	for {
		request, err := agentMessage(client)
		if err != nil {
			return
		}
		answer, err := r.exchange(agent, request)
		if err != nil && ctx.Err() == nil { // it has gone since the last request
			agent.Close()
			if agent, err = r.connect(ctx); err != nil {
				return
			}
			answer, err = r.exchange(agent, request)
		}
		if err != nil {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

// exchange sends one request and returns the answer.
func (r *AgentRelay) exchange(agent net.Conn, request []byte) ([]byte, error) {
	if key, touch := r.touched(request); touch {
		defer r.Touch(key)()
	}
	if _, err := agent.Write(request); err != nil {
		return nil, err
	}
	answer, err := agentMessage(agent)
	if err == nil {
		r.learn(answer)
	}
	return answer, err
}

// connect reaches the agent, or whichever is lent when that has gone.
func (r *AgentRelay) connect(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "unix", r.Agent())
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		if err := r.askForAgent(ctx); err != nil {
			return nil, err
		}
	}
}

// askForAgent waits until another agent is lent. However many connections want
// one, it is asked for once.
func (r *AgentRelay) askForAgent(ctx context.Context) error {
	r.mu.Lock()
	a := r.asking
	mine := a == nil
	if mine {
		a = &asking{over: make(chan struct{})}
		r.asking = a
	}
	r.mu.Unlock()
	if mine {
		a.err = r.Gone(ctx)
		r.mu.Lock()
		r.asking = nil
		r.mu.Unlock()
		close(a.over)
	}
	select {
	case <-a.over:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// agentMessage reads one message, its length included.
func agentMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n == 0 || n > agentMessageMax {
		return nil, fmt.Errorf("an agent message of %d bytes", n)
	}
	message := make([]byte, 4+n)
	copy(message, head)
	_, err := io.ReadFull(r, message[4:])
	return message, err
}

// touched says whether a request is for a signature that wants a touch, and
// with which key.
func (r *AgentRelay) touched(message []byte) (key string, yes bool) {
	body := message[4:]
	if body[0] != agentSignRequest {
		return "", false
	}
	blob, _, err := agentString(body[1:])
	if err != nil {
		return "", false
	}
	kind, _, err := agentString(blob)
	if err != nil || !strings.HasPrefix(string(kind), "sk-") {
		return "", false
	}
	r.mu.Lock()
	name := r.names[string(blob)]
	r.mu.Unlock()
	if public, err := ssh.ParsePublicKey(blob); err == nil {
		if cert, ok := public.(*ssh.Certificate); ok {
			public = cert.Key
		}
		name = strings.TrimSpace(name + " " + ssh.FingerprintSHA256(public))
	}
	return promptWords(name), true
}

// learn takes the comments of keys from a list that passes by.
func (r *AgentRelay) learn(message []byte) {
	body := message[4:]
	if body[0] != agentIdentities || len(body) < 5 {
		return
	}
	rest := body[5:]
	r.mu.Lock()
	defer r.mu.Unlock()
	for range min(binary.BigEndian.Uint32(body[1:]), agentKeysMax) {
		blob, more, err := agentString(rest)
		if err != nil {
			return
		}
		comment, more, err := agentString(more)
		if err != nil {
			return
		}
		r.names[string(bytes.Clone(blob))] = string(comment)
		rest = more
	}
}

var errShort = errors.New("the message is too short")

// agentString takes a string off the front of b.
func agentString(b []byte) (s, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, errShort
	}
	return b[4 : 4+n], b[4+n:], nil
}

package sshutil

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/sshdtest"
)

// listen serves TCP connections with handle until the test ends.
func listen(t sshdtest.Owner, handle func(net.Conn)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sshdtest.Serve(t, l, handle)
	return l.Addr().(*net.TCPAddr).Port
}

// untilClosed reads until the other side is gone.
func untilClosed(conn net.Conn) {
	var buffer [4096]byte
	for {
		if _, err := conn.Read(buffer[:]); err != nil {
			return
		}
	}
}

// fakeHost is an SSH server in this process, which may misbehave.
type fakeHost struct {
	config *ssh.ServerConfig
	signer ssh.Signer
	port   int
	refuse error // the answer to every key

	mu     sync.Mutex
	logins []string // fingerprints of keys that were offered

	// exec answers a command; nil runs nothing and exits with 0.
	exec func(ch ssh.Channel, line string, requests <-chan *ssh.Request)
	// requests replaces the treatment of global requests; nil refuses all.
	requests func(<-chan *ssh.Request)
}

func newSigner(t sshdtest.Owner) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// newFakeHost starts a server that lets any key in. prepare may make it misbehave.
func newFakeHost(t sshdtest.Owner, prepare ...func(*fakeHost)) *fakeHost {
	t.Helper()
	h := &fakeHost{signer: newSigner(t)}
	h.config = &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.logins = append(h.logins, ssh.FingerprintSHA256(key))
			return nil, h.refuse
		},
	}
	h.config.AddHostKey(h.signer)
	for _, p := range prepare {
		p(h)
	}
	h.port = listen(t, h.serve)
	return h
}

func (h *fakeHost) offered() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.logins)
}

func (h *fakeHost) serve(conn net.Conn) {
	c, channels, requests, err := ssh.NewServerConn(conn, h.config)
	if err != nil {
		return
	}
	defer c.Close()
	var serving sync.WaitGroup
	defer serving.Wait()
	if h.requests != nil {
		serving.Go(func() { h.requests(requests) })
	} else {
		serving.Go(func() { ssh.DiscardRequests(requests) })
	}
	for ch := range channels {
		serving.Go(func() { h.session(ch) })
	}
}

func (h *fakeHost) session(newChannel ssh.NewChannel) {
	if newChannel.ChannelType() == "direct-tcpip" {
		forward(newChannel)
		return
	}
	ch, requests, err := newChannel.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	for r := range requests {
		if r.Type != "exec" {
			r.Reply(r.Type == "env", nil)
			continue
		}
		r.Reply(true, nil)
		var line struct{ Line string }
		if err := ssh.Unmarshal(r.Payload, &line); err != nil {
			return
		}
		if h.exec != nil {
			h.exec(ch, line.Line, requests)
			return
		}
		exit(ch, 0)
		return
	}
}

// exit reports a command's status.
func exit(ch ssh.Channel, status uint32) {
	ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
}

// forward connects a jump's channel.
func forward(newChannel ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(newChannel.ExtraData(), &to); err != nil {
		return
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		newChannel.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	ch, requests, err := newChannel.Accept()
	if err != nil {
		conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	var copying sync.WaitGroup
	copying.Go(func() { copyAndClose(ch, conn) })
	copyAndClose(conn, ch)
	copying.Wait()
}

func copyAndClose(to, from interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	to.Close()
	from.Close()
}

// fleet is a Resolver of hosts in this process, with the files that vouch for them.
type fleet struct {
	t       testing.TB
	dir     string
	targets map[string]Target
}

// newFleet returns an empty fleet whose person has one key file.
func newFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), targets: map[string]Target{}}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "me")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(f.dir, "id"), string(pem.EncodeToMemory(block)))
	write(t, f.known(), "")
	return f
}

func (f *fleet) known() string { return filepath.Join(f.dir, "known_hosts") }

// add names a port; key is what known_hosts says of it, nil for nothing.
func (f *fleet) add(name string, port int, key ssh.PublicKey) Target {
	t := Target{
		Name: name, HostName: "127.0.0.1", User: "me", Port: port,
		IdentityFiles: []string{filepath.Join(f.dir, "id")}, UserKnownHostsFiles: []string{f.known()},
	}
	f.targets[name] = t
	if key != nil {
		var known bytes.Buffer
		known.WriteString(read(f.t, f.known()))
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", port, ssh.MarshalAuthorizedKey(key))
		write(f.t, f.known(), known.String())
	}
	return t
}

// change edits a target.
func (f *fleet) change(name string, edit func(*Target)) {
	t := f.targets[name]
	edit(&t)
	f.targets[name] = t
}

// Resolve implements Resolver.
func (f *fleet) Resolve(_ context.Context, name string) (Target, error) {
	t, ok := f.targets[name]
	if !ok {
		return t, newError(KindConfigBad, name, "there is no such host", "", nil)
	}
	return t, nil
}

// dialer gives up late: what ends sooner does so by itself.
func (f *fleet) dialer() *Dialer { return &Dialer{Resolver: f, Timeout: forEver} }

// expiry is a context whose deadline comes when the test says so.
type expiry struct {
	context.Context
	over chan struct{}
}

func newExpiry(t testing.TB) expiry { return expiry{t.Context(), make(chan struct{})} }

func (e expiry) expire()               { close(e.over) }
func (e expiry) Done() <-chan struct{} { return e.over }

func (e expiry) Err() error {
	if isClosed(e.over) {
		return context.DeadlineExceeded
	}
	return nil
}

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// server is one host of the demo: an SSH server that answers like a NixOS
// machine, from its state.
type server struct {
	host   host
	story  story
	all    catalogue
	dir    directory
	config *ssh.ServerConfig
	delay  func() time.Duration
	now    func() time.Time
	speed  float64 // how many times faster than life builds and activations go
	tell   func(error)

	mu        sync.Mutex // guards what follows, and the state's file
	state     machine
	switching bool // switch-to-configuration runs
	building  int  // builds that run
}

// change changes the host's state and keeps it.
func (s *server) change(how func(*machine)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(&s.state)
	return s.state.save(s.dir)
}

// serve takes connections until the context ends, and waits for all of them.
func (s *server) serve(ctx context.Context, l net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	stop := context.AfterFunc(ctx, func() { s.report(l.Close()) })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s takes no more connections: %w", s.host.Name, err)
		}
		conns.Go(func() { s.connection(ctx, c) })
	}
}

// report tells of what went wrong on the side of the demo itself.
func (s *server) report(err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		s.tell(fmt.Errorf("%s: %w", s.host.Name, err))
	}
}

// connection speaks SSH on one connection until either side ends it.
func (s *server) connection(ctx context.Context, c net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	far := newFarConn(c, s.delay)
	defer far.Close()
	stop := context.AfterFunc(ctx, func() { far.Close() })
	defer stop()
	late := time.AfterFunc(handshakeWithin, func() { far.Close() })
	conn, channels, requests, err := ssh.NewServerConn(far, s.config)
	late.Stop()
	if err != nil {
		return // the client's business: it went away, or may not come in
	}
	var inside sync.WaitGroup
	defer inside.Wait()
	defer conn.Close()
	inside.Go(func() { ssh.DiscardRequests(requests) }) // says no to keepalives, which is an answer
	slots := make(chan struct{}, sessionsAtMost)
	for ch := range channels {
		if ch.ChannelType() != "session" {
			ch.Reject(ssh.UnknownChannelType, "the demo's hosts have sessions only")
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			ch.Reject(ssh.ResourceShortage, "open failed")
			continue
		}
		channel, reqs, err := ch.Accept()
		if err != nil {
			<-slots
			continue
		}
		inside.Go(func() {
			defer func() { <-slots }()
			s.session(ctx, conn.User(), channel, reqs)
		})
	}
	cancel()
}

// session runs one command, for a client that may leave at any time.
func (s *server) session(ctx context.Context, user string, ch ssh.Channel, reqs <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer ch.Close()
	stop := context.AfterFunc(ctx, func() { ch.Close() })
	defer stop()
	var command sync.WaitGroup
	defer command.Wait()
	started := false
	for req := range reqs {
		ok := false
		switch req.Type {
		case "env", "pty-req", "window-change", "auth-agent-req@openssh.com":
			ok = true
		case "signal":
			cancel()
		case "exec", "shell":
			line, known := commandLine(req)
			if ok = known && !started; ok {
				started = true
				req.Reply(true, nil)
				command.Go(func() { s.execute(ctx, user, line, ch) })
				continue
			}
		}
		if req.WantReply {
			req.Reply(ok, nil)
		}
	}
	cancel() // the client has closed the channel
}

// commandLine is what an exec or shell request asks for.
func commandLine(req *ssh.Request) (string, bool) {
	if req.Type == "shell" {
		return loginShell, true
	}
	var exec struct{ Command string }
	err := ssh.Unmarshal(req.Payload, &exec)
	return exec.Command, err == nil
}

// execute runs a command line and sends its exit status.
func (s *server) execute(ctx context.Context, user, line string, ch ssh.Channel) {
	c := &call{
		server: s, user: user, root: user == "root", speed: s.speed,
		stdin: io.LimitReader(ch, stdinAtMost), stdout: ch, stderr: ch.Stderr(),
	}
	code := c.script(ctx, line)
	status := struct{ Status uint32 }{uint32(code)}
	if _, err := ch.SendRequest("exit-status", false, ssh.Marshal(&status)); err == nil {
		ch.Close()
	}
}

package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"nixfleet-tui/nixcmd"
)

// server is one host of the demo: an SSH server that answers like a NixOS
// machine, from its state.
type server struct {
	host   host
	story  story
	all    catalogue
	dir    directory
	facts  nixcmd.HostFacts // what the flake says of it
	config *ssh.ServerConfig
	first  *ssh.ServerConfig // while it is an installer, whose key is another; or nil
	delay  func() time.Duration
	now    func() time.Time
	speed  float64 // how many times faster than life builds and activations go
	tell   func(error)
	ending chan struct{} // closed when the host serves no more

	mu        sync.Mutex // guards what follows, and the state's file
	state     machine
	watch     string          // how far the host's watch over its activation has come (nixcmd.ConfirmDir); "" when there is none
	switching *switching      // the switch-to-configuration that runs, or nil
	builds    map[*built]bool // that run
	offUntil  time.Time
	open      map[*farConn]bool
	leaving   []*farConn // are to end, since the host has gone down
}

// switching is a switch-to-configuration that runs.
type switching struct {
	by      string // the login user
	command string
	since   time.Time
}

// built is a build that runs.
type built struct {
	drv string
	end context.CancelFunc
}

// powerOff keeps the host from answering for a while. The connections that there
// are end once it has told so.
func (s *server) powerOff(speed float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = slices.Collect(maps.Keys(s.open))
	s.offUntil = s.now().Add(time.Duration(float64(rebootTakes) / speed))
}

// enter notes a connection. None is let in while the host is off.
func (s *server) enter(c *farConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Before(s.offUntil) {
		return false
	}
	s.open[c] = true
	return true
}

func (s *server) leave(c *farConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// off says whether the host is down just now.
func (s *server) off() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().Before(s.offUntil)
}

// takeLeaving hands the connections that are to end to who ends them.
func (s *server) takeLeaving() []*farConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.leaving
	s.leaving = nil
	return all
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
	defer onEnd(ctx, func() {
		close(s.ending)
		s.report(l.Close())
	})()
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

// onEnd has f run when the context ends. What it returns calls that off, or
// waits for f where it is too late.
func onEnd(ctx context.Context, f func()) (release func()) {
	ran := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ran)
		f()
	})
	return func() {
		if !stop() {
			<-ran
		}
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
	defer far.wait()
	defer far.Close()
	defer onEnd(ctx, func() { far.Close() })()
	if !s.enter(far) {
		return
	}
	defer s.leave(far)
	late := time.AfterFunc(handshakeWithin, func() { far.Close() })
	conn, channels, requests, err := ssh.NewServerConn(far, s.identity())
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
	defer onEnd(ctx, func() { ch.Close() })()
	var command sync.WaitGroup
	var leaving []*farConn // when the command has shut the host down
	started, terminal := false, false
	for req := range reqs {
		ok := false
		switch req.Type {
		case "pty-req":
			ok, terminal = true, true
		case "env", "window-change", "auth-agent-req@openssh.com":
			ok = true
		case "signal":
			cancel()
		case "exec", "shell":
			line, known := commandLine(req)
			if ok = known && !started; ok {
				started = true
				req.Reply(true, nil)
				if line == "" && terminal {
					command.Go(func() { leaving = s.shell(ctx, user, ch) })
					continue
				}
				command.Go(func() { leaving = s.execute(ctx, user, cmp.Or(line, loginShell), ch) })
				continue
			}
		}
		if req.WantReply {
			req.Reply(ok, nil)
		}
	}
	cancel() // the client has closed the channel: it knows how its command ended
	command.Wait()
	for _, c := range leaving {
		c.Close()
	}
}

// commandLine is what an exec or shell request asks for; a shell has none.
func commandLine(req *ssh.Request) (string, bool) {
	if req.Type == "shell" {
		return "", true
	}
	var exec struct{ Command string }
	err := ssh.Unmarshal(req.Payload, &exec)
	return exec.Command, err == nil
}

// execute runs a command line and sends its exit status. It returns the
// connections that are to end when that has arrived.
func (s *server) execute(ctx context.Context, user, line string, ch ssh.Channel) []*farConn {
	c := s.call(user)
	c.stdin, c.stdout, c.stderr = io.LimitReader(ch, stdinAtMost), ch, ch.Stderr()
	return s.end(c.script(ctx, line), ch)
}

// shell lets a person type commands, until exit or the end of input. It returns
// what execute does.
func (s *server) shell(ctx context.Context, user string, ch ssh.Channel) []*farConn {
	prompt := fmt.Sprintf("[%s@%s:~]$ ", user, s.host.Name)
	t := term.NewTerminal(ch, prompt)
	fmt.Fprintln(t, shellBanner)
	c := s.call(user)
	c.stdin, c.stdout, c.stderr = strings.NewReader(""), t, t
	for !s.off() {
		line, err := t.ReadLine()
		if err != nil || strings.TrimSpace(line) == "exit" {
			break
		}
		c.script(ctx, line)
	}
	return s.end(c.status, ch)
}

const shellBanner = `This is a host of the demo, and its shell knows little: try nixos-version, uptime,
systemctl --failed, readlink /run/current-system, sudo reboot, exit.`

// call is a command line that is about to run.
func (s *server) call(user string) *call {
	return &call{server: s, user: user, root: user == "root", speed: s.speed}
}

// end sends the exit status, after which a host that was shut down is gone.
func (s *server) end(code int, ch ssh.Channel) []*farConn {
	status := struct{ Status uint32 }{uint32(code)}
	if _, err := ch.SendRequest("exit-status", false, ssh.Marshal(&status)); err == nil {
		ch.Close()
	}
	return s.takeLeaving()
}

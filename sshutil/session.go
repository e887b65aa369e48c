package sshutil

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"
)

// errNotStarted is the cause of a failure that came before the host was asked
// to run anything, because the connection had ended.
var errNotStarted = errors.New("the connection has ended")

// Run implements Runner.
func (n *native) Run(ctx context.Context, cmd Command) (Result, error) {
	r := newRunning(n, cmd.MaxOutput)
	finished := make(chan error, 1)
	if err := n.begin(ctx, "running a command", func() { finished <- r.run(ctx, cmd) }); err != nil {
		return Result{}, err
	}
	select {
	case err := <-finished:
		return r.outcome(ctx, err)
	case <-ctx.Done():
		r.hangUp()
		return Result{}, n.gaveUp(ctx)
	case <-r.over:
		r.hangUp()
		return r.result(), tooMuch(n.host)
	}
}

// begin has f use one of the connection's sessions, which it releases. Its
// goroutine stays until the host is done with the session, which may be long
// after we lost interest; only then is the session free again.
func (n *native) begin(ctx context.Context, doing string, f func()) error {
	if err := n.slot(ctx); err != nil {
		return n.failure(ctx, "waiting for a free session", err)
	}
	if !n.own(f) {
		n.release()
		return n.failure(ctx, doing, errNotStarted)
	}
	return nil
}

// gaveUp is the failure of a command that was waited for in vain.
func (n *native) gaveUp(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		n.doubt() // a slow command, or a dead link
	}
	return n.failure(ctx, "running a command", ctx.Err())
}

func tooMuch(host string) *Error {
	return newError(KindOutputCap, host, "the command puts out more than it may", "run it by hand to see what it says: ssh "+host, nil)
}

// running is one command on the host.
type running struct {
	held
	heard
}

func newRunning(n *native, maxOutput int) *running {
	return &running{held{on: n}, newHeard(maxOutput)}
}

// heard is what a command puts out, as far as it may.
type heard struct {
	stdout, stderr *capped
	over           chan struct{} // closed when output was dropped
}

func newHeard(most int) heard {
	if most <= 0 {
		most = outputDefault
	}
	h := heard{over: make(chan struct{})}
	overflow := sync.OnceFunc(func() { close(h.over) })
	h.stdout = &capped{max: most, overflow: overflow}
	h.stderr = &capped{max: most, overflow: overflow}
	return h
}

func (h heard) result() Result {
	return Result{Stdout: h.stdout.bytes(), Stderr: h.stderr.bytes()}
}

// held is a session that can be hung up on, also while it is being opened.
type held struct {
	on *native

	mu        sync.Mutex
	session   *ssh.Session
	abandoned bool
}

// opened notes the session, unless nobody wants it any more.
func (h *held) opened(s *ssh.Session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.session = s
	return !h.abandoned
}

// hangUp tells the host that nobody listens any more. It does not wait.
func (h *held) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.abandoned {
		return
	}
	h.abandoned = true
	if s := h.session; s != nil {
		h.on.own(func() {
			// Best effort: the connection may be dead, and then all is said.
			s.Signal(ssh.SIGHUP)
			s.Close()
		})
	}
}

// run has the command run to its end.
func (r *running) run(ctx context.Context, cmd Command) error {
	defer r.on.release()
	session, end, err := r.on.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	if !r.opened(session) {
		return ctx.Err()
	}
	session.Stdout, session.Stderr = r.stdout, r.stderr
	feed := func() {}
	if len(cmd.Stdin) > 0 {
		stdin, err := session.StdinPipe()
		if err != nil {
			return err
		}
		feed = func() {
			stdin.Write(cmd.Stdin) // a command need not read all of it
			stdin.Close()
		}
	}
	if cmd.ForwardAgent {
		if err := r.on.forwardAgent(session); err != nil {
			return err
		}
	}
	if err := session.Start(cmd.Line); err != nil {
		return r.on.startFailure(err)
	}
	var feeding sync.WaitGroup
	defer feeding.Wait()
	feeding.Go(feed)
	return session.Wait()
}

// startFailure tells a host that would not run the command from a connection
// that ended: then it may have begun, nobody knows.
func (n *native) startFailure(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || isClosed(n.ended) {
		return err
	}
	return newError(KindExecFailed, n.host, "the host would not run the command", "see its sshd log", err)
}

// outcome is what a command that ended left.
func (r *running) outcome(ctx context.Context, err error) (Result, error) {
	result := r.result()
	var exit *ssh.ExitError
	switch {
	case r.stdout.overflowed() || r.stderr.overflowed():
		return result, tooMuch(r.on.host)
	case err == nil:
		return result, nil
	case errors.As(err, &exit):
		result.ExitCode = exit.ExitStatus()
		return result, nil
	}
	return result, r.on.failure(ctx, "running a command", err)
}

// failure turns whatever went wrong on a connection into an *Error.
func (n *native) failure(ctx context.Context, doing string, err error) error {
	var told *Error
	switch {
	case errors.As(err, &told):
		return told
	case ctx.Err() != nil:
		return contextError(n.host, doing, ctx.Err())
	case n.hop != nil && n.hopGone(ctx):
		return newError(KindJump, n.host, "the connection to the jump host "+n.hop.target.Name+" has ended", "read the host's state again before you rely on it", err)
	case errors.Is(err, errNotStarted):
		return newError(KindReset, n.host, "the connection has ended", "it is made anew when it is needed again", err)
	}
	return newError(KindExitUnknown, n.host, "the connection ended before the command's exit status came", "read the host's state again before you rely on it", err)
}

// hopGone reports whether the jump host is why a connection ended. That is
// known a moment later than the end itself.
func (n *native) hopGone(ctx context.Context) bool {
	n.awaitHop(ctx, n.ended) // which waits for the jump host, too
	return isClosed(n.hop.Done())
}

package sshutil

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// native is a connection that x/crypto made, with the goroutines that belong to it.
type native struct {
	host     string
	client   *ssh.Client
	key      string
	touched  bool          // the login took a touch
	forward  string        // agent socket that may be forwarded; "" if there is none
	hop      *Client       // the jump host that the connection goes over; may be nil
	under    func() error  // gives the jump host back; may be nil
	sessions chan struct{} // one token per session
	closing  chan struct{} // closed when Close is called
	ended    chan struct{} // closed when the connection is gone
	doubted  chan struct{} // holds one token when somebody waited in vain
	rtt      atomic.Int64  // nanoseconds; zero until measured
	keeping  keeping

	mu     sync.Mutex
	closed bool           // nothing more is owned
	owned  sync.WaitGroup // goroutines that Close waits for
	opened int            // sessions that are open
	fewer  chan struct{}  // closed, and made anew, when one was closed
}

// newNative takes over a connection that is logged in.
func newNative(t Target, over passage, client *ssh.Client, key, forward string, now func() time.Time) *native {
	n := &native{
		host: t.Name, client: client, key: key, forward: forward, hop: over.hop,
		sessions: make(chan struct{}, sessionsPerClient),
		closing:  make(chan struct{}),
		ended:    make(chan struct{}),
		fewer:    make(chan struct{}),
		doubted:  make(chan struct{}, 1),
		keeping:  keeping{patience: keptPatience, idle: keptIdle},
	}
	n.rtt.Store(int64(over.rtt))
	n.own(n.watch)
	interval, count := aliveInterval, aliveCount
	if t.ServerAliveInterval > 0 {
		interval, count = t.ServerAliveInterval, max(t.ServerAliveCountMax, 1)
	}
	rest := watchSleep(now)
	n.own(func() { n.keepAlive(interval, time.Duration(count)*interval, rest) })
	return n
}

// watch waits for the end of the connection.
func (n *native) watch() {
	n.client.Wait() // its error is that of whoever was using the connection
	if n.hop != nil {
		n.awaitHop(context.Background(), n.closing) // if the jump host is why, let that be known first
	}
	close(n.ended)
}

// awaitHop waits until the jump host is known to have ended, or to be there, or
// until enough is closed or ctx ends. Both are known soon, though how soon is a matter of
// how busy we are: one that is there answers, and the end of one that is not
// follows the end of what went over it.
func (n *native) awaitHop(ctx context.Context, enough <-chan struct{}) {
	if isClosed(enough) {
		return
	}
	answers := make(chan struct{})
	if hop, ok := n.hop.link.(*native); ok {
		hop.own(func() {
			if _, _, err := hop.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
				close(answers)
			}
		})
	}
	late := time.NewTimer(hopFarewell)
	defer late.Stop()
	select {
	case <-n.hop.Done():
	case <-answers:
	case <-enough:
	case <-ctx.Done():
	case <-late.C:
	}
}

// keepAlive asks for an answer every interval and cuts the connection when
// none came for as long as patience. When a command was waited for in vain, or
// this machine has slept, it asks at once and waits less.
func (n *native) keepAlive(interval, patience time.Duration, rest *sleeps) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		wait := patience
		// The first question waits too, unless it is needed to know the latency.
		if n.rtt.Load() != 0 {
			select {
			case <-n.ended:
				return
			case <-n.doubted:
				wait = min(patience, doubtPatience)
			case <-tick.C:
				if rest.slept() {
					wait = min(patience, doubtPatience)
				}
			}
		}
		if !n.answers(wait, tick.C, rest) {
			n.client.Close() // a write error does not end the reading side
			return
		}
	}
}

// answers asks for an answer and says whether one came within patience. What
// makes the link doubtful while it is waited for shortens that: the answer may
// be what a sleep has lost. On a dead link the question blocks until the
// connection is closed, which is what ends it.
func (n *native) answers(patience time.Duration, tick <-chan time.Time, rest *sleeps) bool {
	asked := time.Now()
	until := asked.Add(patience)
	giveUp := time.AfterFunc(patience, func() { n.client.Close() })
	defer giveUp.Stop()
	answer := make(chan error, 1)
	go func() {
		_, _, err := n.client.SendRequest("keepalive@openssh.com", true, nil)
		answer <- err
	}()
	for {
		select {
		case err := <-answer:
			if err != nil {
				return false
			}
			n.rtt.Store(max(1, int64(time.Since(asked))))
			return true
		case <-n.doubted:
		case <-tick:
			if !rest.slept() {
				continue
			}
		}
		if soon := time.Now().Add(doubtPatience); soon.Before(until) {
			until = soon
			giveUp.Reset(doubtPatience)
		}
	}
}

// doubt has the connection tried soon.
func (n *native) doubt() {
	select {
	case n.doubted <- struct{}{}:
	default: // it will be
	}
}

func (n *native) done() <-chan struct{}  { return n.ended }
func (n *native) latency() time.Duration { return time.Duration(n.rtt.Load()) }
func (n *native) hostKey() string        { return n.key }

// own runs f in a goroutine that Close waits for. It reports false when the
// connection was closed already, and f does not run.
func (n *native) own(f func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.owned.Go(f)
	return true
}

// Close ends the connection and waits for its goroutines.
func (n *native) Close() error {
	n.mu.Lock()
	again := n.closed
	n.closed = true
	if !again {
		close(n.closing)
	}
	n.mu.Unlock()
	err := n.client.Close()
	n.owned.Wait()
	if again {
		return nil
	}
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		err = nil // the other side was first
	}
	if n.under != nil {
		err = errors.Join(err, n.under())
	}
	return err
}

// forwardAgent makes the person's agent reachable for the commands of this
// connection: all of them, sshd does not tell its sessions apart.
func (n *native) forwardAgent(s *ssh.Session) error {
	if n.forward == "" {
		return newError(KindAgentGone, n.host, "there is no agent to forward", "start ssh-agent and add the key with ssh-add", nil)
	}
	if err := agent.ForwardToRemote(n.client, n.forward); err != nil {
		return newError(KindAgentGone, n.host, "the agent at "+n.forward+" does not answer", "start ssh-agent and add the key with ssh-add", err)
	}
	if err := agent.RequestAgentForwarding(s); err != nil {
		return newError(KindExecFailed, n.host, "the host does not let the agent be forwarded",
			"allow it in its sshd (AllowAgentForwarding), and in the certificate if you log in with one (permit-agent-forwarding)", err)
	}
	return nil
}

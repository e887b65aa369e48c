package sshutil

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// tunnel opens a connection to address from the other end of n. Its reads and
// writes end when it is closed, which those of a channel do not before the
// other side says so: pipes and two goroutines of n stand between.
func (n *native) tunnel(ctx context.Context, address string) (net.Conn, error) {
	type opened struct {
		conn net.Conn
		err  error
	}
	answer := make(chan opened)
	// The jump host may take minutes to say that nobody is there.
	started := n.own(func() {
		conn, err := opening(n, func() (net.Conn, error) { return n.client.Dial("tcp", address) })
		select {
		case answer <- opened{conn, err}:
		case <-ctx.Done():
			if err == nil {
				conn.Close()
			}
		}
	})
	if !started {
		return nil, errNotStarted
	}
	select {
	case o := <-answer:
		if o.err != nil {
			return nil, o.err
		}
		return n.pumped(o.conn)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pumped returns the near end of a pipe whose far end is channel.
func (n *native) pumped(channel net.Conn) (net.Conn, error) {
	near, far := net.Pipe()
	pump := func(to, from net.Conn) func() {
		return func() {
			io.Copy(to, from) // whoever holds the near end sees the end of it
			far.Close()
			channel.Close()
		}
	}
	if n.own(pump(far, channel)) && n.own(pump(channel, far)) {
		return near, nil
	}
	far.Close()
	channel.Close()
	return nil, errNotStarted
}

// tunnelFailure tells why a jump host did not reach the target.
func tunnelFailure(ctx context.Context, t Target, hop *Client, err error) *Error {
	from := ", as seen from the jump host " + hop.target.Name
	var refused *ssh.OpenChannelError
	switch {
	case ctx.Err() != nil:
		e := connectFailure(ctx, t, ctx.Err())
		e.Message += from
		return e
	case !errors.As(err, &refused):
		return jumpError(t, hop.target.Name, err)
	case refused.Reason == ssh.Prohibited:
		return newError(KindJump, t.Name, "the jump host "+hop.target.Name+" does not allow connections to others", "set AllowTcpForwarding yes in its sshd", err)
	case strings.Contains(refused.Message, "refused"):
		return newError(KindRefused, t.Name, "nothing listens on "+t.HostName+" port "+strconv.Itoa(t.Port)+from, "check that sshd runs there, and the port", err)
	case strings.Contains(refused.Message, "not known"), strings.Contains(refused.Message, "resolution"):
		return newError(KindDNS, t.Name, "the name "+t.HostName+" has no address"+from, "set HostName to what the jump host can reach", err)
	case strings.Contains(refused.Message, "timed out"):
		return newError(KindTimeout, t.Name, "no answer from "+t.HostName+from, "check that the host is up", err)
	}
	return newError(KindUnreachable, t.Name, "cannot reach "+t.HostName+from+": "+refused.Message, "check the network behind the jump host", err)
}

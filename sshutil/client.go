package sshutil

import (
	"context"
	"io"
	"time"
)

// Client is one authenticated connection to one host, shared by all who want
// to run something there. It keeps itself alive and measures latency.
type Client struct {
	target Target
	via    string
	link   link
	again  func(context.Context) (*Client, error) // the same connection once more; nil where the link needs none
}

// link is how a Client reaches its host: our own connection, or the ssh program.
type link interface {
	Runner
	stream(ctx context.Context, line string) (io.ReadWriteCloser, error)
	done() <-chan struct{}
	latency() time.Duration
	hostKey() string
}

// Run implements Runner. Several may run at once (at most four sessions; more
// wait). A command that outputs more than it may has its first bytes in the
// Result beside an error of KindOutputCap. When the context ends, Run returns
// at once and the command on the host is hung up.
//
// A command that wants the agent gets a connection of its own, which ends with
// it: a host that was given the agent once has it as long as the connection.
func (c *Client) Run(ctx context.Context, cmd Command) (Result, error) {
	if !cmd.ForwardAgent || c.again == nil {
		return c.link.Run(ctx, cmd)
	}
	own, err := c.again(ctx)
	if err != nil {
		return Result{}, err
	}
	defer own.Close() // nothing was left to lose
	return own.link.Run(ctx, cmd)
}

// Stream starts a command and hands over its stdin and stdout, for protocols.
// The context bounds the start and what comes after; closing ends the command.
func (c *Client) Stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	return c.link.stream(ctx, line)
}

// Close ends the connection and waits for what belongs to it.
func (c *Client) Close() error { return c.link.Close() }

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return c.link.done() }

// Latency is the last measured round trip; zero when none was.
func (c *Client) Latency() time.Duration { return c.link.latency() }

// Via says how the host is reached: "direct", "jump a→b", "proxycommand" or "openssh".
func (c *Client) Via() string { return c.via }

// Touched says whether somebody touched a key for this connection, so that the
// next login asks for a touch too.
func (c *Client) Touched() bool {
	n, ok := c.link.(*native)
	return ok && n.touched
}

// Target is what the name resolved to.
func (c *Client) Target() Target { return c.target }

// HostKey is the key that the host showed, as "TYPE BASE64", the form of
// known_hosts and of Nix's publicHostKey; "" when the ssh program connects.
// Of a host certificate it is the key that the certificate is for.
func (c *Client) HostKey() string { return c.link.hostKey() }

package sshutil

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// passage is what an SSH connection rides on.
type passage struct {
	conn  net.Conn
	hop   *Client       // the jump host on the way; may be nil
	rtt   time.Duration // how long a packet takes there and back; zero if not known
	heard func()        // to be called when the host says something
}

// connect opens the passage to t. The error is an *Error.
func (d *Dialer) connect(ctx context.Context, t Target, hop *Client) (passage, error) {
	switch {
	case hop != nil:
		n, ok := hop.link.(*native)
		if !ok {
			return passage{}, newError(KindJump, t.Name, "the jump host "+hop.target.Name+" is reached by the ssh program", "", nil)
		}
		conn, err := n.tunnel(ctx, address(t))
		if err != nil {
			return passage{}, tunnelFailure(ctx, t, hop, err)
		}
		return passage{conn: conn, hop: hop}, nil
	case t.ProxyCommand != "":
		shell := d.Shell
		if shell == "" {
			shell = "/bin/sh"
		}
		conn, err := startProxy(shell, t.ProxyCommand)
		if err != nil {
			return passage{}, newError(KindProxy, t.Name, "the ProxyCommand could not be started: "+err.Error(), "correct ProxyCommand in the ssh configuration", err)
		}
		return passage{conn: conn}, nil
	}
	conn, rtt, err := dialTCP(ctx, t)
	if err != nil {
		return passage{}, connectFailure(ctx, t, err)
	}
	return passage{conn: conn, rtt: rtt}, nil
}

func dialTCP(ctx context.Context, t Target) (net.Conn, time.Duration, error) {
	if t.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.ConnectTimeout)
		defer cancel()
	}
	var began atomic.Int64 // when the last address was tried, after names were looked up
	dialer := net.Dialer{
		KeepAlive: -1, // the connection has its own
		Control: func(string, string, syscall.RawConn) error {
			began.Store(time.Now().UnixNano())
			return nil
		},
	}
	if t.BindAddress != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(t.BindAddress)}
	}
	network := "tcp"
	switch t.AddressFamily {
	case "inet":
		network = "tcp4"
	case "inet6":
		network = "tcp6"
	}
	conn, err := dialer.DialContext(ctx, network, address(t))
	return conn, time.Duration(time.Now().UnixNano() - began.Load()), err
}

func address(t Target) string {
	return net.JoinHostPort(strings.Trim(t.HostName, "[]"), strconv.Itoa(t.Port))
}

// handshake logs in over a connection, which it closes if that fails.
func (d *Dialer) handshake(ctx context.Context, t Target, over passage, keys func() offers) (*native, error) {
	state := d.shared()
	files := state.known.read(slices.Concat(t.UserKnownHostsFiles, t.GlobalKnownHostsFiles))
	check := newHostKeyCheck(t, files, func() bool { return takesPatterns(versionOf(ctx, d.OpenSSH)) }, d.now())
	w := newWire(over.conn, state.computing, over.heard)
	// Closing is the only way to end a handshake: not every connection has deadlines.
	stop := context.AfterFunc(ctx, func() { w.Close() })
	defer stop()
	greeting, enough := t.greeting(ctx)
	defer enough()
	var greeted atomic.Bool
	defer context.AfterFunc(greeting, func() {
		if !greeted.Load() {
			w.Close()
		}
	})()
	l := &login{target: t, keys: keys, broken: w.broken}
	var shown ssh.PublicKey
	config := t.clientConfig(check, l)
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = key
		greeted.Store(true)
		if refusal := check.check(key); refusal != nil {
			return refusal
		}
		return nil
	}
	c, channels, requests, err := ssh.NewClientConn(w, address(t), config)
	w.finish()
	if err == nil && !stop() {
		c.Close()
		err = ctx.Err()
	}
	if err != nil {
		if !greeted.Load() && ctx.Err() == nil {
			ctx = greeting
		}
		failure := handshakeFailure(ctx, t, w, err)
		if p, ok := over.conn.(*proxied); ok {
			failure = proxyFailure(t, p, failure)
		}
		w.Close()
		return nil, failure
	}
	n := newNative(t, over, ssh.NewClient(c, channels, requests), keyText(shown), d.forwardSocket(t), d.now)
	n.touched = l.touched()
	if d.Patience > 0 {
		n.keeping.patience = d.Patience
	}
	return n, nil
}

// greeting is how long the host has to show its key: ConnectTimeout counts for
// that as well as for the connection, as it does for ssh.
func (t Target) greeting(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.ConnectTimeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, t.ConnectTimeout)
}

// clientConfig is how x/crypto is told what the person allows.
func (t Target) clientConfig(check *hostKeyCheck, l *login) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: t.keyExchanges(),
			Ciphers:      able(ssh.SupportedAlgorithms().Ciphers, ssh.InsecureAlgorithms().Ciphers, t.Ciphers),
			MACs:         able(ssh.SupportedAlgorithms().MACs, ssh.InsecureAlgorithms().MACs, t.MACs),
		},
		User:              t.User,
		HostKeyAlgorithms: check.algorithms(t.HostKeyAlgorithms),
		AuthCallback:      l.method,
	}
}

// forwardSocket is the agent that the host may be given; "" if there is none.
func (d *Dialer) forwardSocket(t Target) string {
	if t.ForwardSocket != "" {
		return t.ForwardSocket
	}
	return d.agentSocket(t)
}

// keyText is a host key as known_hosts has it, without a name.
func keyText(key ssh.PublicKey) string {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

package sshutil

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Dialer makes connections. The zero value of an option means its default. It
// may be used by many at once and must not be copied.
type Dialer struct {
	Resolver    Resolver         // default: OpenSSH with SSHOptions
	AgentSocket string           // SSH_AUTH_SOCK of the person
	Timeout     time.Duration    // for connect, handshake and login together, after the host's turn has come; default 8 s
	Home        string           // for ~ and %d; default os.UserHomeDir
	OpenSSH     string           // the ssh program, for what x/crypto cannot do; "" never
	SSHOptions  []string         // words put before the host whenever that program is started
	Now         func() time.Time // for the validity of certificates; default time.Now

	once  sync.Once
	state *dialState
}

// dialState is what the dials of one Dialer share.
type dialState struct {
	resolver  Resolver
	waiting   chan struct{}
	computing chan struct{}
	agents    agents
	keys      keyFiles
	known     knownFiles
}

func (d *Dialer) shared() *dialState {
	d.once.Do(func() {
		d.state = &dialState{
			resolver:  d.Resolver,
			waiting:   make(chan struct{}, dialsWaiting),
			computing: make(chan struct{}, kexComputing),
		}
		if d.Resolver == nil {
			d.state.resolver = &OpenSSH{Program: d.OpenSSH, Options: d.SSHOptions, Home: d.Home}
		}
	})
	return d.state
}

func (d *Dialer) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// Dial connects to the host called name. The error is an *Error.
func (d *Dialer) Dial(ctx context.Context, name string) (*Client, error) {
	t, err := d.shared().resolver.Resolve(ctx, name)
	if err != nil {
		return nil, asError(name, err)
	}
	select {
	case d.shared().waiting <- struct{}{}:
		defer func() { <-d.shared().waiting }()
	case <-ctx.Done():
		return nil, contextError(name, "waiting for its turn to connect", ctx.Err())
	}
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = dialTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.dial(limited, t)
}

// dial connects to t.
func (d *Dialer) dial(ctx context.Context, t Target) (*Client, error) {
	keysContext, enough := context.WithCancel(ctx)
	found := make(chan offers, 1)
	go func() {
		// The agent is asked while the network is waited for.
		k, o := d.keyringFor(keysContext, t, false)
		found <- k.arrange(o)
	}()
	keys := sync.OnceValue(func() offers { return <-found })
	defer keys()
	defer enough()
	conn, err := d.connect(ctx, t)
	if err != nil {
		return nil, connectFailure(ctx, t, err)
	}
	n, err := d.handshake(ctx, t, conn, keys)
	if err != nil {
		return nil, err
	}
	return &Client{target: t, via: "direct", link: n}, nil
}

// connect opens the TCP connection.
func (d *Dialer) connect(ctx context.Context, t Target) (net.Conn, error) {
	if t.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.ConnectTimeout)
		defer cancel()
	}
	dialer := net.Dialer{KeepAlive: -1} // the connection has its own
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
	return dialer.DialContext(ctx, network, address(t))
}

func address(t Target) string {
	return net.JoinHostPort(strings.Trim(t.HostName, "[]"), strconv.Itoa(t.Port))
}

// handshake logs in over conn, which it closes if that fails.
func (d *Dialer) handshake(ctx context.Context, t Target, conn net.Conn, keys func() offers) (*native, error) {
	state := d.shared()
	check := newHostKeyCheck(t, state.known.read(append(append([]string{}, t.UserKnownHostsFiles...), t.GlobalKnownHostsFiles...)), d.now())
	w := newWire(conn, state.computing)
	stop := context.AfterFunc(ctx, func() { w.Close() })
	defer stop()
	l := &login{target: t, keys: keys, broken: w.broken}
	var shown ssh.PublicKey
	config := &ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: t.keyExchanges(),
			Ciphers:      able(ssh.SupportedAlgorithms().Ciphers, ssh.InsecureAlgorithms().Ciphers, t.Ciphers),
			MACs:         able(ssh.SupportedAlgorithms().MACs, ssh.InsecureAlgorithms().MACs, t.MACs),
		},
		User:              t.User,
		HostKeyAlgorithms: check.algorithms(t.HostKeyAlgorithms),
		AuthCallback:      l.method,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			shown = key
			if refusal := check.check(key); refusal != nil {
				return refusal
			}
			return nil
		},
	}
	c, channels, requests, err := ssh.NewClientConn(w, address(t), config)
	if err == nil && !stop() {
		c.Close()
		err = ctx.Err()
	}
	w.finish()
	if err != nil {
		w.Close()
		return nil, handshakeFailure(ctx, t, w, err)
	}
	n := newNative(t, ssh.NewClient(c, channels, requests), d.forwardSocket(t), nil)
	n.key = keyText(shown)
	return n, nil
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

package sshutil

import (
	"context"
	"sync"
	"time"
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
	Shell       string           // SHELL of the person, which runs a ProxyCommand; default /bin/sh
	Now         func() time.Time // for the validity of certificates; default time.Now
	Patience    time.Duration    // with a kept shell (Client.Repeat), before a script is run by itself; default 2 s

	once  sync.Once
	state *dialState
}

// dialState is what the dials of one Dialer share.
type dialState struct {
	resolver  Resolver
	waiting   *turnstile
	computing chan struct{}
	agents    agents
	keys      keyFiles
	known     knownFiles
	jumps     *jumps
	silence   silence

	mu     sync.Mutex
	failed map[string]bool // names whose last dial failed
}

func (d *Dialer) shared() *dialState {
	d.once.Do(func() {
		d.state = &dialState{
			resolver:  d.Resolver,
			waiting:   newTurnstile(dialsWaiting),
			computing: make(chan struct{}, kexComputing),
			failed:    map[string]bool{},
		}
		d.state.jumps = newJumps(func(ctx context.Context, r route) (*Client, error) { return d.travel(ctx, r, false) }, d.now)
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

// Dial connects to the host called name. It never uses a key that wants a
// touch. The error is an *Error.
func (d *Dialer) Dial(ctx context.Context, name string) (*Client, error) {
	return d.dialNamed(ctx, name, false)
}

// DialTouch is Dial, but keys that want a touch may be used: somebody sits
// there and was told. It takes up to 30 s longer.
func (d *Dialer) DialTouch(ctx context.Context, name string) (*Client, error) {
	return d.dialNamed(ctx, name, true)
}

// AcceptKey is the command that shows the host's key to a person, asks, and
// writes known_hosts: all that is OpenSSH's business. It needs the terminal.
func (d *Dialer) AcceptKey(name string) []string {
	words := append([]string{programOr(d.OpenSSH), "-o", "StrictHostKeyChecking=ask", "-o", "ControlPath=none"}, d.SSHOptions...)
	return append(words, "--", name, "true")
}

func (d *Dialer) dialNamed(ctx context.Context, name string, touch bool) (*Client, error) {
	client, err := d.find(ctx, name, touch)
	s := d.shared()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed[name] = true
		return nil, asError(name, err)
	}
	delete(s.failed, name)
	return client, nil
}

// find resolves the name and goes there.
func (d *Dialer) find(ctx context.Context, name string, touch bool) (*Client, error) {
	t, err := d.shared().resolver.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	r, err := d.plan(ctx, t)
	if err != nil {
		return nil, err
	}
	if why := r.needsOpenSSH(); why != "" {
		return d.byProgram(ctx, t, why, touch)
	}
	client, err := d.travel(ctx, r, touch)
	if d.OpenSSH != "" && onlyProgramCan(err, touch) {
		return d.byProgram(ctx, t, err.Error(), touch)
	}
	return client, err
}

// travel connects to the end of a way. The jump host is connected to first,
// and takes none of the target's time.
func (d *Dialer) travel(ctx context.Context, r route, touch bool) (*Client, error) {
	s, t := d.shared(), r.target
	var hop *Client
	giveBack := func() error { return nil }
	if len(r.hops) > 0 {
		var err error
		if hop, giveBack, err = s.jumps.take(ctx, r.before()); err != nil {
			return nil, jumpError(t, r.hops[len(r.hops)-1].Name, err)
		}
	}
	link, err := d.arrive(ctx, t, hop, touch)
	if err != nil {
		giveBack() // how closing the jump host went is of no interest now
		return nil, err
	}
	link.under = giveBack
	again := func(ctx context.Context) (*Client, error) { return d.travel(ctx, r, touch) }
	return &Client{target: t, via: r.via(), link: link, again: again}, nil
}

// arrive connects to t itself, over hop if there is one.
func (d *Dialer) arrive(ctx context.Context, t Target, hop *Client, touch bool) (*native, error) {
	s := d.shared()
	s.mu.Lock()
	behind := s.failed[t.Name]
	s.mu.Unlock()
	if err := s.waiting.enter(ctx, behind); err != nil {
		return nil, contextError(t.Name, "waiting for its turn to connect", err)
	}
	defer s.waiting.leave()
	ctx, cancel := context.WithTimeout(ctx, d.patience(touch))
	defer cancel()

	keysContext, enough := context.WithCancel(ctx)
	found := make(chan offers, 1)
	go func() {
		// The agent is asked while the network is waited for.
		k, o := d.keyringFor(keysContext, t, touch)
		found <- k.arrange(o)
	}()
	keys := sync.OnceValue(func() offers { return <-found })
	defer keys()
	defer enough()
	heard := func() {}
	if hop == nil && t.ProxyCommand == "" {
		heard = s.silence.called(t.Name)
		defer heard()
	}
	over, err := d.connect(ctx, t, hop)
	if err != nil {
		return nil, err
	}
	over.heard = heard
	return d.handshake(ctx, t, over, keys)
}

func (d *Dialer) patience(touch bool) time.Duration {
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = dialTimeout
	}
	if touch {
		timeout += touchTimeout
	}
	return timeout
}

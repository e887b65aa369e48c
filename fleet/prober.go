package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"nixfleet-tui/sshutil"
)

// Prober reads hosts' status over connections that somebody else keeps.
type Prober struct {
	// Connect returns a connection to the host called name, shared with
	// others: the prober never closes it. See PoolConnect.
	Connect func(ctx context.Context, name string) (sshutil.Runner, error)

	// Silent says whether the host called name is being connected to and has
	// said nothing so far, as Pool.Silent does. Such a host does not count
	// among the simultaneous reads; nil: all count.
	Silent func(name string) bool

	Now    func() time.Time // default time.Now
	Random func() float64   // in [0,1), for jitter; default math/rand
	Limit  int              // simultaneous reads; default 32

	pace pace
}

// PoolConnect lets a Prober read over the connections of a pool.
func PoolConnect(pool *sshutil.Pool) func(ctx context.Context, name string) (sshutil.Runner, error) {
	return func(ctx context.Context, name string) (sshutil.Runner, error) {
		client, err := pool.Client(ctx, name)
		if err != nil {
			return nil, err // not a nil *Client in a Runner
		}
		return client, nil
	}
}

// measured is what a connection may know of itself; *sshutil.Client does.
type measured interface {
	Latency() time.Duration
	Via() string
}

// readLending reads one host once, as one of several that share places, see
// lending. old is what was known of it before.
func (p *Prober) readLending(ctx context.Context, host string, old Status, full bool, change func(by int)) Status {
	reading, via, latency, err := p.read(ctx, host, full, change)
	if err != nil {
		return StatusOf(old, err, p.now())
	}
	return StatusFrom(old, reading, via, latency)
}

func (p *Prober) read(ctx context.Context, host string, full bool, change func(by int)) (r Reading, via string, latency time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	answered, began := p.lending(host, change), time.Now()
	runner, err := p.Connect(ctx, host)
	answered()
	if err != nil {
		return r, "", 0, named(ctx, host, err)
	}
	p.pace.took(time.Since(began))
	r, err = Read(ctx, runner, full, p.now)
	if err != nil {
		return r, "", 0, named(ctx, host, err)
	}
	if m, ok := runner.(measured); ok {
		via, latency = m.Via(), m.Latency()
	}
	return r, via, latency, nil
}

// named makes any error one of sshutil's, with the host in it.
func named(ctx context.Context, host string, err error) error {
	var e *sshutil.Error
	switch {
	case errors.As(err, &e):
		told := *e
		told.Host = keep(told.Host, host)
		e = &told
	case errors.Is(err, context.DeadlineExceeded):
		e = lateAnswer(host, err)
	case errors.Is(err, context.Canceled):
		e = &sshutil.Error{Kind: sshutil.KindCanceled, Host: host, Message: "was not asked to the end", Err: err}
	default:
		e = &sshutil.Error{Kind: sshutil.KindProto, Host: host, Message: err.Error(), Err: err}
	}
	// Our own deadline is the host's silence; only the caller's end is none of its fault.
	if e.Kind == sshutil.KindCanceled && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return lateAnswer(host, err)
	}
	return e
}

func lateAnswer(host string, err error) *sshutil.Error {
	return &sshutil.Error{
		Kind: sshutil.KindTimeout, Host: host, Message: "no answer in time",
		Hint: "check that the host is up and the network reaches it", Err: err,
	}
}

// ReadAll reads each host once, all at the same time within the limit, and
// calls got with each status as it comes, one call at a time. It returns when
// all have answered or ctx has ended; hosts that did not answer by then are
// StateDown with KindTimeout.
func (p *Prober) ReadAll(ctx context.Context, hosts []string, full bool, got func(host string, s Status)) {
	var (
		readers sync.WaitGroup
		one     sync.Mutex
		places  = newPlaces(p.limit())
	)
	tell := func(host string, s Status) {
		if s.State == "" { // called off
			s = StatusOf(Status{}, lateAnswer(host, context.Cause(ctx)), p.now())
		}
		one.Lock()
		defer one.Unlock()
		got(host, s)
	}
	for _, host := range spread(hosts) {
		if places.take(ctx) != nil {
			tell(host, Status{})
			continue
		}
		readers.Go(func() {
			s := p.readLending(ctx, host, Status{}, full, places.change)
			places.change(1)
			tell(host, s)
		})
	}
	readers.Wait()
}

func (p *Prober) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Prober) limit() int {
	if p.Limit < 1 {
		return defaultLimit
	}
	return p.Limit
}

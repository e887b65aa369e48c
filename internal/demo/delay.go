package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// farConn is a connection whose answers take as long as if its host were far
// away. Nothing else is different: what is written arrives in order and whole.
type farConn struct {
	net.Conn
	delay func() time.Duration

	mu      sync.Mutex // guards last, and the order of onTheWay
	last    time.Time
	onWay   chan parcel
	closing chan struct{}
	once    sync.Once
	carrier sync.WaitGroup
}

// parcel is what one Write sent.
type parcel struct {
	due   time.Time
	bytes []byte
}

// newFarConn puts a host on c at that distance. The caller closes it, and waits
// for it.
func newFarConn(c net.Conn, delay func() time.Duration) *farConn {
	f := &farConn{Conn: c, delay: delay, onWay: make(chan parcel, parcelsOnTheWay), closing: make(chan struct{})}
	f.carrier.Go(f.carry)
	return f
}

// Write sends p on its way. That it never arrived shows on the next Read.
func (f *farConn) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.closing:
		return 0, net.ErrClosed
	default:
	}
	due := time.Now().Add(f.delay())
	if due.Before(f.last) {
		due = f.last
	}
	f.last = due
	select {
	case f.onWay <- parcel{due, append([]byte(nil), p...)}:
		return len(p), nil
	case <-f.closing:
		return 0, net.ErrClosed
	}
}

// carry delivers until the connection is closed or broken.
func (f *farConn) carry() {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case p := <-f.onWay:
			t.Reset(time.Until(p.due))
			select {
			case <-t.C:
			case <-f.closing:
				return
			}
			if _, err := f.Conn.Write(p.bytes); err != nil {
				f.Close()
				return
			}
		case <-f.closing:
			return
		}
	}
}

// Close ends the connection; what is on its way is lost.
func (f *farConn) Close() error {
	var err error
	f.once.Do(func() {
		close(f.closing)
		err = f.Conn.Close()
	})
	return err
}

// wait returns when a connection that was closed has nobody working for it.
func (f *farConn) wait() { f.carrier.Wait() }

// distance returns answers' delays: the latency give or take a tenth, the same
// sequence in each start.
func distance(name string, latency time.Duration) func() time.Duration {
	const jitter = 0.1
	var mu sync.Mutex
	r := seeded("distance " + name)
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(float64(latency) * (1 + jitter*(2*r.Float64()-1)))
	}
}

// seeded is a source of numbers that are always the same for one name.
func seeded(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), 0))
}

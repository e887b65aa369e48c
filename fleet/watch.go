package fleet

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Watch keeps reading until ctx ends: every 30 s at rest, 5 s for hosts that a
// run touches, 2 minutes without focus, ever less often for hosts that fail,
// not at all while paused. The full script is run at first contact, every five
// minutes, when a run has let go of a host, and on Refresh. Its knobs may be
// turned at any time, also from within got.
type Watch struct {
	prober *Prober
	got    func(host string, s Status)

	mu      sync.Mutex
	rows    map[string]*watched
	order   []string // first hosts are read first
	agenda  agenda   // of all that are not being read
	reading int
	blur    bool
	paused  bool
	turned  chan struct{} // a knob was turned, or a place lent

	running sync.WaitGroup
	answers chan answer
}

// watched is the state of one host's reading.
type watched struct {
	host    string
	place   int // in the order
	status  Status
	due     time.Time
	full    bool // the next read is by the full script
	fullAt  time.Time
	reading bool
	again   bool // to be read again at once
	busy    bool
}

type answer struct {
	row    *watched
	status Status
	full   bool
}

// NewWatch returns a watch over hosts that reports to got, from one goroutine at a time.
func NewWatch(p *Prober, hosts []string, got func(host string, s Status)) *Watch {
	w := &Watch{prober: p, got: got, rows: map[string]*watched{}, turned: make(chan struct{}, 1), answers: make(chan answer)}
	w.SetHosts(hosts)
	return w
}

// Run reads until ctx ends, and returns when the last read has.
func (w *Watch) Run(ctx context.Context) {
	defer w.running.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := w.start(ctx)
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.turned:
		case a := <-w.answers:
			if w.took(a) {
				w.got(a.row.host, a.status)
			}
		}
	}
}

// start begins the reads that are due and returns how long until the next is.
func (w *Watch) start(ctx context.Context) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	const long = time.Hour // a turned knob or an answer comes earlier
	if w.paused {
		return long
	}
	now := w.prober.now()
	for len(w.agenda) > 0 {
		if wait := w.agenda[0].due.Sub(now); wait > 0 {
			return min(long, wait)
		}
		if w.reading >= w.prober.limit() {
			break // the answer that frees a place wakes us
		}
		w.read(ctx, heap.Pop(&w.agenda).(*watched), now)
	}
	return long
}

// read starts one read; w.mu is held.
func (w *Watch) read(ctx context.Context, row *watched, now time.Time) {
	w.reading++
	full := row.full || row.fullAt.IsZero() || now.Sub(row.fullAt) >= fullInterval
	row.reading, row.full, row.again = true, false, false
	old := row.status
	w.running.Go(func() {
		a := answer{row: row, status: w.prober.readLending(ctx, row.host, old, full, w.lent), full: full}
		select {
		case w.answers <- a:
		case <-ctx.Done():
		}
	})
}

// lent counts so many reads less, or more: hosts that say nothing do not count.
func (w *Watch) lent(places int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading -= places
	w.wake()
}

// took notes an answer and says whether it is to be told.
func (w *Watch) took(a answer) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading--
	row := a.row
	if w.rows[row.host] != row {
		return false // it is not watched any more
	}
	defer func() { heap.Push(&w.agenda, row) }() // when it is known for when
	row.reading, row.status = false, a.status
	now := w.prober.now()
	ok := a.status.State == StateUp && a.status.Error == ""
	switch {
	case ok && a.full:
		row.fullAt = now
	case !ok:
		row.fullAt = time.Time{} // it may come back as another: read all of it
	}
	row.due = now.Add(w.pause(row))
	if ok && !a.status.Reading.Full && !row.busy {
		row.full, row.again = true, true // another system runs there than the last full reading told of
	}
	if row.again {
		row.due = now
	}
	return true
}

// pause is how long to leave a host alone after a read; w.mu is held.
func (w *Watch) pause(row *watched) time.Duration {
	d := w.interval(row)
	most := backoffMax
	if row.busy {
		most = busyBackoffMax
	}
	for range row.status.Failures - 1 {
		if d *= 2; d >= most {
			d = most
			break
		}
	}
	stray := 1 + jitter*(2*w.random()-1)
	return time.Duration(float64(d) * stray)
}

func (w *Watch) interval(row *watched) time.Duration {
	switch {
	case row.busy:
		return busyInterval
	case w.blur:
		return UnfocusedInterval
	}
	return RestInterval
}

func (w *Watch) random() float64 {
	if w.prober.Random == nil {
		return rand.Float64()
	}
	return w.prober.Random()
}

// SetHosts says which hosts to watch, first ones first. New ones are read at
// once; what is known of those that stay is kept.
func (w *Watch) SetHosts(hosts []string) {
	w.turn(func() {
		old := w.rows
		w.rows, w.order = make(map[string]*watched, len(hosts)), nil
		for _, host := range hosts {
			if w.rows[host] != nil {
				continue
			}
			row := old[host]
			if row == nil {
				row = &watched{host: host}
			}
			row.place = len(w.order)
			w.rows[host] = row
			w.order = append(w.order, host)
		}
	})
}

// Refresh asks for a read of the hosts now, by the full script; no hosts means all.
func (w *Watch) Refresh(hosts ...string) {
	w.turn(func() {
		if len(hosts) == 0 {
			hosts = w.order
		}
		for _, host := range hosts {
			w.soon(w.rows[host])
		}
	})
}

// soon makes a full read of the row due; w.mu is held.
func (w *Watch) soon(row *watched) {
	if row == nil {
		return
	}
	row.due, row.full, row.again = time.Time{}, true, true
}

// Busy names the hosts that a run touches. Those that it no longer touches are
// read by the full script.
func (w *Watch) Busy(hosts []string) {
	w.turn(func() {
		now := w.prober.now()
		named := make(map[string]bool, len(hosts))
		for _, host := range hosts {
			named[host] = true
		}
		for host, row := range w.rows {
			busy := named[host]
			switch {
			case row.busy && !busy:
				row.busy = false
				w.soon(row)
			case busy && !row.busy:
				row.busy = true
				if latest := now.Add(busyInterval); row.due.After(latest) {
					row.due = latest
				}
			}
		}
	})
}

// Focus says whether somebody is looking. Who looks again sees present values soon.
func (w *Watch) Focus(looking bool) {
	w.turn(func() {
		if w.blur && looking {
			now := w.prober.now()
			for _, row := range w.rows {
				if row.status.Failures == 0 && row.due.Sub(now) > RestInterval-now.Sub(row.status.AsOf) {
					row.due = row.status.AsOf.Add(RestInterval)
				}
			}
		}
		w.blur = !looking
	})
}

// Pause stops (or resumes) all reading.
func (w *Watch) Pause(paused bool) {
	w.turn(func() { w.paused = paused })
}

// turn changes a knob and lets Run see it.
func (w *Watch) turn(knob func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	knob()
	w.agenda = agendaOf(w.rows)
	w.wake()
}

// wake lets Run look what there is to start.
func (w *Watch) wake() {
	select {
	case w.turned <- struct{}{}:
	default: // it has yet to look at the last turn
	}
}

package fleet

import (
	"context"
	"sync"
	"time"
)

// places are how many hosts may be read at once. One host after the other takes
// its place; giving it back, and lending it, may happen anywhere.
type places struct {
	mu    sync.Mutex
	free  int           // less than none when hosts that had lent theirs have answered
	freed chan struct{} // holds one token when there may be a free one
}

func newPlaces(n int) *places { return &places{free: n, freed: make(chan struct{}, 1)} }

// take waits for a place. Only one goroutine at a time may.
func (p *places) take(ctx context.Context) error {
	for {
		if p.taken() {
			return nil
		}
		select {
		case <-p.freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (p *places) taken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free <= 0 {
		return false
	}
	p.free--
	return true
}

// change frees so many places, or takes them whether they are free or not.
func (p *places) change(by int) {
	p.mu.Lock()
	p.free += by
	p.mu.Unlock()
	select {
	case p.freed <- struct{}{}:
	default: // whoever waits has yet to look
	}
}

// pace is how long hosts take to let us in, of late. Where this machine or the
// network is what is slow, that is slow too, and nobody is thought silent for it.
type pace struct {
	mu    sync.Mutex
	usual time.Duration // zero until one has
}

// took notes that a host let us in.
func (a *pace) took(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.usual == 0 {
		a.usual = d
		return
	}
	a.usual += (d - a.usual) / paceMemory
}

// patience is how long a host may say nothing and be thought busy.
func (a *pace) patience() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.usual == 0 {
		return silentFirst
	}
	return max(a.usual, silentLeast)
}

// lending has a host that says nothing lend its place to others, which change is
// told by 1; and take one again, told by -1, when answered is called. One that
// answers so late goes on at once: it has waited, and is logged in.
func (p *Prober) lending(host string, change func(by int)) (answered func()) {
	if p.Silent == nil {
		return func() {}
	}
	var (
		mu         sync.Mutex
		lent, over bool
	)
	later := time.AfterFunc(p.pace.patience(), func() {
		mu.Lock()
		defer mu.Unlock()
		if !over && p.Silent(host) {
			lent = true
			change(1)
		}
	})
	return func() {
		later.Stop()
		mu.Lock()
		defer mu.Unlock()
		if over = true; lent {
			lent = false
			change(-1)
		}
	}
}

// spread orders hosts so that neighbours, which often stand and fall together,
// come far from each other: any few that follow one another are from all over
// the list, as steps of the golden section through it are.
func spread(hosts []string) []string {
	const golden = 0.618
	n := len(hosts)
	step := max(1, int(golden*float64(n)))
	for divisor(step, n) > 1 { // or some would never be met
		step++
	}
	order := make([]string, n)
	for i := range order {
		order[i] = hosts[i*step%n]
	}
	return order
}

// divisor is the greatest common one.
func divisor(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

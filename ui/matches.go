package ui

import (
	"context"
	"slices"
	"sync"
	"time"
)

// matches is a log of which only the lines count that match. It grows with the
// log that it is made of. Poll is called by one goroutine at a time.
type matches struct {
	log   Log
	match func(line string) bool

	mu      sync.Mutex
	numbers []int // of the lines that match, in the whole log
	scanned int   // lines that need not be looked at again
}

// Poll implements Log. The last line is looked at anew each time, since it may
// have been unfinished.
func (m *matches) Poll() (changed bool, err error) {
	if changed, err = m.log.Poll(); err != nil {
		return changed, err
	}
	m.mu.Lock()
	numbers, number := m.numbers, m.scanned
	m.mu.Unlock()
	n := m.log.Len()
	if !changed && number >= n-1 {
		return false, nil
	}
	if n < number {
		number = 0 // it was written anew
	}
	if at, _ := slices.BinarySearch(numbers, number); at < len(numbers) {
		numbers = slices.Clone(numbers[:at]) // others may be reading what follows
	}
	// Unlocked: of a long log this takes its time, and Update must not wait for it.
	_, err = m.log.Find(context.Background(), number, false, func(line string) bool {
		if m.match(line) {
			numbers = append(numbers, number)
		}
		number++
		return false // to the end
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.numbers, m.scanned = numbers, max(0, number-1)
	return true, err
}

// Len implements Log.
func (m *matches) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.numbers)
}

// number is that of a line in the whole log.
func (m *matches) number(at int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at < 0 || at >= len(m.numbers) {
		return 0
	}
	return m.numbers[at]
}

// Lines implements Log.
func (m *matches) Lines(from, n int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from = max(0, min(from, len(m.numbers)))
	var got []string
	for _, number := range m.numbers[from:min(len(m.numbers), from+max(0, n))] {
		lines, err := m.log.Lines(number, 1)
		if err != nil {
			return got, err
		}
		got = append(got, lines...)
	}
	return got, nil
}

// Times implements Log.
func (m *matches) Times(from, n int) ([]time.Time, error) {
	m.mu.Lock()
	numbers := m.numbers
	m.mu.Unlock()
	all := make([]time.Time, 0, max(0, n))
	for at := max(0, from); at < min(len(numbers), from+n); at++ {
		one, err := m.log.Times(numbers[at], 1)
		if err != nil {
			return all, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// Find implements Log.
func (m *matches) Find(ctx context.Context, from int, back bool, match func(line string) bool) (int, error) {
	step, n := 1, m.Len()
	if back {
		step, from = -1, min(from, n-1)
	}
	for at := max(0, from); at >= 0 && at < n && ctx.Err() == nil; at += step {
		lines, err := m.Lines(at, 1)
		if err != nil {
			return -1, err
		}
		if len(lines) == 1 && match(lines[0]) {
			return at, nil
		}
	}
	return -1, ctx.Err()
}

// Close implements Log.
func (m *matches) Close() error { return m.log.Close() }

// toggleOnly shows only the lines that match what is searched for, or all
// again, with the same line in view.
func (p *pane) toggleOnly() {
	only, is := p.log.(*matches)
	switch {
	case is:
		at, follow, hit := p.top, p.follow, p.hit >= 0
		if hit {
			at = p.hit
		}
		p.all()
		if line := only.number(at); !follow {
			p.stay(line - p.h/2)
			if hit {
				p.hit = line
			}
		}
	case p.query != "":
		p.log, p.follow, p.hit, p.total = &matches{log: p.log, match: matcher(p.query)}, true, -1, 0
	}
}

// all shows all lines again.
func (p *pane) all() {
	if only, is := p.log.(*matches); is {
		p.log, p.follow, p.hit = only.log, true, -1
		p.total = p.log.Len()
	}
}

// only says whether nothing but matches is shown.
func (p *pane) only() bool {
	_, is := p.log.(*matches)
	return is
}

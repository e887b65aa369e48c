package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// progressLine says on stderr how far something has come, when it takes long
// enough to be wondered about.
type progressLine struct {
	io    *IO
	words func() string
	stop  chan struct{}
	done  sync.WaitGroup
}

// newProgressLine begins one; words is called from another goroutine.
func newProgressLine(s *IO, words func() string) *progressLine {
	p := &progressLine{io: s, words: words, stop: make(chan struct{})}
	if s.ErrTerminal && !s.Dumb {
		p.done.Go(p.show)
	}
	return p
}

func (p *progressLine) show() {
	select {
	case <-p.stop:
		return
	case <-time.After(quietFor):
	}
	tick := time.NewTicker(quietFor / 5)
	defer tick.Stop()
	for {
		fmt.Fprintf(p.io.Err, "\r%s%s", p.words(), clearLine)
		select {
		case <-p.stop:
			fmt.Fprintf(p.io.Err, "\r%s", clearLine)
			return
		case <-tick.C:
		}
	}
}

// end takes the line away.
func (p *progressLine) end() {
	close(p.stop)
	p.done.Wait()
}

// tallies are a progress line of things that are counted.
type tallies struct {
	*progressLine
	mu  sync.Mutex
	all []*tally
}

func newTallies(s *IO) *tallies {
	t := &tallies{}
	t.progressLine = newProgressLine(s, t.words)
	return t
}

// tally counts up to what is expected.
type tally struct {
	in       *tallies
	what     string
	done, of int
}

// count begins to count; what says it, such as "asked %d of %d hosts".
func (t *tallies) count(what string, of int) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &tally{in: t, what: what, of: of}
	t.all = append(t.all, c)
	return c
}

// one has been done.
func (c *tally) one() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.done++
}

// words are the counts; where nothing is expected, there is nothing to say.
func (t *tallies) words() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var words []string
	for _, c := range t.all {
		if c.of > 0 {
			words = append(words, fmt.Sprintf(c.what, c.done, c.of))
		}
	}
	return strings.Join(words, ", ")
}

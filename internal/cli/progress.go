package cli

import (
	"fmt"
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

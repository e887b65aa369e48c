package rollout

import "os"

// Bell rings when something is written in a run's directory: events, above all.
// It is no promise, since neither every system nor every file system tells of
// it; who listens looks by himself from time to time.
type Bell struct {
	rings <-chan struct{} // nil: it never rings
	told  *os.File
	over  chan struct{}
}

// NewBell listens to a run's directory.
func NewBell(dir string) *Bell {
	b := &Bell{}
	b.ring(dir)
	return b
}

// C tells of writes; several may be told as one.
func (b *Bell) C() <-chan struct{} { return b.rings }

// Works says whether it may ring at all.
func (b *Bell) Works() bool { return b.rings != nil }

// Close ends listening.
func (b *Bell) Close() {
	if b.told != nil {
		b.told.Close() // what reads from it returns
		<-b.over
	}
}

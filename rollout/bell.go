package rollout

import "os"

// Bell rings when something is written in a run's directory: events, above all.
// It is no promise, since neither every system nor every file system tells of
// it; who listens looks by himself from time to time.
type Bell struct {
	rings <-chan struct{} // nil: it never rings, or no longer
	told  *os.File
	watch int // what the kernel calls it
	over  chan struct{}
}

// NewBell listens to a run's directory, or to one of its files.
func NewBell(path string) *Bell {
	b := &Bell{}
	b.ring(path)
	return b
}

// C tells of writes; several may be told as one.
func (b *Bell) C() <-chan struct{} { return b.rings }

// Works says whether it may ring at all.
func (b *Bell) Works() bool { return b.rings != nil }

// Hush has it ring no more. The kernel takes some 10 ms to forget whom it told,
// and who closes the bell, or ends, waits for that: so it is for those who
// know that they soon will.
func (b *Bell) Hush() {
	if b.rings != nil {
		b.rings = nil
		b.forget()
	}
}

// Close ends listening.
func (b *Bell) Close() {
	if b.told != nil {
		b.told.Close() // what reads from it returns
		<-b.over
	}
}

package rollout

import "time"

// beat is a timer that expires at multiples of its interval by the clock on the
// wall. Tasks that each look at a log of their own then do so in the same
// moments: a process that wakes up ten times a second for all of them takes a
// fraction of the processor time of one that does so for each.
type beat struct {
	*time.Timer
	every time.Duration
}

func newBeat(every time.Duration) *beat {
	return &beat{time.NewTimer(untilBeat(time.Now(), every)), every}
}

// again waits for the next one. What took longer than the interval misses some.
func (b *beat) again() { b.Reset(untilBeat(time.Now(), b.every)) }

// untilBeat is more than nothing and at most every.
func untilBeat(now time.Time, every time.Duration) time.Duration {
	return every - time.Duration(now.UnixNano()%int64(every))
}

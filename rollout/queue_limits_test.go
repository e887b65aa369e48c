package rollout

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Ten hosts whose evaluations take what they will are started by the queue until
// all have ended, in thousands of ways. Never do evaluations together want more
// than there is, unless one alone does; and there is always one that goes on.
func TestTheQueueKeepsItsLimitsAndStarvesNobody(t *testing.T) {
	const gib = 1 << 30
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 12))
		lim := limits{parallel: 1 + random.IntN(10), memory: int64(1+random.IntN(8)) * gib}
		var waiting []waitingTask
		for i := range 10 {
			waiting = append(waiting, waitingTask{name: fmt.Sprint(i), last: random.IntN(4) == 0, memory: int64(1+random.IntN(5*1024)) << 20})
		}
		if why := playQueue(random, waiting, lim); why != "" {
			t.Fatalf("seed %d, %+v: %s", seed, lim, why)
		}
	}
}

// playQueue starts what may start and ends something at random, until nothing
// is left. It says what went wrong.
func playQueue(random *rand.Rand, waiting []waitingTask, lim limits) string {
	tasks, evaluating := map[string]waitingTask{}, map[string]bool{}
	var running []string
	for len(waiting) > 0 || len(running) > 0 {
		var l load
		for _, name := range running {
			l.running++
			if !tasks[name].last {
				l.runningMain++
			}
			if evaluating[name] {
				l.evaluating++
				l.memory += tasks[name].memory
			}
		}
		started := map[string]bool{}
		for _, name := range startable(waiting, l, lim) {
			started[name] = true
		}
		var rest []waitingTask
		for _, w := range waiting {
			if !started[w.name] {
				rest = append(rest, w)
				continue
			}
			tasks[w.name], evaluating[w.name] = w, true
			running = append(running, w.name)
			l.evaluating++
			l.memory += w.memory
		}
		waiting = rest
		switch {
		case len(running) == 0:
			return fmt.Sprintf("%d wait and none runs", len(waiting))
		case len(running) > lim.parallel:
			return fmt.Sprintf("%d run at once", len(running))
		case l.evaluating > 1 && l.memory > lim.memory:
			return fmt.Sprintf("%d evaluations want %d bytes", l.evaluating, l.memory)
		}
		i := random.IntN(len(running))
		if name := running[i]; evaluating[name] && random.IntN(2) == 0 {
			evaluating[name] = false // it builds by now
		} else {
			evaluating[name] = false
			running = append(running[:i], running[i+1:]...)
		}
	}
	return ""
}

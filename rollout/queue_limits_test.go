package rollout

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Ten hosts whose evaluations take what they will are started by the queue until
// all have ended, in thousands of ways. Never do evaluations together want more
// memory than there is, unless one alone does, or keep more processors busy; and
// there is always one that goes on, even if evaluations wait for the network.
func TestTheQueueKeepsItsLimitsAndStarvesNobody(t *testing.T) {
	const gib = 1 << 30
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 12))
		lim := limits{parallel: 1 + random.IntN(10), processors: 1 + random.IntN(4), memory: int64(1+random.IntN(8)) * gib}
		var waiting []waitingTask
		for i := range 10 {
			w := waitingTask{name: fmt.Sprint(i), last: random.IntN(4) == 0, takes: time.Duration(random.IntN(4)) * time.Minute}
			if random.IntN(4) > 0 {
				w.evaluates, w.memory = true, int64(1+random.IntN(5*1024))<<20
			}
			waiting = append(waiting, w)
		}
		if why := playQueue(random, waiting, lim); why != "" {
			t.Fatalf("seed %d, %+v: %s", seed, lim, why)
		}
	}
}

// playQueue starts what may start and ends something at random, until nothing
// is left. It says what went wrong.
func playQueue(random *rand.Rand, waiting []waitingTask, lim limits) string {
	tasks, evaluating, computing := map[string]waitingTask{}, map[string]bool{}, map[string]bool{}
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
			if computing[name] {
				l.computing++
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
			tasks[w.name], evaluating[w.name], computing[w.name] = w, w.evaluates, w.evaluates
			running = append(running, w.name)
			if w.evaluates {
				l.evaluating++
				l.computing++
				l.memory += w.memory
			}
		}
		waiting = rest
		switch {
		case len(running) == 0:
			return fmt.Sprintf("%d wait and none runs", len(waiting))
		case len(running) > lim.parallel:
			return fmt.Sprintf("%d run at once", len(running))
		case l.evaluating > 1 && l.memory > lim.memory:
			return fmt.Sprintf("%d evaluations want %d bytes", l.evaluating, l.memory)
		case l.computing > lim.processors:
			return fmt.Sprintf("%d processors are busy", l.computing)
		}
		i := random.IntN(len(running))
		name, next := running[i], random.IntN(3)
		computing[name] = false // it waits for the network, builds or ends
		if evaluating[name] && next == 0 {
			continue
		}
		if !evaluating[name] || next == 1 {
			running = append(running[:i], running[i+1:]...)
		}
		evaluating[name] = false
	}
	return ""
}

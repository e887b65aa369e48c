package rollout

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// waitingTask is what the queue knows of a task that has not begun.
type waitingTask struct {
	name      string
	last      bool          // begins only when all that are not last have ended
	evaluates bool          // the flake, before anything else
	memory    int64         // bytes that its evaluation is expected to need
	takes     time.Duration // what it is expected to take; 0 when not known
}

// load is what runs already.
type load struct {
	running     int   // tasks between their start and their verdict
	runningMain int   // of them, those that are not last
	evaluating  int   // of them, those that may still evaluate
	computing   int   // of these, those that are taken to keep a processor busy
	memory      int64 // bytes expected to be used by evaluations that run
}

// limits bound what may run at once.
type limits struct {
	parallel   int
	processors int   // that evaluations may keep busy
	memory     int64 // bytes for evaluations together; 0 means not known, no bound
}

// startable decides which waiting tasks may begin now: the longest first, or in
// their order where one begins when another has ended, as the run then takes as
// long in any. One evaluation is always allowed, however little memory there
// is: otherwise a run could starve.
func startable(waiting []waitingTask, l load, lim limits) []string {
	mainWaits := slices.ContainsFunc(waiting, func(t waitingTask) bool { return !t.last })
	if lim.parallel > 1 {
		waiting = longestFirst(waiting)
	}
	var names []string
	for _, t := range waiting {
		if l.running >= lim.parallel {
			break
		}
		if t.last && (mainWaits || l.runningMain > 0) {
			continue
		}
		if t.evaluates {
			if l.computing >= lim.processors {
				continue
			}
			if lim.memory > 0 && l.evaluating > 0 && l.memory+t.memory > lim.memory {
				break // who wants less does not overtake it for ever
			}
			l.evaluating++
			l.computing++
			l.memory += t.memory
		}
		names = append(names, t.name)
		l.running++
	}
	return names
}

// longestFirst orders tasks so that they end together as far as they can: what
// takes longest begins first, and what is short fills the gaps at the end. Of
// whom it is not known the worst is expected, as a short one that begins early
// costs little, and a long one that begins late is what everybody waits for.
func longestFirst(waiting []waitingTask) []waitingTask {
	expected := func(t waitingTask) time.Duration {
		if t.takes <= 0 {
			return math.MaxInt64
		}
		return t.takes
	}
	return slices.SortedStableFunc(slices.Values(waiting), func(a, b waitingTask) int { return cmp.Compare(expected(b), expected(a)) })
}

// startableNow asks the queue, which decides without side effects.
func (r *run) startableNow() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var waiting []waitingTask
	var l load
	wave, now := r.waveNow(), r.Now()
	for i, t := range r.view.Tasks {
		h := r.plan.Hosts[i]
		memory := r.peaks.of(r.plan.Flake.URL, h.Name)
		work, running := r.working[h.Name]
		switch {
		case running && work.place == placeLent: // those that come last wait for it all the same
			if !h.Last {
				l.runningMain++
			}
		case running && work.place == placeTaken:
			l.running++
			if !h.Last {
				l.runningMain++
			}
			if h.evaluates() && !work.evaluated.Load() {
				l.evaluating++
				l.memory += memory
				if now.Before(work.computes) {
					l.computing++
				}
			}
		case t.Verdict == nil && (running || wave.inWave(h.Name)):
			waiting = append(waiting, waitingTask{name: h.Name, last: h.Last, evaluates: h.evaluates(), memory: memory,
				takes: r.durations.ofTask(r.plan.taskKey(h))})
		}
	}
	lim := limits{parallel: max(1, r.plan.Parallel), processors: max(leastProcessors, r.Processors), memory: r.peaks.budget}
	return startable(waiting, l, lim)
}

// evaluates says whether the host's part begins with an evaluation of the flake.
func (h PlanHost) evaluates() bool { return h.Activate == nil }

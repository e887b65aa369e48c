package rollout

// waitingTask is what the queue knows of a task that has not begun.
type waitingTask struct {
	name   string
	last   bool  // begins only when all that are not last have ended
	memory int64 // bytes that its evaluation is expected to need
}

// load is what runs already.
type load struct {
	running     int   // tasks between their start and their verdict
	runningMain int   // of them, those that are not last
	evaluating  int   // of them, those that may still evaluate
	memory      int64 // bytes expected to be used by evaluations that run
}

// limits bound what may run at once.
type limits struct {
	parallel int
	memory   int64 // bytes for evaluations together; 0 means not known, no bound
}

// startable decides which waiting tasks may begin now, in their order. One
// evaluation is always allowed, however little memory there is: otherwise a
// run could starve.
func startable(waiting []waitingTask, l load, lim limits) []string {
	mainWaits := false
	for _, t := range waiting {
		mainWaits = mainWaits || !t.last
	}
	var names []string
	for _, t := range waiting {
		if l.running >= lim.parallel {
			break
		}
		if t.last && (mainWaits || l.runningMain > 0) {
			continue
		}
		if lim.memory > 0 && l.evaluating > 0 && l.memory+t.memory > lim.memory {
			break
		}
		names = append(names, t.name)
		l.running++
		l.evaluating++
		l.memory += t.memory
		if !t.last {
			l.runningMain++
		}
	}
	return names
}

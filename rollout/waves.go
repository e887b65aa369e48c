package rollout

import (
	"fmt"
	"slices"
)

// Waves are the steps in which a run takes its hosts. A wave begins only when
// all before it have ended, and well.
type Waves struct {
	Canary      int `json:"canary,omitempty"` // hosts of the first wave; 0: like the others
	Size        int `json:"size,omitempty"`   // hosts of every other; 0: all that are left
	MaxFailures int `json:"maxFailures"`      // hosts that may fail before the rest is left alone
}

// Wave is where a run stands: the event of the same name, and a viewer's header.
type Wave struct {
	Number  int      `json:"number"` // from 1
	Of      int      `json:"of"`
	Hosts   []string `json:"hosts"`
	Stopped string   `json:"stopped,omitempty"` // why no more hosts are begun
}

// waveTask is what the waves know of a task.
type waveTask struct {
	name    string
	last    bool    // of the plan: it comes after all others
	skip    bool    // of the plan: it is in no wave
	outcome Outcome // "" while it is not judged
}

// split deals hosts out to waves, in their order, those that come last at the end.
func (w *Waves) split(tasks []waveTask) [][]waveTask {
	var order []waveTask
	for _, last := range []bool{false, true} {
		for _, t := range tasks {
			if t.last == last && !t.skip {
				order = append(order, t)
			}
		}
	}
	var waves [][]waveTask
	size := w.Canary
	if size == 0 {
		size = w.Size
	}
	for len(order) > 0 {
		if size <= 0 || size > len(order) {
			size = len(order)
		}
		waves = append(waves, order[:size])
		order, size = order[size:], w.Size
	}
	return waves
}

// stand says which wave a run is in. It is a pure function of the plan and the
// verdicts so far, so that who adopts a run goes on in the same wave. Nil waves
// are one of all hosts that nothing stops.
func (w *Waves) stand(tasks []waveTask) Wave {
	free := w == nil
	if free {
		w = &Waves{}
	}
	waves := w.split(tasks)
	var failed []string
	for i, wave := range waves {
		now := Wave{Number: i + 1, Of: len(waves)}
		open, done := 0, 0
		for _, t := range wave {
			now.Hosts = append(now.Hosts, t.name)
			switch {
			case t.outcome == "":
				open++
			case t.outcome == OutcomeOK || t.outcome == OutcomeReboot:
				done++
			case t.outcome != OutcomeSkipped:
				failed = append(failed, t.ended())
				done++
			}
		}
		last := i == len(waves)-1
		switch {
		case free:
		case len(failed) > w.MaxFailures:
			now.Stopped = enumerate(failed)
		case open == 0 && done == 0 && !last:
			now.Stopped = "no host of wave " + fmt.Sprint(i+1) + " could be tried"
		}
		if open > 0 || last || now.Stopped != "" {
			return now
		}
	}
	return Wave{}
}

// ended says how it ended, in a sentence.
func (t waveTask) ended() string {
	if t.outcome == OutcomeFailed {
		return t.name + " failed"
	}
	return t.name + " is " + string(t.outcome)
}

// enumerate joins what went wrong, but not all of a whole fleet.
func enumerate(all []string) string {
	const shown = 3
	words := ""
	for i, w := range all {
		if i == shown {
			return words + fmt.Sprintf(" and %d more", len(all)-shown)
		}
		if i > 0 {
			words += ", "
		}
		words += w
	}
	return words
}

// waveNow is where the run stands, by its plan and verdicts. The run's mutex is held.
func (r *run) waveNow() Wave {
	tasks := make([]waveTask, len(r.view.Tasks))
	for i, t := range r.view.Tasks {
		h := r.plan.Hosts[i]
		tasks[i] = waveTask{name: h.Name, last: h.Last, skip: h.Skip != ""}
		if t.Verdict != nil {
			tasks[i].outcome = t.Verdict.Outcome
		}
	}
	return r.plan.Waves.stand(tasks)
}

// rollOn says when a wave begins or the run is stopped, and leaves alone what
// had not begun then.
func (r *run) rollOn() {
	if r.plan.Waves == nil {
		return
	}
	r.mu.Lock()
	now, told := r.waveNow(), r.view.Wave
	var left []string
	if now.Stopped != "" {
		for _, t := range r.view.Tasks {
			if _, working := r.working[t.Host]; !working && t.Verdict == nil {
				left = append(left, t.Host)
			}
		}
	}
	r.mu.Unlock()
	if told == nil || told.Number != now.Number || told.Stopped != now.Stopped {
		r.emit(Event{Event: EventWave, Wave: &now})
	}
	for _, name := range left {
		r.emitVerdict(name, Verdict{Outcome: OutcomeSkipped, Log: LogPath(r.Dir, name),
			Reason: "wave stopped: " + now.Stopped, Hint: "Mend that, then run it again for the hosts that were left alone."})
	}
}

// inWave says whether a host's turn has come. The run's mutex is held.
func (w Wave) inWave(host string) bool { return w.Stopped == "" && slices.Contains(w.Hosts, host) }

package rollout

import (
	"slices"
	"time"

	"nixfleet-tui/nixcmd"
)

// TaskView is what a viewer shows of one task.
type TaskView struct {
	Host     string
	State    string // "" (queued) or the last task event's state
	Phase    nixcmd.Phase
	Progress nixcmd.Progress
	Left     *time.Duration // for the builds, by how long such took before; nil when not known
	Started  time.Time      // when it left the queue
	Ended    time.Time      // when it was judged
	PID      int            // of nixos-rebuild
	Before   *Before        // how the host stood, once it was read
	Reason   string         // why it waits, or the last note
	Verdict  *Verdict       // nil until there is one
	Armed    bool           // its host undoes this by itself unless it is confirmed

	Questions []Question // that its programs have for a person, the oldest first
}

// Waits says whether the task waits for others that are at its machine.
func (t *TaskView) Waits() bool { return t.Verdict == nil && t.State == TaskWaiting }

// View is a run as a viewer sees it: run.json and the events so far.
type View struct {
	Dir      string
	Plan     Plan
	Tasks    []TaskView // in the plan's order
	Started  time.Time
	Ended    time.Time // zero while it goes on
	LastSeen time.Time // of the last event
	Seq      int64     // of the last event
	ExitCode int       // meaningful when it has ended
	Cancel   bool      // somebody asked to cancel all of it
	Alive    bool      // a supervisor holds the lock
	Wave     *Wave     // of a run that goes in waves; nil until the first
	Broken   string    // what is missing or cut in the directory, or ""
}

// Over says whether the run has ended.
func (v *View) Over() bool { return !v.Ended.IsZero() }

// Unreadable says that of the run nothing but Broken is known.
func (v *View) Unreadable() bool { return v.Broken != "" && len(v.Tasks) == 0 }

// Task returns the task of a host, or nil.
func (v *View) Task(host string) *TaskView {
	for i := range v.Tasks {
		if v.Tasks[i].Host == host {
			return &v.Tasks[i]
		}
	}
	return nil
}

// Unknown says whether it is not known of some task how it ended.
func (v *View) Unknown() bool {
	return slices.ContainsFunc(v.Tasks, func(t TaskView) bool {
		return t.Verdict != nil && t.Verdict.Outcome == OutcomeUnknown
	})
}

// newView is the view of a plan of which nothing has happened yet.
func newView(dir string, p Plan) View {
	v := View{Dir: dir, Plan: p, Tasks: make([]TaskView, len(p.Hosts))}
	for i, h := range p.Hosts {
		v.Tasks[i] = TaskView{Host: h.Name, Phase: nixcmd.PhaseQueued}
	}
	return v
}

// apply takes one event into the view. Events of unknown names and hosts that
// the plan does not have are passed over.
func (v *View) apply(e Event) {
	v.LastSeen, v.Seq = e.Time, e.Seq
	switch e.Event {
	case EventStart:
		v.Started = e.Time
	case EventWave:
		v.Wave = e.Wave
	case EventEnd:
		if v.Ended.IsZero() { // a later one comes when an unknown verdict was resolved
			v.Ended = e.Time
		}
		if e.ExitCode != nil {
			v.ExitCode = *e.ExitCode
		}
	}
	if t := v.Task(e.Host); t != nil {
		t.apply(e)
	}
}

func (t *TaskView) apply(e Event) {
	switch e.Event {
	case EventTask:
		t.applyState(e)
	case EventPhase:
		t.Phase = e.Phase
		if t.Started.IsZero() {
			t.Started = e.Time
		}
	case EventProgress:
		if e.Progress != nil {
			t.Progress, t.Left = *e.Progress, nil
		}
		if e.Left != nil {
			left := time.Duration(*e.Left) * time.Second
			t.Left = &left
		}
	case EventQuestion:
		t.applyQuestion(e)
	case EventVerdict:
		t.Verdict, t.Phase, t.Questions = e.Verdict, nixcmd.PhaseDone, nil
		if t.Ended.IsZero() {
			t.Ended = e.Time
		}
	case EventCancel:
		t.Reason = e.Reason
	}
}

func (t *TaskView) applyState(e Event) {
	t.Reason = e.Reason
	switch e.State {
	case TaskArmed, TaskConfirmed:
		t.Armed = e.State == TaskArmed
		return
	case TaskNote, TaskUndoing:
		return
	}
	t.State = e.State
	if e.PID != 0 {
		t.PID = e.PID
	}
	if e.Before != nil {
		t.Before = e.Before
	}
}

// Reader follows one run: each Next reads the events that came since.
type Reader struct {
	dir     runDir
	view    View
	events  eventReader
	now     func() time.Time
	checked time.Time // when Alive was looked at
	cut     string    // what is missing of a run that has ended, or ""
}

// NewReader opens the run in dir. A directory without a readable run.json is
// a *BrokenError.
func NewReader(dir string) (*Reader, error) {
	d := runDir(dir)
	p, err := d.readPlan()
	if err != nil {
		return nil, err
	}
	return &Reader{dir: d, view: newView(dir, p), events: eventReader{path: d.events()}, now: time.Now}, nil
}

// Next reads what came since the last call and returns the new events. It does
// not block. A run that a supervisor lost is told by View's Alive, which is
// looked at once a second.
func (r *Reader) Next() ([]Event, error) {
	alive := r.view.Alive
	if now := r.now(); now.Sub(r.checked) >= alivePoll && !r.view.Over() {
		held, err := isHeld(r.dir.lock())
		if err != nil {
			return nil, err
		}
		alive, r.checked = held, now
	}
	// The lock is looked at before the events: a supervisor that ends between
	// the two has written its end, which is then read.
	events, err := r.events.next()
	if err == nil && len(events) == 0 && !alive && !r.view.Over() {
		events, err = r.takeSummary()
	}
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		r.view.apply(e)
	}
	r.view.Alive = alive && !r.view.Over()
	r.view.Broken = r.gaps()
	return events, nil
}

// View is the run as of the last Next.
func (r *Reader) View() View {
	v := r.view
	v.Tasks = append([]TaskView(nil), v.Tasks...)
	return v
}

// readAll is the view of a run as its directory stands now.
func readAll(dir string) (View, error) {
	r, err := NewReader(dir)
	if err != nil {
		return View{Dir: dir}, err
	}
	for {
		events, err := r.Next()
		if err != nil {
			return r.View(), err
		}
		if len(events) == 0 {
			return r.View(), nil
		}
	}
}

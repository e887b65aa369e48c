package rollout

import (
	"encoding/json"
	"time"

	"nixfleet-tui/nixcmd"
)

// EventVersion is the version of the lines in events.jsonl.
const EventVersion = 1

// Event is one line of events.jsonl, and of `--json`. Fields that an event
// does not have are left out.
type Event struct {
	Version int       `json:"version"`
	Seq     int64     `json:"seq"`
	Time    time.Time `json:"time"`
	Run     string    `json:"run"`
	Host    string    `json:"host,omitempty"`
	Event   string    `json:"event"`

	// start
	Invoked *time.Time    `json:"invoked,omitempty"` // when the person asked
	Action  nixcmd.Action `json:"action,omitempty"`
	Hosts   []string      `json:"hosts,omitempty"`

	// task, and question
	State  string  `json:"state,omitempty"`
	PID    int     `json:"pid,omitempty"` // of nixos-rebuild, which leads a process group
	Before *Before `json:"before,omitempty"`

	Phase    nixcmd.Phase     `json:"phase,omitempty"`       // phase
	Done     *int             `json:"done,omitempty"`        // progress: builds, or copies while nothing builds
	Expected *int             `json:"expected,omitempty"`    // progress
	Progress *nixcmd.Progress `json:"progress,omitempty"`    // progress, all of it
	Left     *int             `json:"secondsLeft,omitempty"` // progress: for the builds, by how long such took before
	Accepted *bool            `json:"accepted,omitempty"`    // cancel: whether it is being done
	Reason   string           `json:"reason,omitempty"`      // task, cancel, adopted: a sentence
	ExitCode *int             `json:"exitCode,omitempty"`    // task ended, end

	Wave *Wave `json:"wave,omitempty"` // wave

	Question *Question `json:"question,omitempty"` // question

	Verdict *Verdict `json:"-"` // verdict: its fields stand in the line itself
}

// The names of events.
const (
	EventStart    = "start"    // the run's supervisor began
	EventTask     = "task"     // a task changed its state
	EventPhase    = "phase"    // a task entered a phase
	EventProgress = "progress" // at most once a second for each task
	EventVerdict  = "verdict"  // a task was judged: the last word on it
	EventAdopted  = "adopted"  // another supervisor took the run over
	EventCancel   = "cancel"   // a request to cancel was answered
	EventQuestion = "question" // a program asks a person something, or does so no more
	EventWave     = "wave"     // a wave began, or no more is begun
	EventEnd      = "end"      // the run is over
)

// The states of a task event.
const (
	TaskWaiting   = "waiting"   // for another run, or name, of the same machine
	TaskPrepared  = "prepared"  // the host was read: see Before
	TaskStarted   = "started"   // nixos-rebuild runs
	TaskEnded     = "ended"     // nixos-rebuild has ended
	TaskArmed     = "armed"     // the host undoes this by itself unless it is confirmed
	TaskConfirmed = "confirmed" // it does not any more
	TaskUndoing   = "undoing"   // the host is being put back on what it was
	TaskNote      = "note"      // nothing changed, but Reason is worth knowing
)

// Before is how a host stood before its task started, for the verdict and for undo.
type Before struct {
	Profile    string `json:"profile"`
	Running    string `json:"running"`
	Booted     string `json:"booted"`
	Generation int    `json:"generation"`
	BootID     string `json:"bootId"`
	Machine    string `json:"machine"` // the machine lock's ID

	FailedUnits []string `json:"failedUnits,omitempty"` // read only where units that fail later matter

	HostTime time.Time `json:"hostTime"` // when it was read, by the host's clock
}

// MarshalJSON puts a verdict's fields into the line itself.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	if e.Verdict == nil {
		return json.Marshal(plain(e))
	}
	return json.Marshal(struct {
		Version int       `json:"version"`
		Seq     int64     `json:"seq"`
		Time    time.Time `json:"time"`
		Run     string    `json:"run"`
		Host    string    `json:"host"`
		Event   string    `json:"event"`
		Verdict
	}{e.Version, e.Seq, e.Time, e.Run, e.Host, e.Event, *e.Verdict})
}

// UnmarshalJSON is the inverse of MarshalJSON; unknown fields are passed over.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	if err := json.Unmarshal(data, (*plain)(e)); err != nil {
		return err
	}
	if e.Event != EventVerdict {
		return nil
	}
	e.Verdict = new(Verdict)
	return json.Unmarshal(data, e.Verdict)
}

package rollout

import (
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
	Event   string    `json:"event"` // start task phase progress verdict wave question adopted cancel end
	Host    string    `json:"host,omitempty"`

	// start
	Invoked *time.Time    `json:"invoked,omitempty"`
	Action  nixcmd.Action `json:"action,omitempty"`
	Hosts   []string      `json:"hosts,omitempty"`

	// task: "waiting", "started" (the child runs), "ended" (it has ended)
	State string `json:"state,omitempty"`
	PID   int    `json:"pid,omitempty"`

	// phase
	Phase nixcmd.Phase `json:"phase,omitempty"`

	// progress
	Done     *int             `json:"done,omitempty"`
	Expected *int             `json:"expected,omitempty"`
	Progress *nixcmd.Progress `json:"progress,omitempty"`

	// verdict
	Verdict *Verdict `json:"-"` // its fields stand in the line itself

	// cancel, wave, adopted, task: a sentence
	Reason string `json:"reason,omitempty"`

	// task ended, end
	ExitCode *int `json:"exitCode,omitempty"`
}

// The names of events.
const (
	EventStart    = "start"
	EventTask     = "task"
	EventPhase    = "phase"
	EventProgress = "progress"
	EventVerdict  = "verdict"
	EventAdopted  = "adopted"
	EventCancel   = "cancel"
	EventEnd      = "end"
)

// The states of a task event.
const (
	TaskWaiting = "waiting"
	TaskStarted = "started"
	TaskEnded   = "ended"
)

package rollout

import (
	"context"
	"time"

	"nixfleet-tui/nixcmd"
)

// TaskView is what a viewer shows of one task.
type TaskView struct {
	Host     string
	State    string // "", TaskWaiting, TaskStarted, TaskEnded
	Phase    nixcmd.Phase
	Progress nixcmd.Progress
	Started  time.Time
	Ended    time.Time
	Reason   string   // why it waits
	Verdict  *Verdict // nil until there is one
}

// View is a run as a viewer sees it: run.json and the events so far.
type View struct {
	Dir      string
	Plan     Plan
	Tasks    []TaskView // in the plan's order
	Started  time.Time
	Ended    time.Time // zero while it goes on
	ExitCode int
	Alive    bool   // a supervisor holds the lock
	Broken   string // what is missing or cut in the directory, or ""
}

// Store is the directory of all runs, locks and roots of one person.
type Store struct{ Dir string }

// OpenStore makes sure that the directory can be written.
func OpenStore(dir string) (*Store, error) { panic("soon") }

// Launcher starts this program again, as a supervisor or task parent.
type Launcher struct {
	Words []string // after the program's name: {"run-supervisor"} or {"demo", "run-supervisor"}
}

// Start makes the run directory for plan and starts its supervisor. It returns
// the directory when the supervisor holds the run's lock.
func (s *Store) Start(ctx context.Context, plan Plan, l Launcher) (dir string, err error) {
	panic("soon")
}

// List reads all runs, newest first. Broken directories are listed as such.
func (s *Store) List() ([]View, error) { panic("soon") }

// Adopt starts a supervisor for each run that has lost its own.
func (s *Store) Adopt(ctx context.Context, l Launcher) error { panic("soon") }

// Find returns the directory of the run whose ID is, or begins with, id; ""
// and "last" mean the newest.
func (s *Store) Find(id string) (dir string, err error) { panic("soon") }

// Reader follows one run: each Next reads the events that came since.
type Reader struct{}

// NewReader opens the run in dir.
func NewReader(dir string) (*Reader, error) { panic("soon") }

// Next reads what came since the last call and returns the new events. It does
// not block.
func (r *Reader) Next() ([]Event, error) { panic("soon") }

// View is the run as of the last Next.
func (r *Reader) View() View { panic("soon") }

// Close frees what the reader holds.
func (r *Reader) Close() error { panic("soon") }

// Cancel asks the run's supervisor to cancel the hosts (none: all). The answer
// comes as a cancel event. insist also interrupts an activation.
func Cancel(dir string, hosts []string, insist bool) error { panic("soon") }

// Tail reads the readable form of a task's log (hosts/NAME.txt) as it grows.
type Tail struct{}

// NewTail returns a tail of the host's log in dir.
func NewTail(dir, host string) *Tail { panic("soon") }

// LogPath is where the raw log of a host's task is.
func LogPath(dir, host string) string { panic("soon") }

package fleet

import (
	"context"
	"time"

	"nixfleet-tui/sshutil"
)

// State is the reachability of a host in one word.
type State string

// The states.
const (
	StateUnknown State = "unknown" // not asked yet
	StateUp      State = "up"
	StateDown    State = "down"    // no connection
	StateAuth    State = "auth"    // reachable, but we may not log in
	StateHostKey State = "hostkey" // reachable, but its key is unknown, changed or revoked
)

// Drift says how what a host runs stands to what the flake wants.
type Drift string

// The drifts, in the words that `--on drift:` takes.
const (
	DriftUnknown     Drift = "unknown"
	DriftInSync      Drift = "in-sync"
	DriftBehind      Drift = "behind"
	DriftAhead       Drift = "ahead"
	DriftDiverged    Drift = "diverged"
	DriftBootPending Drift = "boot-pending"
	DriftOlderBooted Drift = "older-booted"
	DriftTesting     Drift = "testing"
)

// Reading is what one probe read from a host. Zero means not read.
type Reading struct {
	At           time.Time // when, by our clock
	HostTime     time.Time // by its clock
	Full         bool      // by the full script
	Host         string    // uname -n
	OS, Arch     string    // uname
	System       string    // such as "x86_64-linux"
	MachineID    string
	BootID       string
	Generation   int
	GenerationAt time.Time // of the profile's link
	Generations  int       // how many there are
	Profile      string    // P, a store path
	Current      string    // C
	Booted       string    // B
	BootedAt     time.Time
	Reboot       *bool  // kernel, initrd or modules of P differ from B's
	Label        string // nixos-version, such as "25.11.20261101.abcdef0"
	Revision     string // configurationRevision
	Systemd      string // is-system-running
	FailedUnits  []string
	Switching    bool // the activation unit is active
	Kernel       string
	Nix          string
	Uptime       time.Duration
	Load         [3]float64
	CPUs         int
	MemTotal     int64 // bytes
	MemAvailable int64
	Disks        map[string]Disk // by mount point of /nix, /boot, /
	Builds       int             // running builds, from any client
}

// Disk is the space of a file system, in bytes.
type Disk struct {
	Total, Free int64
}

// Status is all that is known of a host by asking it.
type Status struct {
	State    State
	Kind     sshutil.Kind // of the connection's failure
	Error    string       // one sentence, or ""
	Hint     string
	Via      string
	Latency  time.Duration
	AsOf     time.Time // of the last attempt that ended
	Failures int       // in a row
	Reading  Reading   // the last good one; kept when the host goes down
}

// Judge derives the drift of a host from what it runs and what is wanted.
// history says how the host's configuration revision stands to ours.
func Judge(r Reading, wanted string, history History) Drift { panic("soon") }

// History is how a host's configuration revision stands to the flake's.
type History string

// The relations. HistoryUnknown also when either revision is not known.
const (
	HistoryUnknown   History = ""
	HistoryAncestor  History = "ancestor"  // the host's is in our past
	HistoryDescends  History = "descends"  // the host's descends from ours
	HistoryUnrelated History = "unrelated" // the host's is not in our history
)

// Script returns the POSIX script that reads a host's state, to be run as
// `/bin/sh -s` with it on stdin: the full one, or the fast one of shell
// builtins and a few readlinks.
func Script(full bool) []byte { panic("soon") }

// ScriptCommand is what the login shell is asked to run with a script on stdin.
const ScriptCommand = "/bin/sh -s"

// ParseReading reads a script's output. Lines without our marker are passed
// over; output that lacks the end marker is an error.
func ParseReading(out []byte, now time.Time) (Reading, error) { panic("soon") }

// Read runs a script over r and parses what it says.
func Read(ctx context.Context, r sshutil.Runner, full bool, now func() time.Time) (Reading, error) {
	panic("soon")
}

// StatusOf turns a failed read into a status, keeping old's reading.
func StatusOf(old Status, err error, at time.Time) Status { panic("soon") }

// Prober reads hosts' status over a pool of connections.
type Prober struct {
	Pool  *sshutil.Pool
	Now   func() time.Time
	Limit int // simultaneous reads; default 32
}

// ReadAll reads each host once, all at the same time within the limit, and
// calls got with each status as it comes. It returns when all have answered or
// ctx has ended; hosts that did not answer by then are StateDown with KindTimeout.
func (p *Prober) ReadAll(ctx context.Context, hosts []string, full bool, got func(host string, s Status)) {
	panic("soon")
}

// Watch keeps reading until ctx ends, by the rhythm of design: 30 s at rest, 5 s
// for hosts that a run touches, 2 minutes without focus, jittered backoff for
// hosts that fail. Its knobs may be turned at any time.
type Watch struct{}

// NewWatch returns a watch over hosts that reports to got, from one goroutine at a time.
func NewWatch(p *Prober, hosts []string, got func(host string, s Status)) *Watch { panic("soon") }

// Run reads until ctx ends.
func (w *Watch) Run(ctx context.Context) { panic("soon") }

// Refresh asks for a read of the hosts now, by the full script.
func (w *Watch) Refresh(hosts ...string) { panic("soon") }

// Busy names the hosts that a run touches.
func (w *Watch) Busy(hosts []string) { panic("soon") }

// Focus says whether somebody is looking.
func (w *Watch) Focus(looking bool) { panic("soon") }

// Pause stops (or resumes) all reading.
func (w *Watch) Pause(paused bool) { panic("soon") }

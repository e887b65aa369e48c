package ui

import (
	"context"
	"os/exec"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// Backend does what the dashboard asks for. Refresh, CheckBuilders, Evaluate, Looking and
// Pause return at once and answer by news; the others may take their time, are
// called from commands, one sentence and hint for people being their error
// (*fleet.Error), and end with their context.
type Backend interface {
	// Refresh reads the hosts now and in full; none means all, and the builders too.
	Refresh(hosts []string)
	// CheckBuilders has builders checked from hosts that send builds to them, as
	// their root, with a tiny build; none means all.
	CheckBuilders(names []string)
	// Evaluate asks Nix for the facts of the hosts now; none means all.
	Evaluate(hosts []string)
	// Looking says whether somebody is looking at the terminal.
	Looking(yes bool)
	// Pause stops all background work while the program is suspended.
	Pause(paused bool)
	// Remember keeps habits of this fleet for the next start.
	Remember(h Habits) error

	// Plan works out what a request would do, and does nothing of it.
	Plan(ctx context.Context, r Request) (Proposal, error)
	// Launch starts what was proposed and returns the run's directory.
	// The passwords are wiped, whatever comes of it.
	Launch(ctx context.Context, p Proposal) (dir string, err error)
	// TryPassword returns on which of the hosts sudo takes the password.
	TryPassword(ctx context.Context, p Proposal, hosts []string, password *rollout.Secret) (right []string, err error)
	// AnswerQuestion answers a program of the run in dir. The answer stays the caller's.
	AnswerQuestion(dir, id string, answer *rollout.Secret) error
	// RefuseQuestion tells a program that there will be no answer.
	RefuseQuestion(dir, id string) error
	// Cancel asks the run's supervisor to cancel hosts (none: all). The answer
	// is an event of the run.
	Cancel(ctx context.Context, dir string, hosts []string, insist bool) error
	// OpenRun opens the run in dir for reading.
	OpenRun(dir string) (RunReader, error)
	// OpenLog returns the readable log of a host in the run in dir. It reads nothing yet.
	OpenLog(dir, host string) Log
	// Shell is a login on the host, to be given the terminal.
	Shell(host string) (*exec.Cmd, error)
	// AcceptKey is an ssh that asks whether a host's unknown key is the right
	// one and remembers the answer, to be given the terminal.
	AcceptKey(host string) (*exec.Cmd, error)
	signer
	historian
	installer
	// Ask has a host run a command that a person confirmed, over our own
	// connection, and returns what it said. Several hosts may be asked at once.
	Ask(ctx context.Context, host, command string) fleet.Answer
	// ShowLog is a program that shows the log of a task, byte for byte as it was
	// printed, to be given the terminal.
	ShowLog(in LogProgram, dir, host string) (*exec.Cmd, error)
}

// LogProgram is a kind of program in which a log can be read.
type LogProgram string

// The programs.
const (
	Pager  LogProgram = "pager"
	Editor LogProgram = "editor"
)

// RunReader reads one run; *rollout.Reader is the real one. Calls come one at a time.
type RunReader interface {
	// Next returns the events that came since the last call, without waiting.
	Next() ([]rollout.Event, error)
	// View is the run as of the last Next. It shares nothing that Next changes.
	View() rollout.View
}

// Log is the readable log of one task; *rollout.Log is the real one. Lines have
// numbers, from 0. It may be used from several goroutines.
type Log interface {
	Poll() (changed bool, err error)
	Len() int
	Lines(from, n int) ([]string, error)
	Find(ctx context.Context, from int, back bool, match func(line string) bool) (int, error)
	// Times says when lines came; a zero time is not known.
	Times(from, n int) ([]time.Time, error)
	Close() error
}

// Request is what a person chose in the deploy menu.
type Request struct {
	Action    nixcmd.Action
	Hosts     []string
	To        fleet.Point // the generation to go to, of each host; zero deploys the flake
	Delete    []int       // of Collect: generations of the only host that go
	Keep      int         // of Collect: how many of the newest stay on each host; 0: all but those
	Return    int         // of Reboot: seconds that a host may take to come back; 0: the usual
	BuildOn   string      // "" leaves it to fleet.nix; else "target", "local", LocalAlone, or a name
	Retry     string      // a run's directory: do again, by its plan, what did not end well; the rest but Insist, Wait and Personal is unset
	Insist    bool        // also what would surely fail
	Wait      bool        // for others that are at a host
	Previewed string      // a preview's directory: activate just what it has built; the rest but Personal is unset
	Choices               // what the command line has flags for
}

// Choices are how a run is to be made, apart from what it does and where. The
// zero value is as the command line without flags.
type Choices struct {
	Parallel    int  // hosts at a time; 0 is the usual number
	Canary      int  // hosts that go first
	Wave        int  // hosts of each wave after them
	MaxFailures int  // before no more are begun; 0: none with waves, else any number
	Undo        bool // what fails after its activation is put back
	Confirm     int  // seconds in which a new login has to find the host well, or it goes back; 0: never
	SkipDown    bool
	Thaw        bool
	FollowTree  bool
	Args        string // for nixos-rebuild, as in a shell
	Activation  int    // seconds that an activation may take before a host that is to be confirmed goes back; 0: the usual
	Health      int    // seconds in which health checks have to succeed; 0: the usual
	Diff        bool   // build first and show what would change; activating just that is another request
	Personal
}

// Personal are choices that are no business of the run: the dashboard keeps
// them, which has the person and the terminal before it.
type Personal struct {
	PasswordPer string // rollout.PerHost or PerTag: who shares a password of sudo; "" is PerRun
	Notify      bool   // ring when the run has ended
}

// LocalAlone is a place to build: this machine, without builders to send builds to.
const LocalAlone = "local, alone"

// Proposal is what a request would do, told before anything is done.
type Proposal struct {
	Passwords rollout.Passwords // of sudo, as far as they were asked for
	Plan      rollout.Plan
	Commands  []Command
	Findings  []Finding
	Changes   []Change // what activating would change, where it was built and compared
	Held      bool     // others are at some of the hosts, and could be waited for
	Personal           // as the request has it
}

// Command is the exact command line that would run for one host.
type Command struct {
	Host string
	Line string
}

// Finding is something to know before saying yes.
type Finding struct {
	Host    string // "" when it is about the whole run
	Level   Level
	Message string // one sentence
	Hint    string // one sentence, or ""
}

// Level says how much a finding matters.
type Level int

// The levels.
const (
	Note    Level = iota // good to know
	Warning              // may go wrong, or may not be wanted
	Hole                 // others than root could become root
	Confirm              // may not be wanted: the host is to be confirmed by name
	Blocker              // goes wrong for sure: the host is left out, unless the person insists
)

package fleet

import "time"

// How often a Watch reads a host that answers: at rest, and while nobody looks.
const (
	RestInterval      = 30 * time.Second
	UnfocusedInterval = 2 * time.Minute
)

// LapseSoon is how long before its end a certificate is worth a word.
const LapseSoon = 30 * time.Minute

// The tunables of this package.
const (
	busyInterval = 5 * time.Second // between two readings of a host that a run touches

	// The full script is run at least this often on a host that is up.
	fullInterval = 5 * time.Minute

	// A failing host is asked ever less often, up to this; one that a run
	// touches is expected back soon.
	backoffMax     = 5 * time.Minute
	busyBackoffMax = 15 * time.Second

	// How far an interval may stray either way, so that hundreds of hosts do
	// not stay in step.
	jitter = 0.1

	// One read: connection, login and script together.
	readTimeout = 15 * time.Second

	// All that preflight asks of one machine, its login not counted.
	surveyTimeout = 8 * time.Second

	// Cells of what sudo says that are shown.
	maxSudoSaid = 200

	// One rung of a builder's ladder: a connection, an answer of Nix; and a
	// build, or an answer that another host has to get first.
	rungTimeout    = 5 * time.Second
	vantageTimeout = 30 * time.Second

	// What a builder's file system must have free for a build, in bytes and files.
	leastRoom   = 256 << 20
	leastInodes = 10_000

	// What another program said is shown up to so many characters.
	maxSentence = 300

	// Reads at the same time, unless the prober says otherwise.
	defaultLimit = 32

	// A host that says nothing for as long as others take to let us in does not
	// count among these, but not before some time has passed; and when none has
	// let us in yet.
	silentLeast = 250 * time.Millisecond
	silentFirst = time.Second
	paceMemory  = 8 // hosts that let us in, or so, over which that is averaged

	// A probe prints a few KiB; a host with thousands of failed units some more.
	maxReadingOutput = 256 << 10

	// A generation takes less than a KiB; and some hosts keep a thousand.
	maxGenerationsOutput = 4 << 20

	// A path of a closure takes 100 bytes, and more when many generations are
	// asked about; a system has some thousand.
	maxClosuresOutput = 64 << 20

	// Trees whose evaluations are kept besides the present one's, for each flake.
	keptTrees = 8

	// How long evaluations are kept after the directory of their flake has gone,
	// counted from the last of them.
	keptGone = 90 * 24 * time.Hour

	// Asking git how two revisions stand to each other.
	historyTimeout = 10 * time.Second

	// A row is old when three of its intervals have gone by.
	staleIntervals = 3
)

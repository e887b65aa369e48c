package nixcmd

import "time"

// What can be tuned, in one place.
const (
	maxPlanned = 4096 // names of planned derivations that are kept
	// askTimeout bounds the question which dialect nixos-rebuild speaks. The
	// Python one needs a second on a cold disk.
	askTimeout = 10 * time.Second
	// killWait is how long a killed nix may keep its pipes open through
	// children of its own before they are closed for it.
	killWait = 2 * time.Second
	// lowNice is the niceness of evaluations in the background.
	lowNice = 10
	// maxStdout and maxStderr bound what is kept of one call of nix. A fleet's
	// answer is a few hundred kilobytes; a trace is cut at its beginning.
	maxStdout = 64 << 20
	maxStderr = 1 << 20

	// maxMessageLines bounds the lines of one error message that are joined.
	maxMessageLines = 10

	// What a daemon may say in a handshake, in bytes and messages.
	maxVersion  = 256
	maxFrame    = 64 << 10
	maxFrames   = 1000
	maxGreeting = 256

	// maxEntry bounds an entry of a machines file, in bytes: its longest part is
	// a host key, of a few hundred.
	maxEntry = 16 << 10
	// maxIncludes bounds how deep machines files may include each other.
	maxIncludes = 8

	// maxClosed and maxClosedDepth bound the expressions of which is said whether
	// they stand for themselves, in bytes and in how deep they are nested.
	maxClosed      = 1 << 20
	maxClosedDepth = 200

	// maxLine bounds a readable line, maxRaw a line of the log as it came: an
	// error message with its trace is one line of JSON.
	maxLine = 64 << 10
	maxRaw  = 1 << 20
	// tailLines and tailLineBytes bound what is kept of one build's log,
	// maxTails the number of builds of which it is kept.
	tailLines     = 25
	tailLineBytes = 2 << 10
	// maxField bounds a name in a log: a derivation, a machine, a URL.
	maxField = 512
	maxTails = 256
	// maxActivities bounds the activities that began and never ended.
	maxActivities = 8192
	// maxCounts bounds the text of an activity's progress numbers.
	maxCounts = 64
	// maxUnits bounds the failed units of one host.
	maxUnits = 100
	// maxErrors, maxPlain and maxDecisive bound what is kept of error messages,
	// of the last plain lines, and of the lines that a verdict shows.
	maxErrors   = 20
	maxPlain    = 8
	maxDecisive = 30
)

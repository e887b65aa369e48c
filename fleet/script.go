package fleet

import (
	_ "embed" // for the scripts
	"slices"
)

// The scripts are made of these parts, the words of the first in all of them.
var (
	//go:embed probe_words.sh
	scriptWords []byte
	//go:embed probe.sh
	probeScript []byte
	//go:embed probe_times.sh
	timesScript []byte
	//go:embed probe_full.sh
	fullScript []byte
)

// What comes before timesScript: the kernel's list of locks, or none.
const (
	readLocks = "lockable; list=$(locks)\n"
	noLocks   = "locked= list=\n"
)

// The last line of a script: what comes without it was cut off.
const endLine = "printf 'NF1\\tend\\t1\\n'\n"

// scriptCommand is what the login shell is asked to run with a script on
// stdin. Whatever that shell is, it can start another.
const scriptCommand = "/bin/sh -s"

// Script returns the POSIX script that reads a host's state, to be run as
// `/bin/sh -s` with it on stdin: the full one, or the fast one of shell
// builtins and a few readlinks.
func Script(full bool) []byte {
	if full {
		return fastAnd(fullScript)
	}
	return fastAnd()
}

// briefScript is the fast one without the list of locks, for which a host waits
// longer than for all the rest.
func briefScript() []byte {
	return slices.Concat(scriptWords, probeScript, []byte(noLocks), timesScript, []byte(endLine))
}

// fastAnd is the fast script and what goes on where it ends.
func fastAnd(more ...[]byte) []byte {
	return slices.Concat(scriptWords, probeScript, []byte(readLocks), timesScript, slices.Concat(more...), []byte(endLine))
}

// fastAround is the fast script with other questions in its middle, which are
// asked while the host waits for the list of locks; last goes on where it ends.
// All of it is a child of the shell that reads it, which goes on when that child
// is killed: so the child has the last word itself.
func fastAround(last []byte, middle ...[]byte) []byte {
	return slices.Concat(scriptWords, []byte("lockable; locks | {\n"), probeScript, slices.Concat(middle...),
		[]byte("list=; [ -z \"$locked\" ] || list=$(cat)\n"), timesScript, last, []byte(endLine+"}\n"))
}

package fleet

import (
	_ "embed" // for the scripts
	"slices"
)

//go:embed probe.sh
var fastScript []byte

//go:embed probe_full.sh
var fullScript []byte

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

// fastAnd is the fast script and what goes on where it ends.
func fastAnd(more ...[]byte) []byte {
	return slices.Concat(fastScript, slices.Concat(more...), []byte(endLine))
}

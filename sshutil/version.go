package sshutil

import (
	"context"
	"regexp"
	"strconv"
)

// versionOf asks the ssh program for its version; zeros if it has none to tell.
func versionOf(ctx context.Context, program string) (major, minor int) {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	_, stderr, err := child{program: programOr(program), args: []string{"-V"}}.run(ctx)
	if err != nil {
		return 0, 0
	}
	return parseVersion(string(stderr.bytes()))
}

// parseVersion reads "OpenSSH_9.2p1 Debian…".
func parseVersion(said string) (major, minor int) {
	found := regexp.MustCompile(`^OpenSSH_(\d{1,3})\.(\d{1,3})`).FindStringSubmatch(said)
	if found == nil {
		return 0, 0
	}
	major, _ = strconv.Atoi(found[1]) // digits, and few
	minor, _ = strconv.Atoi(found[2])
	return major, minor
}

// marksPrompts reports whether that OpenSSH puts "(user@host)" before what a
// host asks, so that no host can make a question look like one of ssh's own.
func marksPrompts(major, minor int) bool { return major > 8 || major == 8 && minor >= 5 }

// takesPatterns reports whether that OpenSSH takes patterns as names in a host
// certificate. We do what it does, because it is what nixos-rebuild starts.
func takesPatterns(major, minor int) bool { return major > 10 || major == 10 && minor >= 3 }

package demo

import "time"

// What can be turned, in one place.
const (
	protocolVersion = 2 // of endpoint.json and of what the hosts answer
	machineVersion  = 1 // of the state of a host; another is made anew

	graceAfterClients = 10 * time.Second       // how long the daemon stays when its last client has gone
	watchEvery        = 500 * time.Millisecond // how often the daemon looks for clients, its directory, and the file `end`
	lockPoll          = 10 * time.Millisecond  // how often a held lock is tried again
	lockPatience      = 500 * time.Millisecond // how long a daemon that starts tries: who looks holds the lock for a moment
	startsAtMost      = 3                      // of a daemon that ends at once, before giving up
	readyWithin       = 10 * time.Second       // until a daemon that was started must serve

	installTakes    = 6 * time.Second  // by nixos-install
	rebootTakes     = 9 * time.Second  // until a host answers again
	handshakeWithin = 10 * time.Second // until a client of a host must have logged in
	sessionsAtMost  = 10               // of one connection at a time, as sshd's MaxSessions
	stdinAtMost     = 1 << 20          // bytes of a script that a host reads
	parcelsOnTheWay = 256              // writes to a host's client that may be under way at a time

	// The pace of what is played, at speed 1. A run of a few hosts is to take 10 to 25 seconds.
	evaluateFacts = 40 * time.Millisecond   // of one host for the table, so that facts are seen to arrive
	evaluateLeast = 1200 * time.Millisecond // of one host by nixos-rebuild
	evaluateMost  = 2800 * time.Millisecond
	planningTakes = 350 * time.Millisecond // asking the cache what it has
	betweenBuilds = 60 * time.Millisecond
	progressEvery = 70 * time.Millisecond // between two progress lines of one copy
	copyEachDrv   = 60 * time.Millisecond // by nix-copy-closure
	fetchSlots    = 3                     // downloads at a time
	fetchRate     = 38 << 20              // bytes a second, each
	copyRate      = 24 << 20              // bytes a second, from host to host through this machine
	bigBuild      = 3 * time.Second       // and more is sent to a builder, where there is one

	compressedShare = 4         // a NAR is about four times its download
	ownBuildSize    = 300 << 10 // bytes of what was built, mostly configuration
)

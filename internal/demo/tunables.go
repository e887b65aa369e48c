package demo

import "time"

// What can be turned, in one place.
const (
	protocolVersion = 1 // of endpoint.json and of what the hosts answer
	machineVersion  = 1 // of the state of a host; another is made anew

	graceAfterClients = 10 * time.Second       // how long the daemon stays when its last client has gone
	watchEvery        = 500 * time.Millisecond // how often the daemon looks for clients, its directory, and the file `end`
	lockPoll          = 10 * time.Millisecond  // how often a held lock is tried again
	lockPatience      = 500 * time.Millisecond // how long a daemon that starts tries: who looks holds the lock for a moment
	startsAtMost      = 3                      // of a daemon that ends at once, before giving up
	readyWithin       = 10 * time.Second       // until a daemon that was started must serve

	rebootTakes     = 9 * time.Second // until a host answers again
	afterLastWord   = 200 * time.Millisecond
	handshakeWithin = 10 * time.Second // until a client of a host must have logged in
	sessionsAtMost  = 10               // of one connection at a time, as sshd's MaxSessions
	stdinAtMost     = 1 << 20          // bytes of a script that a host reads
)

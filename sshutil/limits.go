package sshutil

import "time"

// What the package allows itself, and others, in one place.
const (
	resolveTimeout  = 5 * time.Second // one `ssh -G`; a Match exec in it may hang
	resolveParallel = 8               // `ssh -G` processes at once: each costs a fork and some ms of CPU
	configFresh     = time.Second     // so long the configuration files are not looked at again
	includeDepth    = 16              // as in ssh

	dialTimeout  = 8 * time.Second // connect, handshake and login of one host
	touchTimeout = 30 * time.Second
	dialsWaiting = 256 // connections being made at once; more wait, so that sockets stay few
	kexComputing = 32  // handshakes that may compute at once; the rest wait for bytes anyway

	straightTimeout = time.Second // a connector tries for ssh, before ssh does

	offersPerLogin   = 5 // keys; servers hang up after six (MaxAuthTries)
	agentListTimeout = 2 * time.Second
	agentListFresh   = time.Second // many dials at once ask the agent once
	keyFileMax       = 1 << 20     // bytes of a key or certificate file

	knownHostsFileMax = 16 << 20 // bytes of one known_hosts file that are read
	knownHostsLineMax = 64 << 10 // a longer line is skipped as garbage

	jumpsMax         = 8               // hosts on one way
	jumpFailureFresh = 3 * time.Second // so long a dead jump host is not asked again

	hopFarewell  = 2 * time.Second // a jump host that neither answers nor is known to have died by then is not asked after
	openFarewell = time.Second     // whoever opens a channel of a connection that ended is told by then, or never

	sessionsPerClient = 4                     // sshd's default MaxSessions is 10, and people have their own
	openRetry         = 10 * time.Millisecond // a host that refused a session is asked again, then after twice as long
	openPatience      = time.Second           // so long a host may refuse the only session
	outputDefault     = 1 << 20
	firstBuffer       = 512      // bytes of output that there is room for at first
	dropBuffer        = 16 << 10 // bytes that are read at once to be dropped
	stderrKept        = 16 << 10 // of programs that we start for ourselves
	bannerKept        = 4 << 10
	excerptKept       = 100 // bytes of a strange answer that are shown

	keptPatience = 2 * time.Second // for a kept shell's answer; then the script is run by itself
	keptIdle     = 3 * time.Minute // until a kept shell is ended; longer than from one look at a host to the next while nobody watches
	keptBuffer   = 2 << 10         // bytes of a kept shell's output that are read at once

	aliveInterval = 15 * time.Second // where the person's configuration has none
	aliveCount    = 2
	doubtPatience = 2 * time.Second // for an answer when the link may well be dead
	sleepGap      = 5 * time.Second // by which the clock went ahead of us when this machine has slept

	childGrace     = time.Second            // between closing a child's pipes and giving them up
	proxyFarewell  = 200 * time.Millisecond // a ProxyCommand whose connection is closed mostly ends by itself
	proxyLastWords = 3 * time.Second        // so long one that closed it first may take to say why

	masterPersist  = "600"           // seconds that an idle master stays, see Master
	controlTimeout = 5 * time.Second // an answer of a master to -O check or -O exit, which comes at once unless the processor is busy
	lockRetry      = 20 * time.Millisecond
	muxMessageMax  = 256 << 10 // bytes of one message of a master; as in OpenSSH
	muxEnvMax      = 128 << 10 // bytes of the environment in a request, beside a command
	muxVariableMax = 4 << 10   // bytes of one variable in it

	secretMax       = 1022      // bytes of a password; OpenSSH takes no longer one
	agentMessageMax = 256 << 10 // bytes; as in OpenSSH
	agentKeysMax    = 1000      // whose names are remembered of one list
	askpassMax      = 16 << 10
	askpassLines    = 12 // of a question that are shown
	askpassWidth    = 300
	askpassPatience = 5 * time.Second // for a question to be put into words
)

package rollout

import "time"

// How a run is made where nobody says otherwise.
const (
	UsualParallel   = 4       // hosts at a time
	UsualActivation = 15 * 60 // seconds that an activation may take before its host goes back
	UsualHealth     = 30      // seconds in which health checks have to succeed
	UsualReturn     = 10 * 60 // seconds that a host may take to come back from a reboot
)

// PasswordTries is how often a person may be wrong about one password of sudo
// before it is given up.
const PasswordTries = 3

// What can be turned, in one place.
const (
	logPoll       = 100 * time.Millisecond // how often a growing log is looked at
	lockPoll      = 50 * time.Millisecond  // how often a held lock is tried again
	startingFor   = 250 * time.Millisecond // how long a lock may be held by a process that is just being started
	startingPause = 5 * time.Millisecond   // between two looks at it
	requestPoll   = 200 * time.Millisecond // how often requests of viewers are looked for
	inboxSettles  = time.Second            // after which a directory has certainly changed its time when it changes again
	alivePoll     = time.Second            // how often a viewer looks whether the supervisor lives
	progressEvery = time.Second            // most frequent progress event of one task

	preparesFor   = time.Second               // how long a task that begins is waited for to evaluate before another may begin beside it
	evaluatesFor  = 30 * time.Second          // how long an evaluation is taken to keep a processor busy: what goes on then waits for the network more likely
	seenFresh     = 5 * time.Second           // how old what preflight saw may be for a task to begin with it
	clockCoarse   = 50 * time.Millisecond     // how much later something may have happened than a file's time says
	readTimeout   = 8 * time.Second           // one reading of a host
	lastLookFor   = 3 * time.Second           // how long before the end a last look may have begun
	verifyFor     = 2 * time.Minute           // how long a host that was activating is asked again
	verifyPause   = 2 * time.Second           // between two such questions
	masterWait    = 15 * time.Second          // for a shared connection to log in
	reachFor      = 20 * time.Second          // for the login and the first reading together
	touchFor      = 30 * time.Second          // more, for a person to touch a key
	interruptFor  = 10 * time.Second          // between SIGINT and SIGTERM, and SIGTERM and SIGKILL
	continueFor   = 10 * time.Minute          // how old a lost run may be for its waiting tasks to be started all the same
	leftoversFor  = 15 * time.Second          // for ending what an interrupt left running elsewhere
	resolveFor    = 24 * time.Hour            // how long after a run its unknown verdicts are asked about again
	resolveEvery  = time.Minute               // how often at most
	rootFor       = 30 * time.Second          // for making one garbage collector root
	questionFor   = 10 * time.Minute          // how long a question waits for a person
	agentPoll     = time.Second               // how often it is looked whether an agent that has gone is back
	deskPatience  = 5 * time.Second           // for a viewer to say its answer
	promptPoll    = 50 * time.Millisecond     // how often it is looked whether sudo asks on a pseudo-terminal
	othersPause   = 2 * time.Second           // between two questions whether somebody else's activation has ended
	othersFor     = 30 * time.Minute          // how long such an activation is waited for
	healthFor     = UsualHealth * time.Second // how long health checks are tried, unless the plan says
	healthPause   = time.Second               // between two tries
	healthTimeout = 20 * time.Second          // one try
	undoFor       = 20 * time.Minute          // for putting a host back
	confirmPause  = 5 * time.Second           // between two tries to confirm
	restoreFor    = 3 * time.Minute           // more than it waits, for a host to put itself back

	rebootFor   = UsualReturn * time.Second // for a host to come back, unless the plan says
	rebootAsk   = 15 * time.Second          // one question whether it has
	rebootPause = 2 * time.Second           // between two
	unitsFor    = 2 * time.Minute           // for systemd to start what it starts at boot

	keepAge    = 90 * 24 * time.Hour // how long runs are kept
	keepSize   = 2 << 30             // bytes of runs that are kept
	pruneEvery = time.Hour           // how often at most what is older is looked for

	// Less than this free is worth a warning before a run; less than full fails
	// for sure. A kernel and its initrd take some 50 MiB of /boot.
	storeLow  = 1 << 30
	storeFull = 16 << 20
	bootLow   = 150e6
	bootFull  = 1 << 20

	untrackedShown = 3 // files that git does not track, by name

	lengthsLooked = 3 // runs by which a host's next one is estimated

	defaultEvalMemory = 2 << 30 // bytes one evaluation may need, until measured
	leastProcessors   = 2       // evaluations at once, however few processors there are

	maxDurations  = 5000     // derivations whose build times are remembered, and tasks
	maxEventRead  = 16 << 20 // bytes of events taken at once
	maxLogRead    = 1 << 20  // bytes of a log taken at once
	socketDigits  = 16       // random ones, in the names of sockets for questions
	maxDeskLine   = 4096     // bytes of what a viewer says before its answer
	promptLongest = 1024     // bytes of a line that may be sudo's question
	pipeHolds     = 15 << 10 // bytes that any system's pipe takes before they are read
	maxSocketsDir = 45       // bytes, so that DIR/%C and ssh's own suffix fit a socket address
)

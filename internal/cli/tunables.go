package cli

import "time"

// What can be turned, in one place.
const (
	sshAnswers = "ssh-G" // directory of what ssh said of hosts' settings, among what can be made anew

	defaultWait = 60 * time.Second       // of --wait: for hosts that have never been evaluated
	staleFor    = 3 * time.Second        // for hosts whose facts are of an older tree
	quietFor    = time.Second            // before progress is shown
	redrawEvery = 500 * time.Millisecond // at most, of a watched status

	followPoll = 80 * time.Millisecond  // how often a run is looked at while we watch
	followSoon = 3 * time.Millisecond   // the same, when it is about to end
	followTold = 250 * time.Millisecond // the same, when a bell rings for all that is shown
	soonFor    = 2 * time.Second        // how long after the last news that can be
	answerPoll = 100 * time.Millisecond // how often it is looked whether an answer is still wanted
	lendEvery  = time.Second            // how often it is tried to lend an agent, while one is wanted
	cancelWait = 10 * time.Second       // for a supervisor to answer a request
	adoptions  = 3                      // how often a run that we watch may lose its supervisor

	settleQuiet = 2 * time.Second  // how long a lost run that was just adopted may say nothing
	settleMost  = 15 * time.Second // how long it is waited for in all

	adoptPause = time.Second      // before a run gets a second new supervisor; then twice as long each time
	adoptMost  = 2 * time.Minute  // the longest such pause
	adoptedFor = 10 * time.Second // how long a supervisor has to live to have been a good one

	asksAtOnce  = 32               // hosts that work on a person's command
	looksAtOnce = 32               // machines that preflight looks at
	lookTimeout = 8 * time.Second  // for one of them, its login included
	earlyLasts  = 5 * time.Second  // what was read of one while Nix read the flake
	askTimeout  = 10 * time.Second // for one program to answer a question about itself

	turnedAwayWait = 500 * time.Millisecond // before preflight tries once more who turned it away

	listedQuiet  = 3 * time.Second // how long hosts may all be silent, once one has answered, before the others are passed over
	buildersWait = time.Minute     // to find out which hosts build for others

	// A huge tree may take for ever to tell what git does not track in it, which
	// is not worth more.
	untrackedTimeout = 2 * time.Second

	lowSpace = 256 << 20 // bytes free below which the state directory worries

	contextLines = 2 // shown around what differs
)

// The rhythms of what the dashboard learns in the background.
const (
	hereEvery   = 15 * time.Second // which slots of builders this machine has taken
	runsSeldom  = 5 * time.Second  // the directory of runs: others may start runs too
	runsOften   = time.Second      // the same, while one goes on
	doneLately  = 15 * time.Second // how long after a task it is seen to that its host has been read since
	keysEvery   = 30 * time.Second // what the agent holds
	meansEvery  = 30 * time.Minute // how a host's sudo lets people through
	meansAtOnce = 4                // hosts that are asked so

	// What is told of one host can concern all: which builders there are, and how
	// they are. In a large fleet hosts answer by hundreds a second, so that is worked
	// out for all that has come meanwhile, and takes a share of the time at most.
	digestRest = 4 // times as long as the last one took
	digestLate = 2 * time.Second
)

package ui

import "time"

// What can be turned, in one place; widths and heights stand where they are drawn.
const (
	// The most frames that are drawn: a key is seen after 20 ms at most. Bubble
	// Tea's own clock runs at this rate even when nothing changes; at 60 it takes
	// nearly a hundredth of a core.
	framesPerSecond = 50

	tickEvery = 100 * time.Millisecond // while something runs
	settleFor = 300 * time.Millisecond // after a run has ended, for the last lines of its logs
	deafFor   = 400 * time.Millisecond // a question hears nothing at first
	readFor   = 2 * time.Second        // before a key may take a warning or an error away

	// So long after a guest has ended an interrupt may still be the one that ended
	// it: both of us get it, and we may hear of it later.
	echoFor = time.Second

	waitingMost  = 20   // notices that wait for the one on screen
	messagesMost = 200  // that are kept to be read again
	undosMost    = 50   // changes of the marks that can be taken back
	readingsKept = 60   // of a host or a builder: half an hour at rest
	answerMost   = 2000 // lines of one answer that are shown
	usualKeep    = 10   // generations that stay when nothing else is said

	// Bytes that are handed to the terminal's clipboard; some terminals drop
	// longer sequences whole.
	copyMost = 64 << 10
)

// The least terminal that the dashboard is drawn on, and the rows that two
// pages have in common.
const (
	minWidth  = 60
	minHeight = 15
	pageOver  = 2
)

package ui

import (
	"context"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// News is something that the backend has learned. The slot names what it
// replaces: an item in the mailbox that nobody took yet gives way to a newer
// one of its slot.
type News interface{ slot() string }

// InventoryRead tells the hosts and builders as declared. It may come again.
type InventoryRead struct{ Inventory *fleet.Inventory }

// InventoryFailed says why there is no inventory, or why it is an old one.
type InventoryFailed struct{ Err error }

// FactsRead tells what the flake says of a host.
type FactsRead struct {
	Host  string
	Facts fleet.Facts
}

// StatusRead tells what a host says of itself, and what follows. It is posted
// again when new facts change the drift.
type StatusRead struct {
	Host   string
	Status fleet.Status
	Drift  fleet.Drift
}

// BuildersRead tells the health of all builders.
type BuildersRead struct{ Builders []fleet.BuilderHealth }

// RunsListed tells all runs, newest first.
type RunsListed struct{ Runs []rollout.View }

// Evaluating says that Nix is evaluating Host, and how many are left after it.
// An empty Host says that it has finished.
type Evaluating struct {
	Host string
	Left int
}

// Said is a sentence and a hint for the person, to be shown until it is read.
type Said struct{ Message, Hint string }

// interrupted is a signal; fatal for one that ends the program.
type interrupted struct{ fatal bool }

// crashed ends the program: a goroutine of its crew panicked.
type crashed struct{ crash *Crash }

func (InventoryRead) slot() string   { return "inventory" }
func (InventoryFailed) slot() string { return "inventory failed" }
func (n FactsRead) slot() string     { return "facts of " + n.Host }
func (n StatusRead) slot() string    { return "status of " + n.Host }
func (BuildersRead) slot() string    { return "builders" }
func (RunsListed) slot() string      { return "runs" }
func (Evaluating) slot() string      { return "evaluating" }
func (Said) slot() string            { return "said" }
func (n interrupted) slot() string {
	if n.fatal {
		return "terminated"
	}
	return "interrupted"
}
func (crashed) slot() string { return "crashed" }

// Mailbox holds news until the program takes them. Posting never waits, so
// background work goes on while a shell has the terminal.
type Mailbox struct {
	mu    sync.Mutex
	order []string
	items map[string]News
	bell  chan struct{}
}

// NewMailbox returns an empty mailbox.
func NewMailbox() *Mailbox {
	return &Mailbox{items: map[string]News{}, bell: make(chan struct{}, 1)}
}

// Post leaves n, in place of what it replaces.
func (b *Mailbox) Post(n News) {
	b.mu.Lock()
	slot := n.slot()
	if _, waiting := b.items[slot]; !waiting {
		b.order = append(b.order, slot)
	}
	b.items[slot] = n
	b.mu.Unlock()
	select {
	case b.bell <- struct{}{}:
	default: // it rings already
	}
}

// Take waits until there are news and returns all of them, in the order in
// which their slots were first filled. It returns nil when ctx has ended.
func (b *Mailbox) Take(ctx context.Context) []News {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.bell:
		}
		if got := b.empty(); len(got) > 0 {
			return got
		}
	}
}

func (b *Mailbox) empty() []News {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := make([]News, 0, len(b.order))
	for _, slot := range b.order {
		got = append(got, b.items[slot])
	}
	b.order = nil
	clear(b.items)
	return got
}

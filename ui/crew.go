package ui

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Crash is a panic that was caught so that the terminal could be restored.
type Crash struct {
	Value string
	Stack string
}

func (c *Crash) Error() string { return "a defect in this program stopped it: " + c.Value }

// newCrash is called where a panic was recovered.
func newCrash(value any) *Crash {
	return &Crash{Value: fmt.Sprint(value), Stack: string(debug.Stack())}
}

// Crew is the one way to start a goroutine beside the dashboard. A panic in
// one of them ends the dashboard, which restores the terminal and reports it;
// anywhere else it would end the process with the terminal in pieces.
type Crew struct {
	mail *Mailbox
	all  sync.WaitGroup
}

// NewCrew returns a crew whose panics are posted to mail.
func NewCrew(mail *Mailbox) *Crew { return &Crew{mail: mail} }

// Go runs work in a goroutine.
func (c *Crew) Go(work func()) {
	c.all.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				c.mail.Post(crashed{newCrash(v)})
			}
		}()
		work()
	})
}

// Wait returns when all work has ended.
func (c *Crew) Wait() { c.all.Wait() }

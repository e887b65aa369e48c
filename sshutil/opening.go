package sshutil

import (
	"io"
	"time"
)

// opening opens a channel of the connection. That ends with the connection,
// which x/crypto alone does not promise: a channel that is opened in the moment
// between its last look at who waits for answers and its first refusal to write
// is told to nobody, and whoever opens it would wait for ever, and Close with
// them. Where reading has failed wire.Write refuses in time; where x/crypto gave
// up by itself, what is left is one goroutine that nobody can end.
func opening[T any](n *native, open func() (T, error)) (T, error) {
	type opened struct {
		channel T
		err     error
	}
	answer := make(chan opened, 1)
	go func() {
		channel, err := open()
		answer <- opened{channel, err}
	}()
	select {
	case o := <-answer:
		return o.channel, o.err
	case <-n.ended:
	}
	late := time.NewTimer(openFarewell)
	defer late.Stop()
	select {
	case o := <-answer:
		return o.channel, o.err
	case <-late.C:
		var none T
		return none, io.EOF // as when it is told
	}
}

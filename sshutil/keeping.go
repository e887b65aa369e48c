package sshutil

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// keeping is a connection's kept shell, if it has one. The shell takes one of
// the connection's sessions, and gives it up when it is wanted otherwise.
type keeping struct {
	patience time.Duration // for an answer, before the script is run by itself
	idle     time.Duration // so long a shell that nobody asks is kept

	mu     sync.Mutex
	shell  *keptShell // nil if there is none
	asked  bool       // somebody asks it, and decides about it
	wanted bool       // somebody waits for a session meanwhile
	never  bool       // this host gets along without
}

// Repeat is Run for a script that is asked for again and again. cmd.Line must
// start a POSIX shell that reads commands from its stdin, such as `/bin/sh -s`,
// and cmd.Stdin is the script. It runs in the directory /, with an empty stdin
// and in a subshell, whose output and exit status are the result.
//
// The connection keeps the shell for the next time, as long as it is asked
// often enough and nobody waits for its session. Where there is none, be it that
// the host does not let one be kept, that somebody else asks it, or that the ssh
// program connects, this is Run.
func (c *Client) Repeat(ctx context.Context, cmd Command) (Result, error) {
	if n, ok := c.link.(*native); ok && !cmd.ForwardAgent {
		return n.repeat(ctx, cmd)
	}
	return c.Run(ctx, cmd)
}

func (n *native) repeat(ctx context.Context, cmd Command) (Result, error) {
	shell := n.borrow(cmd)
	if shell == nil {
		return n.Run(ctx, cmd)
	}
	result, stays, err := shell.ask(ctx, cmd, n.keeping.patience)
	n.giveBack(stays, err)
	if !errors.Is(err, errNoAnswer) {
		return result, err
	}
	result, err = n.Run(ctx, cmd)
	if errors.Is(err, errNotStarted) { // so that was why
		return Result{}, n.failure(ctx, "running a command", io.ErrUnexpectedEOF)
	}
	return result, err
}

// borrow returns the shell to ask, which may have to be started; nil when the
// script is better run by itself.
func (n *native) borrow(cmd Command) *keptShell {
	k := &n.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.never || k.asked {
		return nil
	}
	if k.shell != nil && !k.shell.answers(cmd) {
		k.end()
	}
	if k.shell == nil {
		k.shell = newKeptShell(n, cmd)
	} else {
		k.shell.idle.Stop()
	}
	k.asked = true
	return k.shell
}

// giveBack ends the asking. A host whose shell did not answer as agreed, or did
// not stay, is not troubled with another one.
func (n *native) giveBack(stays bool, err error) {
	k := &n.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = false
	k.never = k.never || errors.Is(err, errNoAnswer) || err == nil && !stays
	if err != nil || !stays || k.wanted || k.never || isClosed(k.shell.ended) {
		k.end()
		return
	}
	shell := k.shell
	shell.idle = time.AfterFunc(k.idle, func() { n.forget(shell) })
}

// forget ends a shell that is not asked just now, if it is still the kept one.
func (n *native) forget(shell *keptShell) {
	k := &n.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.shell == shell && !k.asked {
		k.end()
	}
}

// yield has the kept shell give up its session, after its answer if it is just
// giving one. refused says that the host itself opens no more.
func (n *native) yield(refused bool) {
	k := &n.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	k.never = k.never || refused
	switch {
	case k.asked:
		k.wanted = true
	case k.shell != nil:
		k.end()
	}
}

// end hangs up on the shell. The caller holds mu.
func (k *keeping) end() {
	if k.shell.idle != nil {
		k.shell.idle.Stop()
	}
	k.shell.hangUp()
	k.shell, k.wanted = nil, false
}

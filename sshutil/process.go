package sshutil

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"slices"
	"sync"
	"syscall"
)

// child is a program that is run to its end for its output. It has no
// terminal (so it cannot ask), a session of its own (so that a ctrl+c meant
// for us does not reach it, and all it starts can be ended together) and ends
// with the context.
type child struct {
	program string
	args    []string
	env     []string // nil: ours
	stdin   []byte   // empty: nothing to read
	keep    int      // bytes of stdout kept; the rest is read and dropped
	enough  bool     // more than that on stdout ends the child
}

// run starts the child and waits for it. The error is the one of
// exec.Cmd.Wait, or the context's.
func (c child) run(ctx context.Context) (stdout, stderr *capped, err error) {
	stdout, stderr = &capped{max: c.keep}, &capped{max: stderrKept}
	asked := ctx
	if c.enough {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		stdout.overflow = stop
	}
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	cmd.Env = c.env
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if len(c.stdin) > 0 {
		cmd.Stdin = bytes.NewReader(c.stdin)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return endGroup(cmd.Process.Pid) }
	cmd.WaitDelay = childGrace
	err = cmd.Run()
	if asked.Err() != nil {
		err = asked.Err()
	}
	return stdout, stderr, err
}

// endGroup kills the process group that pid leads.
func endGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// capped keeps the first max bytes that are written to it and counts the rest.
// It never fails, so whoever writes is never held up. One goroutine writes.
type capped struct {
	mu       sync.Mutex
	max      int
	kept     []byte
	scratch  []byte // what is dropped goes here
	over     bool
	overflow func() // called when something is dropped; may be nil
}

func (c *capped) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		room, kept := c.room()
		n := copy(room, rest)
		c.filled(n, kept)
		rest = rest[n:]
	}
	return len(p), nil
}

// ReadFrom makes io.Copy read straight into what is kept: most answers are
// short, and hundreds are read at once.
func (c *capped) ReadFrom(r io.Reader) (int64, error) {
	var total int64
	for {
		room, kept := c.room()
		n, err := r.Read(room)
		total += int64(n)
		c.filled(n, kept)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// room is where the next bytes go; kept is false for those that are dropped.
func (c *capped) room() (room []byte, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == c.max {
		if c.scratch == nil {
			c.scratch = make([]byte, dropBuffer)
		}
		return c.scratch, false
	}
	if len(c.kept) == cap(c.kept) {
		c.kept = slices.Grow(c.kept, firstBuffer)
	}
	return c.kept[len(c.kept):min(cap(c.kept), c.max)], true
}

// filled takes in n bytes that were put into room.
func (c *capped) filled(n int, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept {
		c.kept = c.kept[:len(c.kept)+n]
		return
	}
	if n > 0 && !c.over {
		c.over = true
		if c.overflow != nil {
			c.overflow()
		}
	}
}

// bytes is what was kept so far. Later writes do not change it.
func (c *capped) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[:len(c.kept):len(c.kept)]
}

// overflowed reports whether something was dropped.
func (c *capped) overflowed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

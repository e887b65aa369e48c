package sshutil

import (
	"bytes"
	"context"
	"os/exec"
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
}

// run starts the child and waits for it. The error is the one of
// exec.Cmd.Wait, or the context's.
func (c child) run(ctx context.Context) (stdout, stderr *capped, err error) {
	stdout, stderr = &capped{max: c.keep}, &capped{max: stderrKept}
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
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return stdout, stderr, err
}

// endGroup kills the process group that pid leads.
func endGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// capped keeps the first max bytes that are written to it and counts the rest.
// It never fails, so whoever writes is never held up.
type capped struct {
	mu       sync.Mutex
	max      int
	kept     []byte
	over     bool
	overflow func() // called when something is dropped; may be nil
}

func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := c.max - len(c.kept)
	if len(p) > room {
		c.over = true
		if c.overflow != nil {
			c.overflow()
		}
	}
	c.kept = append(c.kept, p[:min(len(p), room)]...)
	return len(p), nil
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

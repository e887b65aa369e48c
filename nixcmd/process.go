package nixcmd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// command is one call of a program that only answers a question: no terminal,
// no stdin, a session of its own so that nothing beneath it can prompt, and
// ended with all its children when ctx ends.
type command struct {
	program string
	args    []string
	dir     string
	env     []string // nil: this process's own
	low     bool
}

func (c command) run(ctx context.Context) (stdout, stderr []byte, err error) {
	if c.dir != "" {
		if _, err := os.Stat(c.dir); err != nil {
			return nil, nil, err // exec would blame the program
		}
	}
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	out, errOut := &keepLast{limit: maxStdout}, &keepLast{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killWait
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	if c.low {
		// Being polite is not worth failing for.
		_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, lowNice)
	}
	err = cmd.Wait()
	return out.bytes(), errOut.bytes(), err
}

// isMissing says whether err means that there is no such program to start.
func isMissing(err error) bool {
	var path *fs.PathError
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, exec.ErrDot) || errors.As(err, &path) && path.Op == "fork/exec"
}

// withEnv returns env (nil: this process's own) with settings added.
func withEnv(env []string, settings ...string) []string {
	if env == nil {
		env = os.Environ()
	}
	return append(append([]string{}, env...), settings...)
}

// keepLast is a writer that keeps the last limit bytes.
type keepLast struct {
	limit int
	kept  []byte
}

func (k *keepLast) Write(p []byte) (int, error) {
	k.kept = append(k.kept, p...)
	if over := len(k.kept) - 2*k.limit; over > 0 {
		k.kept = append(k.kept[:0], k.kept[len(k.kept)-k.limit:]...)
	}
	return len(p), nil
}

func (k *keepLast) bytes() []byte { return k.kept[max(0, len(k.kept)-k.limit):] }

package sshutil

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// sshFailed is the exit status of ssh when it was ssh that failed.
const sshFailed = 255

// Run implements Runner through the shared connection. ForwardAgent works only
// where Options, with which the master was opened, allow it too.
func (m *Master) Run(ctx context.Context, cmd Command) (Result, error) {
	keep := cmd.MaxOutput
	if keep <= 0 {
		keep = outputDefault
	}
	if m.Socket != "" {
		if result, err := m.runAboard(ctx, cmd, keep); !unspoken(err) {
			return result, err
		}
	}
	return m.runByProgram(ctx, cmd, keep)
}

// runByProgram is Run by an ssh that shares the connection, or makes one of its
// own where there is none any more, or the host grants it no more sessions.
//
// ssh says 255 for its own failures; they are told from a command's 255 by
// what ssh said and by whether the master is still there.
func (m *Master) runByProgram(ctx context.Context, cmd Command, keep int) (Result, error) {
	stdout, stderr, err := m.start(ctx, child{args: m.commandLine(cmd), stdin: cmd.Stdin, keep: keep, enough: true})
	result := Result{Stdout: stdout.bytes(), Stderr: stderr.bytes()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() == nil && stdout.overflowed():
		return result, tooMuch(m.Host)
	case err == nil:
		return result, nil
	case ctx.Err() != nil || !errors.As(err, &exit) || exit.ExitCode() < 0:
		return result, m.failure(ctx, "running a command", stderr.bytes(), err)
	case exit.ExitCode() == sshFailed && m.lost(ctx, stderr.bytes()):
		return result, m.failure(ctx, "running a command", stderr.bytes(), err)
	}
	result.ExitCode = exit.ExitCode()
	return result, nil
}

// commandLine is how the program is asked to run cmd.
func (m *Master) commandLine(cmd Command) []string {
	args := append(unattended(), "-o", "LogLevel=ERROR", "-o", "ControlMaster=no")
	if cmd.ForwardAgent {
		args = append(args, "-A")
	}
	return append(append(args, m.words()...), cmd.Line)
}

// lost reports whether a 255 is ssh's own.
func (m *Master) lost(ctx context.Context, stderr []byte) bool {
	kind, _ := classify(string(stderr))
	return kind != KindNone || !m.alive(ctx)
}

// Stream starts line through the shared connection and hands over its stdin
// and stdout.
func (m *Master) Stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	if m.Socket != "" {
		if s, err := m.streamAboard(ctx, line); !unspoken(err) {
			return s, err
		}
	}
	return m.streamByProgram(ctx, line)
}

func (m *Master) streamByProgram(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	cmd := exec.CommandContext(ctx, programOr(m.Program), m.commandLine(Command{Line: line})...)
	cmd.Env = m.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return endGroup(cmd.Process.Pid) }
	cmd.WaitDelay = childGrace
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	err := firstError(err1, err2)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, newError(KindExecFailed, m.Host, "ssh could not be started: "+err.Error(), "install OpenSSH's client", err)
	}
	s := &childStream{stdin: stdin, Reader: stdout}
	s.end = sync.OnceValue(func() error {
		err := stdin.Close()
		endGroup(cmd.Process.Pid) // it may be gone already
		cmd.Wait()                // how a protocol's server ends is of no interest
		if errors.Is(err, io.ErrClosedPipe) {
			err = nil
		}
		return err
	})
	return s, nil
}

// childStream is a child's stdin and stdout.
type childStream struct {
	io.Reader
	stdin io.WriteCloser
	end   func() error
}

func (s *childStream) Write(p []byte) (int, error) { return s.stdin.Write(p) }

// Close ends the child and reaps it.
func (s *childStream) Close() error { return s.end() }
